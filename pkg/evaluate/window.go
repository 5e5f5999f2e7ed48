package evaluate

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/seawall-dev/seawall/pkg/audit"
	"github.com/seawall-dev/seawall/pkg/gate"
	"github.com/seawall-dev/seawall/pkg/policy"
	"github.com/seawall-dev/seawall/pkg/rollout"
)

// Windows keeps account of writes that policies count together.
type Windows interface {
	// Take has the account of a claim hold its write if that fits. A trial only says whether it does.
	Take(ctx context.Context, claim policy.Claim, trial bool) (gate.Fit, error)
	// GiveBack takes a write out that is refused all the same. One that stays counts until its time is over.
	GiveBack(ctx context.Context, claim policy.Claim)
}

// ErrAccount says that it is not known which other writes count together with one, as their account could not be read
// or written.
var ErrAccount = errors.New("the account of the writes that count together (writeWindow) could not be kept")

// enterWindows has the windows of all policies decide about a write that these would admit, and puts what they say into
// the verdicts. It returns what the write has taken, which is nothing if any of them refuses it.
func (e *Evaluator) enterWindows(
	ctx context.Context, write Write, counted *Counted, verdicts []policy.Verdict,
) (taken []policy.Claim, err error) {
	if e.Windows == nil || write.Rewritten || policy.Decide(verdicts).Action == policy.Deny {
		return nil, nil
	}
	trial := write.Trial // and for who comes after one that has refused
	for i, one := range counted.selected {
		claim, counts := one.Claim(verdicts[i], counted.subject, write.counted())
		if !counts {
			continue
		}
		var fit gate.Fit
		verdicts[i], fit, err = e.enterWindow(ctx, one, verdicts[i], &claim, counted, trial)
		switch {
		case err != nil:
			e.leaveWindows(ctx, taken)
			return nil, fmt.Errorf("%w: %w", ErrAccount, err)
		case !fit.Taken && !trial:
			e.leaveWindows(ctx, taken)
			taken, trial = nil, true
		case !trial && !fit.Joined:
			taken = append(taken, claim)
		}
	}
	return taken, nil
}

// enterWindow has the window of one policy decide, by an override if it takes one.
func (e *Evaluator) enterWindow(
	ctx context.Context, by *policy.Policy, verdict policy.Verdict, claim *policy.Claim, counted *Counted, trial bool,
) (policy.Verdict, gate.Fit, error) {
	fit, err := e.Windows.Take(ctx, *claim, trial)
	if err != nil || !fit.Held {
		return verdict, fit, err
	}
	if permitted, wider, is := by.Permit(verdict, *claim, fit, counted.Case); is {
		*claim = wider
		if fit, err = e.Windows.Take(ctx, wider, trial); err != nil || !fit.Held {
			return permitted, fit, err
		}
	}
	return by.Full(verdict, *claim, fit, counted.Case), fit, nil
}

// leaveWindows gives back what a write has taken that is not admitted.
func (e *Evaluator) leaveWindows(ctx context.Context, taken []policy.Claim) {
	for _, claim := range taken {
		e.Windows.GiveBack(ctx, claim)
	}
}

// alone says of which policies the windows are not known.
func (c *Counted) alone(verdicts []policy.Verdict) []string {
	var said []string
	for i, one := range c.selected {
		if _, counts := one.Claim(verdicts[i], c.subject, gate.Write{}); counts {
			said = append(said, one.Alone())
		}
	}
	return said
}

// counted returns what accounts keep of a write, but for its wave.
func (w Write) counted() gate.Write {
	old, now := w.OldMetadata(), w.Metadata()
	kept := gate.Write{
		Rollout: gate.Rollout{
			Group: w.Kind.Group, Kind: w.Kind.Kind, Namespace: w.Namespace, Name: w.Name, UID: cmp.Or(old.UID, now.UID),
		},
		Version: old.ResourceVersion, Stored: old.Generation, By: audit.CleanUser(w.User), At: time.Now(),
	}
	if w.Operation != rollout.Delete {
		kept.Generation = now.Generation
	}
	if w.Operation == rollout.Create && w.Unread == nil {
		alike := *w.Object
		alike.Metadata.UID = "" // which the API server makes up anew each time
		kept.Content, _ = rollout.Fingerprint(&alike)
	}
	return kept
}
