package kubefleet

import (
	"github.com/seawall-dev/seawall/pkg/rollout"
)

// change returns what a write of the placement does; before may be nil.
func (p *placement) change(write rollout.Write, before *placement) (rollout.Change, error) {
	switch p.Spec.Strategy.Type {
	case "", rollingUpdate, external:
	default:
		return rollout.Change{}, rollout.Unresolved("spec.strategy.type", "is %s: want RollingUpdate or External",
			rollout.Quote(p.Spec.Strategy.Type))
	}
	if before == nil {
		before = &placement{}
	}
	reapplied := !rollout.SameJSON(before.Spec.Strategy.ApplyStrategy, p.Spec.Strategy.ApplyStrategy)
	rewritten := write.Rewrites(before.Spec.ResourceSelectors, p.Spec.ResourceSelectors)
	released, atOnce := p.released(before)
	staying, removed := rollout.Split(rollout.Delta(before.clusters, p.clusters, func(string) (rollout.Effect, bool) {
		if rewritten || reapplied {
			return rollout.Changed, true
		}
		return rollout.Released, released
	}))
	result := rollout.Change{Environments: len(p.clusters)}
	// Another applyStrategy is applied by no strategy: it reaches all clusters at once.
	if p.Spec.Strategy.Type == external && !reapplied {
		result.Held = len(staying) + len(removed)
		return result, nil
	}
	p.roll(before, staying, removed, reapplied || atOnce, &result)
	return result, nil
}

// released tells whether clusters that wait may start, and whether all of them do at once.
func (p *placement) released(before *placement) (released, atOnce bool) {
	switch was, is := before.Spec.Strategy.Type == external, p.Spec.Strategy.Type == external; {
	case is:
		return false, false
	case was:
		return true, true
	default:
		return p.unavailable > before.unavailable && !before.available(), false
	}
}

// roll puts the clusters into steps as KubeFleet's pkg/controllers/rollout does when all
// clusters before are ready: as many as target − maxUnavailable stay ready, and no more than
// target + maxSurge are placed on.
func (p *placement) roll(before *placement, staying, removed []rollout.Target, atOnce bool, result *rollout.Change) {
	target, present := len(p.clusters), len(before.clusters)
	removable := max(0, present-target+p.unavailable)
	room := max(0, target+p.surge-present) + min(len(removed), removable)
	added, updated := 0, 0
	for _, affected := range staying {
		if affected.Effect == rollout.Added {
			added++
		} else {
			updated++
		}
	}
	if updated > 0 && p.unavailable == 0 && !atOnce {
		result.Held, updated = updated, 0
		staying = onlyAdded(staying)
		result.Warnings = append(result.Warnings, rollingPath+".maxUnavailable is 0: KubeFleet never starts to update a cluster that is ready")
	}
	window := min(added, room) + min(updated, p.unavailable)
	if atOnce {
		window = len(staying)
	}
	step := rollout.Step{Targets: staying, InFlight: min(window, len(staying)), PaceRemedy: paceRemedy, SplitRemedy: pickRemedy}
	if added > 0 {
		step.PaceRemedy = pickRemedy // no window bounds the first placement
	} else if updated > 0 {
		step.SplitRemedy = stagedRemedy
	}
	if atOnce && updated > 0 {
		step.PaceRemedy = stagedRemedy
	}
	tearDown := rollout.AtOnce(removed, removeRemedy)
	// Those that are gone make room for others, which must be ready before more may go.
	tearDown.InFlight = min(len(removed), max(1, removable, p.unavailable+p.surge))
	result.Steps = rollout.Steps(step, tearDown)
}

func onlyAdded(targets []rollout.Target) []rollout.Target {
	var added []rollout.Target
	for _, target := range targets {
		if target.Effect == rollout.Added {
			added = append(added, target)
		}
	}
	return added
}
