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
		judgement := counted.judge(counted.selected)
		if write.Trial {
			return judgement, nil
		}
		used, err := e.use(ctx, judgement.Decision.Overrides, counted)
		if used || err != nil {
			return judgement, err
		}
	}
}

// use uses overrides: all of them, or none. It returns false when one of them is used up or gone,
// and then notes it as it is now, for another conclusion.
func (e *Evaluator) use(ctx context.Context, overrides []*policy.Override, counted *Counted) (used bool, err error) {
	var taken []*policy.Override
	defer func() {
		for _, override := range taken {
			if !used {
				err = errors.Join(err, e.Uses.Release(context.WithoutCancel(ctx), override, counted.Use))
			}
		}
	}()
	for _, override := range overrides {
		if !override.Once {
			continue
		}
		claimed, now, err := e.Uses.Claim(ctx, override, counted.Use)
		if err != nil {
			return false, fmt.Errorf("using WaveOverride %s: %w", override, err)
		}
		if !claimed {
			counted.Overrides = replace(counted.Overrides, override, now)
			return false, nil
		}
		taken = append(taken, override)
	}
	for _, override := range overrides {
		if !override.Once {
			e.Uses.Count(override, counted.Use)
		}
	}
	return true, nil
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
