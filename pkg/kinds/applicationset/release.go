package applicationset

import (
	"iter"
	"reflect"
	"slices"

	"k8s.io/apimachinery/pkg/util/intstr"
)

func (d *delta) paces(s *side) bool { return d.progressive && s.spec.strategy.rolling }

// step returns that of an Application in the side's strategy.
func (s *side) step(app *app) int { return int(app.steps[s.turn]) }

// release finds the Applications that the write lets go on: a looser pacing releases all that are
// not up to date, a policy that permits updates again all there are, and a strategy that gets past
// what it waited for those of the step that it comes to. Without a status that tells how far it has
// come those of every step are. A new strategy syncs what did not sync by itself.
func (d *delta) release() {
	if !d.after.spec.policy.update {
		return // what may not be updated is not synced either
	}
	permitted, begins := d.permitsUpdates(), d.begins()
	if permitted || begins || d.loosens() || d.reorders() {
		d.releaseAll(permitted, begins)
	} else if step := d.advances(); step != noStep {
		d.releaseStep(step)
	}
}

// begins says whether the write has a RollingSync pace what nothing has paced.
func (d *delta) begins() bool { return d.paces(d.after) && !d.paces(d.before) }

// releaseAll releases all Applications that wait, but for those that do not sync all the same.
func (d *delta) releaseAll(permitted, begins bool) {
	for i := range d.after.apps.list {
		app := &d.after.apps.list[i]
		if !d.waits(app, i) {
			continue
		}
		anyway := d.settled(d.after, app) || begins && d.before.apps.counterpart(d.after.apps, i).automated()
		if permitted || !anyway {
			d.affect(app, released)
		}
	}
}

// releaseStep releases the Applications of one step that wait.
func (d *delta) releaseStep(step int) {
	for i := range d.after.apps.list {
		if app := &d.after.apps.list[i]; d.after.step(app) == step && d.waits(app, i) && !d.settled(d.after, app) {
			d.affect(app, released)
		}
	}
}

// waits says whether the write has not affected an Application which it may set free.
func (d *delta) waits(app *app, index int) bool {
	held := d.paces(d.after) && d.after.step(app) == noStep
	return app.effect == untouched && !app.skips && !held && d.before.apps.counterpart(d.after.apps, index) != nil
}

// permitsUpdates says whether the write lets the controller change what it left alone before:
// by another policy, or by a rule less that ignores differences.
func (d *delta) permitsUpdates() bool {
	if !d.after.spec.policy.update {
		return false
	}
	return !d.before.spec.policy.update || slices.ContainsFunc(d.before.spec.ignored, func(rule any) bool {
		return !slices.ContainsFunc(d.after.spec.ignored, func(kept any) bool { return reflect.DeepEqual(rule, kept) })
	})
}

// loosens says whether any Application that both objects have may be in flight in a larger
// wave than before, or at all. Only those count, so that a step which grows by a new
// Application is not a looser one.
func (d *delta) loosens() bool {
	if !d.paces(d.before) {
		return false // nothing is looser than all at once
	}
	shared := 0
	before, after := newTotals(d.before), newTotals(d.after)
	for old, app := range d.shared() {
		shared++
		before.add(old)
		after.add(app)
	}
	reachBefore, reachAfter := d.reach(before, shared), d.reach(after, shared)
	for old, app := range d.shared() {
		if reachAfter(app) > reachBefore(old) {
			return true
		}
	}
	return false
}

// shared yields the Applications that both objects have, as they were and as they will be.
func (d *delta) shared() iter.Seq2[*app, *app] {
	return func(yield func(old, app *app) bool) {
		for i := range d.after.apps.list {
			old := d.before.apps.counterpart(d.after.apps, i)
			if old != nil && !yield(old, &d.after.apps.list[i]) {
				return
			}
		}
	}
}

// reach returns how large the wave of an Application may be; 0 when it never starts.
func (d *delta) reach(totals *totals, all int) func(*app) int {
	side := totals.side
	if !d.paces(side) {
		return func(*app) int { return all }
	}
	reach := side.spec.strategy.reach(totals)
	return func(app *app) int {
		if step := side.step(app); step != noStep {
			return reach[step]
		}
		return 0
	}
}

// loosensOpen says the same of the Applications of open entries that stay as they are,
// whose labels nobody knows: it compares the steps themselves.
func (d *delta) loosensOpen() bool {
	if len(d.kept) == 0 || !d.after.spec.policy.update {
		return false
	}
	if d.permitsUpdates() {
		return true
	}
	if !d.paces(d.before) {
		return false
	}
	if !d.paces(d.after) {
		return true
	}
	labels := func(s *side) any { return root("spec.template", s.spec.template).field("metadata").field("labels").raw }
	before, after := d.before.spec.strategy.steps, d.after.spec.strategy.steps
	return !reflect.DeepEqual(labels(d.before), labels(d.after)) ||
		!slices.EqualFunc(before, after, func(old, step rolloutStep) bool {
			return reflect.DeepEqual(old.expressions, step.expressions) && step.atMost(old)
		})
}

// atMost says whether a step's window is at most that of another, however many
// Applications there are.
func (s rolloutStep) atMost(other rolloutStep) bool {
	switch {
	case other.maxUpdate == nil || s.window(1) == 0:
		return true
	case s.maxUpdate == nil || s.maxUpdate.Type != other.maxUpdate.Type:
		return false
	case s.maxUpdate.Type == intstr.Int:
		return s.maxUpdate.IntVal <= other.maxUpdate.IntVal
	default:
		// Both grow with the number of Applications, and of 100 a percentage is itself.
		return other.window(1) > 0 && scaled(s) <= scaled(other)
	}
}

func scaled(s rolloutStep) int {
	percent, err := intstr.GetScaledValueFromIntOrPercent(s.maxUpdate, 100, false)
	if err != nil {
		return 1
	}
	return max(percent, 1)
}
