package applicationset

import (
	"math"

	"github.com/seawall-dev/seawall/pkg/risk"
	"github.com/seawall-dev/seawall/pkg/rollout"
)

// steps lays the affected environments out in the order in which they sync. What is removed goes in the
// one reconcile that follows the write, together with the first of what syncs in it, whatever paces that
// (applicationset_controller.go, Reconcile).
func (d *delta) steps() (steps []rollout.Step, held int) {
	count := 1
	if d.paces(d.after) {
		count = len(d.after.spec.strategy.steps)
	}
	tallies := make([]tally, count+1) // the last one is of what goes
	d.each(func(of *side, app *app, step int) {
		if step == noStep {
			held++
			return
		}
		tallies[step].add(d.reading, of, app)
	})
	gone := d.tallied(tallies, count)
	gone.Gone, gone.PaceRemedy, gone.SplitRemedy = d.goneDeclared, removalRemedy, removalRemedy
	gone.InFlight = gone.Size()
	windows, open := d.windows(count), d.openStep()
	for i := range count {
		step := d.tallied(tallies, i)
		if i == open {
			step.Declared = d.declared
		}
		step.InFlight = min(step.Size(), windows[i])
		step.Name, step.PaceRemedy, step.SplitRemedy = d.remedies(i)
		steps = append(steps, step)
	}
	steps = rollout.Steps(steps...)
	if gone.Size() == 0 || len(steps) == 0 || steps[0].InFlight == 0 {
		return rollout.Steps(append(steps, gone)...), held
	}
	first := steps[0].Beside(gone)
	first.PaceRemedy, first.SplitRemedy = first.PaceRemedy+besideRemedy, first.SplitRemedy+besideRemedy
	steps[0] = first
	return steps, held
}

// tallied is the step of the Applications that were counted for it.
func (d *delta) tallied(tallies []tally, step int) rollout.Step {
	return rollout.Step{Groups: tallies[step].groups(d.reading), Names: d.names(step, &tallies[step])}
}

// each calls back with every affected Application and its step; that of those which go is one
// past the last.
func (d *delta) each(found func(of *side, app *app, step int)) {
	rolling, last := d.paces(d.after), 1
	if rolling {
		last = len(d.after.spec.strategy.steps)
	}
	for i := range d.before.apps.list {
		if app := &d.before.apps.list[i]; app.effect == removed {
			found(d.before, app, last)
		}
	}
	for i := range d.after.apps.list {
		app := &d.after.apps.list[i]
		switch {
		case app.effect == untouched:
		case rolling:
			found(d.after, app, d.after.step(app))
		default:
			found(d.after, app, 0)
		}
	}
}

// names returns what lists the Applications of a step.
func (d *delta) names(step int, tally *tally) func() []rollout.Target {
	if len(tally.kinds) == 0 {
		return nil
	}
	return func() []rollout.Target {
		if d.before.apps.over || d.after.apps.over {
			panic("the review of which the names are is over")
		}
		var targets []rollout.Target
		d.each(func(of *side, app *app, at int) {
			if at == step {
				targets = append(targets, d.reading.target(of, app))
			}
		})
		rollout.SortTargets(targets)
		return targets
	}
}

func (r *reading) target(of *side, app *app) rollout.Target {
	target := rollout.Target{Name: string(of.apps.name(app)), Effect: app.effect.named()}
	if app.cluster != (clusterRef{}) {
		cluster := r.cluster(app.cluster)
		target.SuccessRate = cluster.SuccessRate()
		target.Source = sourceOf(cluster)
	}
	return target
}

// windows returns how many environments each step syncs at once. A percentage is one of all
// Applications of the step, affected or not; those of open entries may be in any step.
func (d *delta) windows(count int) []int {
	windows := make([]int, count)
	if !d.paces(d.after) {
		windows[0] = math.MaxInt
		return windows
	}
	totals := d.after.totals()
	totals.steps[0] += totals.unmatched + d.stale()
	open := 0
	if len(d.after.open) > 0 {
		if open = d.openTotal(); open == 0 {
			open = risk.MaxEnvironments
		}
	}
	for i, step := range d.after.spec.strategy.steps {
		windows[i] = step.window(totals.steps[i] + open)
	}
	return windows
}

// stale counts the Applications that exist and are no longer the rollout's. As long as they
// do, Argo CD counts them into the first step, too.
func (d *delta) stale() int {
	stale, told := d.orphans()
	if !told {
		stale = d.goneDeclared
	}
	for i := range d.before.apps.list {
		if d.after.apps.counterpart(d.before.apps, i) == nil {
			stale++
		}
	}
	return stale
}

// openStep returns the step for environments of unknown labels: one that selects every
// Application, or else the one with the largest window.
func (d *delta) openStep() int {
	if !d.paces(d.after) {
		return 0
	}
	widest, windows := 0, d.windows(len(d.after.spec.strategy.steps))
	for i, step := range d.after.spec.strategy.steps {
		if len(step.expressions) == 0 {
			return i
		}
		if windows[i] > windows[widest] {
			widest = i
		}
	}
	return widest
}

// unmatched counts the Applications of the rollout that no step selects.
func (d *delta) unmatched() int {
	if !d.paces(d.after) {
		return 0
	}
	return d.after.totals().unmatched
}
