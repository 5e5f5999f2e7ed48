package custom

import (
	"reflect"

	"github.com/seawall-dev/seawall/pkg/rollout"
)

const (
	defaultRemedy = "make waves of at most " + rollout.PerWave + " environments"
	removeRemedy  = "drop at most " + rollout.PerWave + " environments in one write"
	// No wave of the RolloutKind paces what is dropped.
	apartRemedy = ", and drop environments in writes of their own, at most " + rollout.PerWave + " in each"
)

// change compares the two sides.
func (r *reader) change(before, after *side, write rollout.Write) (rollout.Change, error) {
	waves, err := r.plan(after)
	if err != nil {
		return rollout.Change{}, err
	}
	result := rollout.Change{Environments: after.size()}
	if write.Operation == rollout.Delete {
		result.Environments = before.size()
	}
	rewritten := write.Rewritten || !reflect.DeepEqual(before.desired, after.desired)
	pairs := staying(before, after)
	freed := make([]bool, len(pairs))
	// What is stored and cannot be read paced nothing.
	if paced, err := r.plan(before); err == nil && !rewritten {
		freed = sooner(paced, waves, pairs)
	}
	if after.counted || before.counted {
		r.changeOfCounts(&result, before.size(), after.size(), rewritten, freed, waves)
		return result, r.declare(&result, before, after, write, rewritten)
	}
	released := map[string]bool{}
	for i, pair := range pairs {
		if freed[i] {
			released[after.names[pair[1]]] = true
		}
	}
	effect := func(name string) (rollout.Effect, bool) {
		if rewritten {
			return rollout.Changed, true
		}
		return rollout.Released, released[name]
	}
	staying, removed := rollout.Split(rollout.Delta(before.environments, after.environments, effect))
	result.Steps = rollout.Removing(waves.steps(after.names, staying, r.paceRemedy()), rollout.AtOnce(removed, removeRemedy), apartRemedy)
	return result, r.declare(&result, before, after, write, rewritten)
}

// declare adds the environments that the annotation of a rollout declares beyond those that the
// expressions know, where all of them are affected. A rollout of none has not started.
func (r *reader) declare(result *rollout.Change, before, after *side, write rollout.Write, rewritten bool) error {
	if after.size() == 0 || len(result.Steps) == 0 || before.size() > 0 && !rewritten {
		return nil
	}
	declared, found, err := write.Declared()
	missing := declared - after.size()
	if err != nil || !found || missing <= 0 {
		return err
	}
	first := &result.Steps[0] // nothing says of which wave they are
	first.Declared += missing
	first.InFlight += missing
	result.Environments, result.Evidence = declared, rollout.DeclaredEvidence
	return nil
}

// changeOfCounts is a change of environments that have no names: the last of them are new.
func (r *reader) changeOfCounts(result *rollout.Change, before, after int, rewritten bool, freed []bool, waves plan) {
	affected := map[int]int{}
	for i, wave := range waves.wave {
		if rewritten || i >= before || freed[i] {
			affected[wave]++
		}
	}
	result.Steps = waves.stepsOf(affected, r.paceRemedy())
	if len(affected) > 0 {
		result.Evidence = "the number that RolloutKind " + r.kind + " yields"
	}
	if gone := before - after; gone > 0 {
		result.Steps = rollout.Removing(result.Steps, rollout.Step{
			Gone: gone, InFlight: gone, PaceRemedy: removeRemedy, SplitRemedy: removeRemedy,
		}, apartRemedy)
	}
}

func (r *reader) paceRemedy() string {
	if r.remedy != "" {
		return r.remedy
	}
	return defaultRemedy
}
