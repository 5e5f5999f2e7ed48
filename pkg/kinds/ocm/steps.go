package ocm

import (
	"slices"

	"github.com/seawall-dev/seawall/pkg/rollout"
)

// plan is what one placement makes for one consumer of it.
type plan struct {
	waves    []wave
	patience patience
}

// wave is what OCM syncs before it goes on, with room for so many clusters together.
type wave struct {
	// name says where its pace stands.
	name     string
	clusters []string
	window   int
	// open says that OCM goes on after failures, too.
	open         bool
	pace, divide string
}

// size returns how many clusters the waves have together.
func (p plan) size() (n int) {
	for _, wave := range p.waves {
		n += len(wave.clusters)
	}
	return n
}

// of returns the plan with some of its clusters only.
func (p plan) of(clusters map[string]bool) plan {
	waves := slices.Clone(p.waves)
	for i := range waves {
		waves[i].clusters = slices.DeleteFunc(slices.Clone(waves[i].clusters), func(name string) bool { return !clusters[name] })
	}
	return plan{waves, p.patience}
}

// steps puts the affected clusters into the waves of the plans, which run side by side:
// with more than one of them that has anything to do, no wave ends before another begins, and only
// the remedy that is given for all of them helps.
func steps(plans []plan, staying []rollout.Target, together string) []rollout.Step {
	byName := make(map[string]rollout.Target, len(staying))
	for _, target := range staying {
		byName[target.Name] = target
	}
	var busy [][]rollout.Step
	for _, plan := range plans {
		if steps := plan.steps(byName); len(steps) > 0 {
			busy = append(busy, steps)
		}
	}
	if len(busy) == 1 {
		return busy[0]
	}
	return beside(busy, staying, together)
}

// steps returns the waves with the affected clusters only, each in its first wave.
func (p plan) steps(affected map[string]rollout.Target) []rollout.Step {
	all := make([]rollout.Step, 0, len(p.waves))
	taken := make(map[string]bool, len(affected))
	for _, wave := range p.waves {
		targets := make([]rollout.Target, 0, min(len(wave.clusters), len(affected)))
		for _, name := range wave.clusters {
			target, is := affected[name]
			if !is || taken[name] {
				continue
			}
			taken[name] = true
			targets = append(targets, target)
		}
		rollout.SortTargets(targets)
		all = append(all, rollout.Step{
			Name: wave.name, Targets: targets, InFlight: min(wave.window, len(targets)), Open: wave.open,
			PaceRemedy: wave.pace, SplitRemedy: wave.divide,
		})
	}
	return rollout.Steps(all...)
}

// beside is one step of all targets, with the largest windows of all plans together.
func beside(plans [][]rollout.Step, targets []rollout.Target, remedy string) []rollout.Step {
	together := rollout.Step{Targets: targets, PaceRemedy: remedy, SplitRemedy: remedy}
	for _, steps := range plans {
		most := 0
		for _, step := range steps {
			most = max(most, step.InFlight)
		}
		together.InFlight += most
		together.Later = together.Later || most > steps[0].InFlight
	}
	together.InFlight = min(together.InFlight, len(targets))
	return rollout.Steps(together)
}
