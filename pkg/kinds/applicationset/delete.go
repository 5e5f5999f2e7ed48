package applicationset

import (
	"context"
	"slices"

	"github.com/seawall-dev/seawall/pkg/rollout"
)

// delete says what goes with an ApplicationSet: every Application that it owns.
func (r *reader) delete(ctx context.Context, write rollout.Write) (rollout.Change, error) {
	reading := r.begin(ctx)
	stored := reading.decode(write.OldObject, theStored)
	before, err := reading.side(stored)
	if err != nil {
		return rollout.Change{}, err
	}
	reading.own(before, write, stored)
	policy := before.spec.policy
	if !policy.remove && slices.Contains(stored.Metadata.Finalizers, resourcesFinalizer) {
		// The controller sees the deletion coming and lets the Applications go
		// (removeOwnerReferencesOnDeleteAppSet); without its finalizer it does not.
		return rollout.Change{}, nil
	}
	d := &delta{before: before, after: nothing(), write: write, gone: before.open, reading: reading}
	d.after.spec.policy.remove = true
	d.compare()
	if len(d.gone) > 0 {
		if err := d.countGone(); err != nil {
			return rollout.Change{}, err
		}
	} else if orphans, told := d.orphans(); told && orphans > 0 && !d.leaves() {
		// A policy has kept them; the garbage collector does not.
		d.goneDeclared, d.evidence = orphans, before.statusOf().evidence
	}
	change := rollout.Change{Environments: before.apps.len() + d.goneDeclared, Evidence: d.evidence}
	change.Steps, _ = d.steps()
	for i := range change.Steps {
		change.Steps[i].PaceRemedy, change.Steps[i].SplitRemedy = deletionRemedy, deletionRemedy
	}
	return r.reversed(change, before)
}

// reversed lets the Applications go one by one if the strategy asks for it (Argo CD's
// progressive_sync.go, PerformReverseDeletion).
func (r *reader) reversed(change rollout.Change, before *side) (rollout.Change, error) {
	strategy := before.spec.strategy
	if !strategy.rolling || !strategy.reverse || len(change.Steps) == 0 {
		return change, nil
	}
	progressive, err := r.switches.ProgressiveSyncs()
	if err != nil {
		return rollout.Change{}, unread(err, "spec.strategy", "cannot be judged yet: %s", rollout.Cause(err))
	}
	if progressive {
		change.Steps[0].InFlight = 1
	}
	return change, nil
}
