package fleet

import (
	"fmt"

	"github.com/seawall-dev/seawall/pkg/rollout"
)

const (
	paceRemedy  = "set " + strategyPath + ".maxUnavailable to " + rollout.PerWave
	splitRemedy = "let spec.targets match at most " + rollout.PerWave + " of these clusters, and the others in later writes"
	// What goes in one reconcile with what syncs is paced by no strategy.
	apartRemedy  = ", and drop clusters in writes of their own, at most " + rollout.PerWave + " in each"
	removeRemedy = "drop at most " + rollout.PerWave + " clusters in one write"
	deleteRemedy = "drop at most " + rollout.PerWave + " clusters in one write, and delete it when it has no more than those"
)

// change returns what a write does that stores after, and what Fleet tears down in the same reconcile
// (its bundle_controller.go, cleanupOrphanedBundleDeployments); before may be nil.
func change(before, after *side, rewritten bool) (result rollout.Change, gone rollout.Step, err error) {
	if before == nil {
		result, err = after.paced(rollout.Delta(nil, after.environments, nil))
		return result, rollout.Step{}, err
	}
	released, err := after.released(before)
	if err != nil {
		return rollout.Change{}, rollout.Step{}, err
	}
	staying, removed := rollout.Split(rollout.Delta(before.environments, after.environments, func(name string) (rollout.Effect, bool) {
		if rewritten || before.options[name] != after.options[name] {
			return rollout.Changed, true
		}
		return rollout.Released, released(name)
	}))
	result, err = after.paced(staying)
	return result, before.removal(removed), err
}

// removal is the step that tears down clusters: none, if their resources stay.
func (s *side) removal(removed []rollout.Target) rollout.Step {
	if s.KeepResources {
		return rollout.Step{}
	}
	return rollout.AtOnce(removed, removeRemedy)
}

// paced puts the clusters that a write syncs into one step: no partition is a gate, since
// the next one starts while as many clusters as its limit are still out of date.
func (s *side) paced(staying []rollout.Target) (rollout.Change, error) {
	result := rollout.Change{Environments: len(s.clusters)}
	if s.Paused {
		result.Held = len(staying)
		return result, nil
	}
	effects := make(map[string]rollout.Effect, len(staying))
	for _, target := range staying {
		effects[target.Name] = target.Effect
	}
	run, err := s.roll(func(name string) rollout.Effect { return effects[name] })
	if err != nil {
		return rollout.Change{}, err
	}
	step := rollout.Step{
		Targets: make([]rollout.Target, 0, len(staying)), PaceRemedy: paceRemedy, SplitRemedy: splitRemedy, Least: s.unavailable,
	}
	if s.estimate {
		step.PaceRemedy = splitRemedy
	}
	idle, added := 0, 0
	for _, target := range staying {
		if !run.started[target.Name] {
			result.Held++
			if run.windowed[target.Name] {
				idle++
			}
			continue
		}
		step.Targets = append(step.Targets, target)
		if target.Effect == rollout.Added {
			step.PaceRemedy = splitRemedy // no window bounds the first deployments
			added++
		}
	}
	// Clusters that are unavailable already are redeployed whatever the window says, and
	// count in it already. Which ones they are is not known.
	if step.Declared = min(idle, s.unavailable); step.Declared > 0 {
		result.Held -= step.Declared
		result.Evidence = "status.unavailable"
	}
	step.InFlight = min(run.peak+s.unavailable, added+max(run.limit, s.unavailable), step.Size())
	step.Later = step.InFlight > run.first+s.unavailable
	result.Steps = rollout.Steps(step)
	result.Warnings = s.warnings(run.simulation, result)
	return result, nil
}

func stateOf(c cluster, effect rollout.Effect) state {
	switch {
	case effect == "":
		return upToDate
	case c.Value.Spec.Paused:
		return paused
	case effect == rollout.Added:
		return fresh
	default:
		return outdated
	}
}

func (s *side) warnings(run *simulation, result rollout.Change) []string {
	var warnings []string
	if run.limit == 0 && result.Held > 0 {
		warnings = append(warnings, neverStarts(strategyPath))
	}
	for i, partition := range run.partitions {
		if run.limit > 0 && partition.limit == 0 && len(partition.members) > 0 {
			warnings = append(warnings, neverStarts(partitionPath(i)))
		}
	}
	outside := 0
	for _, within := range run.within {
		if len(within) == 0 {
			outside++
		}
	}
	if outside > 0 {
		warnings = append(warnings, fmt.Sprintf(
			"%d of %d clusters are in none of %s.partitions: Fleet never deploys to them", outside, len(s.clusters), strategyPath))
	}
	return warnings
}

func neverStarts(path string) string {
	return path + ".maxUnavailable is 0: Fleet never starts to update a cluster that is ready"
}
