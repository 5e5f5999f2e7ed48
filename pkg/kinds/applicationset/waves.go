package applicationset

import (
	"math"

	"github.com/seawall-dev/seawall/pkg/apis/v1alpha1"
	"github.com/seawall-dev/seawall/pkg/risk"
	"github.com/seawall-dev/seawall/pkg/rollout"
)

// steps lays the affected environments out in the order in which they sync. What is removed
// goes in the one reconcile that follows the write, whatever paces the rest; it stands last,
// so that the number of a wave in a message is that of the steps in the object.
func (d *delta) steps() (steps []rollout.Step, held int) {
	rolling := d.paces(d.after)
	count := 1
	if rolling {
		count = len(d.after.spec.strategy.steps)
	}
	removed := rollout.Step{Declared: d.goneDeclared, Removal: d.goneDeclared > 0, PaceRemedy: removalRemedy, SplitRemedy: removalRemedy}
	paced := make([]rollout.Step, count)
	for _, name := range sorted(d.effects) {
		if d.effects[name] == rollout.Removed {
			removed.Targets = append(removed.Targets, target(name, rollout.Removed, d.before.apps[name]))
			continue
		}
		app, step := d.after.apps[name], 0
		if rolling {
			step = d.after.spec.strategy.step(app.labels)
		}
		if step == noStep {
			held++
			continue
		}
		paced[step].Targets = append(paced[step].Targets, target(name, d.effects[name], app))
	}
	if d.declared > 0 {
		paced[d.openStep()].Declared = d.declared
	}
	windows := d.windows(count)
	for i, step := range paced {
		if step.Size() == 0 {
			continue
		}
		step.InFlight = min(step.Size(), windows[i])
		step.PaceRemedy, step.SplitRemedy = d.remedies(i)
		steps = append(steps, step)
	}
	if removed.InFlight = removed.Size(); removed.InFlight > 0 {
		steps = append(steps, removed)
	}
	return steps, held
}

func target(name string, effect rollout.Effect, app *app) rollout.Target {
	target := rollout.Target{Name: name, Effect: effect}
	if app.cluster != nil {
		target.SuccessRate = app.cluster.Annotations.Get(v1alpha1.SyncSuccessRateAnnotation)
		target.Source = "Secret " + app.cluster.Namespace + "/" + app.cluster.Secret
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
	apps := make([]*app, 0, len(d.after.apps))
	for _, app := range d.after.apps {
		apps = append(apps, app)
	}
	totals, unmatched := d.after.spec.strategy.totals(apps)
	totals[0] += unmatched + d.stale()
	open := 0
	if len(d.after.open) > 0 {
		if open = d.openTotal(); open == 0 {
			open = risk.MaxEnvironments
		}
	}
	for i, step := range d.after.spec.strategy.steps {
		windows[i] = step.window(totals[i] + open)
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
	for name := range d.before.apps {
		if _, stays := d.after.apps[name]; !stays {
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
	unmatched := 0
	for _, app := range d.after.apps {
		if d.after.spec.strategy.step(app.labels) == noStep {
			unmatched++
		}
	}
	return unmatched
}
