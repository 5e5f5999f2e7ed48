package kubefleet

import (
	"k8s.io/apimachinery/pkg/util/intstr"
	"k8s.io/apimachinery/pkg/util/sets"

	"github.com/seawall-dev/seawall/pkg/rollout"
)

// change returns what a write of the placement does; before may be nil.
func (p *placement) change(before *placement) (rollout.Change, error) {
	if before == nil {
		before = &placement{}
	}
	pace, earlier, err := p.paces(before)
	if err != nil {
		return rollout.Change{}, err
	}
	edit := p.edit(before, pace.looserThan(earlier))
	staying, removed := rollout.Split(rollout.Delta(before.clusters, p.clusters, edit.effect))
	result := rollout.Change{Environments: len(p.clusters)}
	if p.Spec.Strategy.Type == external { // another applyStrategy waits for a run, too
		result.Held = len(staying) + len(removed)
		return result, nil
	}
	write := before.moves(staying, removed)
	if edit.atOnce {
		result.Steps = removing(atOnce(staying, write), pace.tearDown(write, removed), len(staying)+min(len(removed), pace.removable(write)))
		return result, nil
	}
	if !edit.rewritten && edit.released && pace.surge > earlier.surge {
		write.waiting = pace.surge
	}
	pace.roll(write, staying, removed, &result)
	return result, nil
}

// paces returns the pace of the written placement, and that of the stored one for as many
// clusters: none, if it cannot be read.
func (p *placement) paces(before *placement) (written, stored pace, err error) {
	switch p.Spec.Strategy.Type {
	case "", rollingUpdate, external:
	default:
		return written, stored, rollout.Unresolved("spec.strategy.type", "is %s: want RollingUpdate or External",
			rollout.Quote(p.Spec.Strategy.Type))
	}
	picked := len(p.clusters)
	wanted := p.Spec.Policy.orDefault().wants(picked)
	if written, err = p.Spec.Strategy.RollingUpdate.pace(picked, wanted); err != nil {
		return written, stored, err
	}
	if earlier, err := before.Spec.Strategy.RollingUpdate.pace(picked, wanted); err == nil {
		stored = earlier
	}
	return written, stored, nil
}

// edit is what a write does to the clusters that stay.
type edit struct{ rewritten, released, atOnce bool }

func (p *placement) edit(before *placement, looser bool) edit {
	// What is left of the strategy is its applyStrategy, and what nobody knows yet.
	reapplied := !before.strategy.Same(p.strategy, "type", "rollingUpdate", "deleteStrategy", "reportBackStrategy")
	left := before.Spec.Strategy.Type == external
	return edit{
		rewritten: p.rewritten || reapplied,
		released:  left || looser && !before.available(),
		atOnce:    left || reapplied, // KubeFleet hands out another applyStrategy whatever the window
	}
}

func (e edit) effect(string) (rollout.Effect, bool) {
	if e.rewritten {
		return rollout.Changed, true
	}
	return rollout.Released, e.released
}

func atOnce(staying []rollout.Target, write moves) rollout.Step {
	if write.updated > 0 {
		return rollout.AtOnce(staying, stagedRemedy)
	}
	return rollout.AtOnce(staying, pickRemedy)
}

func (p *placement) available() bool { return p.Status.holds("Available", p.Metadata.Generation) }

// moves are what a write makes of the clusters of a placement.
type moves struct {
	// present are the clusters that were placed on, failing of them have failed.
	present, failing int
	// added, updated and removed are the clusters that the write affects; waiting of those
	// that it only releases may not be placed on yet.
	added, updated, removed, waiting int
	// failed are the updated ones that have failed.
	failed sets.Set[string]
}

// moves sorts what a write affects; p is the placement as it is stored.
func (p *placement) moves(staying, removed []rollout.Target) moves {
	write := moves{present: len(p.clusters), removed: len(removed), failed: sets.New[string]()}
	failing := p.Status.failed()
	for name := range p.clusters {
		if failing.Has(name) {
			write.failing++
		}
	}
	for _, target := range staying {
		if target.Effect == rollout.Added {
			write.added++
			continue
		}
		write.updated++
		if failing.Has(target.Name) {
			write.failed.Insert(target.Name)
		}
	}
	return write
}

// pace is a rolling update with numbers: how many clusters there are to be, and how many may
// be missing and in excess.
type pace struct{ target, unavailable, surge int }

// pace returns the numbers for so many clusters that are picked, and so many that are wanted:
// KubeFleet places on those as soon as they are there. It lets fewer be missing where some are
// missing already; as those may join at any time, this counts as if none were.
func (r rolling) pace(picked, wanted int) (pace, error) {
	unavailable, err := scaled(rollingPath+".maxUnavailable", r.MaxUnavailable, picked)
	if err != nil {
		return pace{}, err
	}
	surge, err := scaled(rollingPath+".maxSurge", r.MaxSurge, wanted)
	return pace{picked, unavailable, surge + wanted - picked}, err
}

// scaled returns what a size makes of a total: 25% by default, rounded up.
func scaled(path string, size *intstr.IntOrString, total int) (int, error) {
	quarter := intstr.FromString("25%")
	value, err := rollout.Percentages{Up: true}.Of(path, *intstr.ValueOrDefault(size, quarter), total)
	if err != nil || value < 0 {
		return 0, rollout.Unresolved(path, "is %s: want an integer of at least 0 or a percentage such as 10%%", rollout.Quote(size.String()))
	}
	return value, nil
}

func (p pace) looserThan(earlier pace) bool {
	return p.unavailable > earlier.unavailable || p.surge > earlier.surge
}

// roll puts the clusters into steps.
func (p pace) roll(write moves, staying, removed []rollout.Target, result *rollout.Change) {
	if p.unavailable == 0 && write.updated > write.failed.Len()+write.waiting {
		result.Held = write.updated - write.failed.Len()
		result.Warnings = append(result.Warnings, rollingPath+".maxUnavailable is 0: KubeFleet never starts to update a cluster that is ready")
		staying = starting(staying, write.failed)
	}
	step := rollout.Step{Targets: staying, PaceRemedy: paceRemedy, SplitRemedy: stagedRemedy}
	unpaced, paced := p.window(write)
	step.InFlight = min(max(unpaced, paced), len(staying))
	switch {
	case write.updated == 0:
		step.PaceRemedy, step.SplitRemedy = pickRemedy, pickRemedy
	case unpaced < paced && write.waiting > 0:
		step.PaceRemedy, step.Least = surgeRemedy, unpaced-write.waiting
	case unpaced < paced:
		step.Least = unpaced
	case write.added > 0:
		step.PaceRemedy = pickRemedy
	default:
		step.PaceRemedy = stagedRemedy
	}
	result.Steps = removing(step, p.tearDown(write, removed), p.together(write))
}

// window returns how many clusters are in flight together, whatever maxUnavailable is and
// within it: the larger number counts. So KubeFleet's pkg/controllers/rollout lets them
// (determineBindingsToUpdate) when all that have not failed are ready: as many as target −
// maxUnavailable stay ready, those that have failed are updated at once, and no more than
// target + maxSurge can become ready.
func (p pace) window(write moves) (unpaced, paced int) {
	canBeReady := write.present - write.failing - min(write.removed, p.removable(write))
	added := min(write.added, max(0, p.target+p.surge-canBeReady)) + write.waiting
	return added + write.failed.Len(), min(added+write.updated, p.unavailable+write.waiting)
}

// starting returns the targets that are updated though nothing may be missing.
func starting(targets []rollout.Target, failed sets.Set[string]) []rollout.Target {
	var all []rollout.Target
	for _, target := range targets {
		if target.Effect == rollout.Added || failed.Has(target.Name) {
			all = append(all, target)
		}
	}
	return all
}
