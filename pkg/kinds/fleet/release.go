package fleet

import (
	"encoding/json"
	"reflect"
	"slices"

	"github.com/seawall-dev/seawall/pkg/rollout"
)

// released tells which clusters that may wait under before can start, or start sooner,
// under s: all that would, where no status says that none waits.
func (s *side) released(before *side) (func(name string) bool, error) {
	dropped, err := s.dropsDependencyOf(before)
	if err != nil {
		return nil, err
	}
	freed := before.Paused || dropped
	if before.settled || s.Paused || !freed && reflect.DeepEqual(before.RolloutStrategy, s.RolloutStrategy) {
		return func(string) bool { return false }, nil
	}
	return s.sooner(before, freed)
}

// sooner tells which clusters start sooner than before: all that start, if they are freed.
func (s *side) sooner(before *side, freed bool) (func(name string) bool, error) {
	now, err := s.wholeRollout()
	if err != nil {
		return nil, err
	}
	starts := func(name string) bool { return now.started[name] }
	if freed {
		return starts, nil
	}
	old, err := before.wholeRollout()
	switch {
	case rollout.IsFinding(err):
		return starts, nil // Fleet cannot read the old strategy either: nothing started
	case err != nil:
		return nil, err
	}
	return func(name string) bool { return starts(name) && (now.peak > old.peak || !old.started[name]) }, nil
}

// dropsDependencyOf tells whether clusters no longer wait for a Bundle that they waited for.
func (s *side) dropsDependencyOf(before *side) (bool, error) {
	for _, old := range before.DependsOn {
		if err := s.account.Work(len(s.DependsOn) * (1 + len(old))); err != nil {
			return false, err
		}
		if !slices.ContainsFunc(s.DependsOn, func(now json.RawMessage) bool { return rollout.SameJSON(old, now) }) {
			return true, nil
		}
	}
	return false, nil
}

// run is how the strategy runs: first is how many clusters are in flight together at first and peak the
// largest number, started holds those that do not wait for ever, and windowed those that only a window stops.
type run struct {
	*simulation

	first, peak       int
	started, windowed map[string]bool
}

// wholeRollout returns how a change of all clusters runs.
func (s *side) wholeRollout() (run, error) {
	return s.roll(func(string) rollout.Effect { return rollout.Changed })
}

func (s *side) roll(effect func(name string) rollout.Effect) (run, error) {
	states := make([]state, len(s.clusters))
	for i, cluster := range s.clusters {
		states[i] = stateOf(cluster, effect(s.names[i]))
	}
	simulated, err := s.pace().simulate(s.account, s.clusters, states)
	if err != nil {
		return run{}, err
	}
	result := run{simulation: simulated, started: make(map[string]bool, len(s.names)), windowed: map[string]bool{}}
	if result.first, result.peak, err = simulated.peak(); err != nil {
		return run{}, err
	}
	for i, name := range s.names {
		result.started[name] = states[i] == upToDate || states[i] == syncing
		if states[i] == outdated && len(simulated.within[i]) > 0 {
			result.windowed[name] = true
		}
	}
	return result, nil
}
