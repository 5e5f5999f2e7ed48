package evaluate

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"path"

	"github.com/seawall-dev/seawall/pkg/audit"
	"github.com/seawall-dev/seawall/pkg/policy"
	"github.com/seawall-dev/seawall/pkg/rollout"
)

// Uses keeps count of the uses of overrides.
type Uses interface {
	// Claim takes the one use of an override that is for one, before the write is admitted.
	// When another write has taken it, it returns false and the override as it is now, nil
	// when there is none any more.
	Claim(ctx context.Context, override *policy.Override, use policy.Use) (claimed bool, now *policy.Override, err error)
	// Release gives back what Claim has taken for a write that is refused all the same.
	Release(ctx context.Context, override *policy.Override, use policy.Use) error
	// Count counts the use of any other override. It never waits.
	Count(override *policy.Override, use policy.Use)
}

// conclude asks the policies that select a write, and uses the overrides without which they
// would deny.
func (e *Evaluator) conclude(ctx context.Context, write Write, counted *Counted) (Judgement, error) {
	if len(counted.Overrides) > 0 {
		counted.Use.By, counted.Use.Write = audit.CleanUser(write.User), write.digest()
		write.prove(&counted.Use)
	}
	for {
		verdicts := policy.Judge(counted.selected, counted.Case)
		taken, err := e.enterWindows(ctx, write, counted, verdicts)
		if err != nil {
			return Judgement{}, err
		}
		judgement := counted.decide(verdicts)
		if e.Windows == nil && !write.Rewritten {
			judgement.Decision.Warnings = append(judgement.Decision.Warnings, counted.alone(verdicts)...)
		}
		if write.Trial {
			return judgement, nil
		}
		claimed, used, err := e.useAll(ctx, judgement.Decision.Overrides, counted)
		if err == nil && used && judgement.Decision.Action != policy.Deny {
			judgement.taken, judgement.claimed, judgement.use = taken, claimed, counted.Use
			return judgement, nil
		}
		e.leaveWindows(ctx, taken)
		if used || err != nil {
			return judgement, err
		}
	}
}

// useAll uses overrides: all of them, or none. It returns those that it has used up, or false when one of them is used
// up or gone, and then notes it as it is now, for another conclusion.
func (e *Evaluator) useAll(
	ctx context.Context, overrides []*policy.Override, counted *Counted,
) (claimed []*policy.Override, used bool, err error) {
	defer func() {
		if !used {
			err = errors.Join(err, e.release(ctx, claimed, counted.Use))
			claimed = nil
		}
	}()
	for _, override := range overrides {
		if !override.Once {
			continue
		}
		got, now, err := e.Uses.Claim(ctx, override, counted.Use)
		if err != nil {
			return claimed, false, fmt.Errorf("using WaveOverride %s: %w", override, err)
		}
		if !got {
			counted.Overrides = replace(counted.Overrides, override, now)
			return claimed, false, nil
		}
		claimed = append(claimed, override)
	}
	for _, override := range overrides {
		if !override.Once {
			e.Uses.Count(override, counted.Use)
		}
	}
	return claimed, true, nil
}

// release gives back the one use of overrides.
func (e *Evaluator) release(ctx context.Context, claimed []*policy.Override, use policy.Use) (err error) {
	for _, override := range claimed {
		err = errors.Join(err, e.Uses.Release(context.WithoutCancel(ctx), override, use))
	}
	return err
}

// GiveBack takes a write out of the windows that a judgement has put it into, and gives back the overrides for one use
// that it has used, because it is refused all the same. An override that cannot be given back stays used, and an error
// says so; one for any number of uses has been counted.
func (e *Evaluator) GiveBack(ctx context.Context, judgement Judgement) error {
	e.leaveWindows(ctx, judgement.taken)
	return e.release(ctx, judgement.claimed, judgement.use)
}

func replace(overrides []*policy.Override, stale, now *policy.Override) []*policy.Override {
	var latest []*policy.Override
	for _, override := range overrides {
		switch {
		case override != stale:
			latest = append(latest, override)
		case now != nil:
			latest = append(latest, now)
		}
	}
	return latest
}

// digest identifies a write: by who writes, what is stored, and what is to be stored but for
// what the API server itself fills in. It is empty when that is not JSON, and for creations: of two
// that are alike nothing tells whether what the first one made has been deleted meanwhile.
func (w Write) digest() string {
	if w.Operation == rollout.Create {
		return ""
	}
	old := w.OldMetadata()
	identity := []any{w.User, w.Operation, old.UID, old.Generation}
	if w.Object != nil {
		content := maps.Clone(w.Object.Members)
		delete(content, "metadata")
		delete(content, "status")
		identity = append(identity, w.Object.Metadata.Labels, w.Object.Metadata.Annotations, content)
	}
	text, err := json.Marshal(identity)
	if err != nil {
		return ""
	}
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:])
}

// prove notes by what a write is recognised once it is stored, unless it is certain that there is
// one. Of what cannot be read there is nothing to note.
func (w Write) prove(use *policy.Use) {
	if use.Authenticated = w.Authenticated; use.Authenticated || w.Unread != nil {
		return
	}
	if w.OldObject != nil {
		use.Version = path.Base(w.OldObject.APIVersion)
		use.Before, _ = rollout.Fingerprint(w.OldObject)
		use.After, _ = rollout.Gone(w.OldObject.Metadata.UID)
	}
	if w.Object != nil {
		use.Version = path.Base(w.Object.APIVersion)
		use.After, _ = rollout.Fingerprint(w.Object)
	}
}
