package fleet

import (
	"fmt"
	"reflect"

	"github.com/seawall-dev/seawall/pkg/rollout"
)

const (
	paceRemedy   = "set " + strategyPath + ".maxUnavailable to " + rollout.PerWave
	splitRemedy  = "let spec.targets match at most " + rollout.PerWave + " of these clusters, and the others in later writes"
	removeRemedy = "drop at most " + rollout.PerWave + " clusters in one write"
	deleteRemedy = "drop at most " + rollout.PerWave + " clusters in one write, and delete it when it has no more than those"
)

// change returns what a write does; either side may be nil.
func change(write rollout.Write, before, after *side) (rollout.Change, error) {
	namespace := write.Namespace
	old, oldOptions := before.environments(namespace)
	if after == nil {
		_, removed := rollout.Split(rollout.Delta(old, nil, nil))
		return rollout.Change{Environments: len(old), Steps: before.removal(removed, deleteRemedy)}, nil
	}
	now, options := after.environments(namespace)
	var affected func(string) (rollout.Effect, bool)
	if before != nil {
		released, err := after.released(before, namespace)
		if err != nil {
			return rollout.Change{}, err
		}
		rewritten := write.Rewrites(before.content, after.content)
		affected = func(name string) (rollout.Effect, bool) {
			if rewritten || oldOptions[name] != options[name] {
				return rollout.Changed, true
			}
			return rollout.Released, released(name)
		}
	}
	staying, removed := rollout.Split(rollout.Delta(old, now, affected))
	result, err := after.paced(namespace, staying)
	if err != nil {
		return rollout.Change{}, err
	}
	if before != nil {
		result.Steps = append(result.Steps, before.removal(removed, removeRemedy)...)
	}
	return result, nil
}

// removal returns the step that tears down clusters: none, if their resources stay.
func (s *side) removal(removed []rollout.Target, remedy string) []rollout.Step {
	if s.KeepResources {
		return nil
	}
	return rollout.Steps(rollout.AtOnce(removed, remedy))
}

// paced puts the clusters that a write syncs into one step: no partition is a gate, since
// the next one starts while as many clusters as its limit are still out of date.
func (s *side) paced(namespace string, staying []rollout.Target) (rollout.Change, error) {
	result := rollout.Change{Environments: len(s.clusters)}
	if s.Paused {
		result.Held = len(staying)
		return result, nil
	}
	effects := make(map[string]rollout.Effect, len(staying))
	for _, target := range staying {
		effects[target.Name] = target.Effect
	}
	run, peak, started, err := s.roll(namespace, func(name string) rollout.Effect { return effects[name] })
	if err != nil {
		return rollout.Change{}, err
	}
	step := rollout.Step{PaceRemedy: paceRemedy, SplitRemedy: splitRemedy}
	if s.estimate {
		step.PaceRemedy = splitRemedy
	}
	for _, target := range staying {
		if !started[target.Name] {
			result.Held++
			continue
		}
		step.Targets = append(step.Targets, target)
		if target.Effect == rollout.Added {
			step.PaceRemedy = splitRemedy // no window bounds the first deployments
		}
	}
	// Clusters that are unavailable already are redeployed whatever the window says.
	step.InFlight = min(max(peak, s.unavailable), len(step.Targets))
	result.Steps = rollout.Steps(step)
	result.Warnings = s.warnings(run, result)
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
		warnings = append(warnings, strategyPath+".maxUnavailable is 0: Fleet never starts to update a cluster that is ready")
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

// released tells which clusters that may wait under before can start, or start sooner,
// under s: all that would, where no status says that none waits.
func (s *side) released(before *side, namespace string) (func(name string) bool, error) {
	none := func(string) bool { return false }
	if before.settled || s.Paused || before.Paused == s.Paused && reflect.DeepEqual(before.RolloutStrategy, s.RolloutStrategy) {
		return none, nil
	}
	peak, starts, err := s.wholeRollout(namespace)
	if err != nil {
		return nil, err
	}
	if before.Paused {
		return starts, nil
	}
	oldPeak, started, err := before.wholeRollout(namespace)
	if err != nil {
		return starts, nil //nolint:nilerr // Fleet cannot read the old strategy either: nothing started
	}
	return func(name string) bool { return starts(name) && (peak > oldPeak || !started(name)) }, nil
}

// wholeRollout returns how a change of all clusters runs.
func (s *side) wholeRollout(namespace string) (peak int, starts func(name string) bool, err error) {
	_, peak, started, err := s.roll(namespace, func(string) rollout.Effect { return rollout.Changed })
	return peak, func(name string) bool { return started[name] }, err
}

// roll runs the strategy: peak is the largest number of clusters in flight together, and
// started holds those that do not wait for ever.
func (s *side) roll(namespace string, effect func(name string) rollout.Effect) (*simulation, int, map[string]bool, error) {
	states := make([]state, len(s.clusters))
	for i, cluster := range s.clusters {
		states[i] = stateOf(cluster, effect(cluster.name(namespace)))
	}
	run, err := s.pace().simulate(s.clusters, states)
	if err != nil {
		return nil, 0, nil, err
	}
	peak, started := run.peak(), make(map[string]bool, len(states))
	for i, cluster := range s.clusters {
		started[cluster.name(namespace)] = states[i] == upToDate || states[i] == syncing
	}
	return run, peak, started, nil
}
