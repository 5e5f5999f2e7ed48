package applicationset

import (
	"reflect"
	"slices"
)

// frontier returns the first step with an Application that is not healthy, which is the one that
// Argo CD syncs now (progressive_sync.go, getAppsToSync); noStep where nothing is left to sync, or
// where the step's window is none. What the write changes is not healthy after it.
func (d *delta) frontier(of *side) int {
	front := noStep
	for i := range of.apps.list {
		app := &of.apps.list[i]
		step := of.step(app)
		if step != noStep && (front == noStep || step < front) && !d.settled(of, app) {
			front = step
		}
	}
	if front != noStep && of.spec.strategy.steps[front].window(1) == 0 {
		return noStep
	}
	return front
}

// settled says whether an Application is synced and healthy, and stays so. One of several with its name
// does not exist.
func (d *delta) settled(of *side, app *app) bool {
	return app.copies < 2 && d.before.statusOf().healthy[string(of.apps.name(app))] && (of != d.after || app.effect == untouched)
}

// advances returns the step that Argo CD syncs after the write, if there are Applications in it
// that it did not sync before and that the write does not change; noStep otherwise.
func (d *delta) advances() int {
	if !d.paces(d.before) || !d.paces(d.after) || !d.before.statusOf().paced {
		return noStep
	}
	before, after := d.frontier(d.before), d.frontier(d.after)
	if after == noStep {
		return noStep
	}
	for old, app := range d.shared() {
		if d.after.step(app) == after && !d.settled(d.after, app) && (before == noStep || d.before.step(old) != before) {
			return after
		}
	}
	return noStep
}

// reorders says whether an Application may start before, or together with, one that it waited for,
// where no status tells how far the strategy has come.
func (d *delta) reorders() bool {
	before, after := d.before.spec.strategy.steps, d.after.spec.strategy.steps
	if !d.paces(d.before) || !d.paces(d.after) || reflect.DeepEqual(before, after) || d.before.statusOf().paced {
		return false
	}
	// Of the steps in the written object: the first and the last one, in the stored object, of their Applications.
	first, last := make([]int, len(after)), make([]int, len(after))
	for i := range first {
		first[i], last[i] = len(before), noStep
	}
	for old, app := range d.shared() {
		if was, is := d.before.step(old), d.after.step(app); was != noStep && is != noStep {
			first[is], last[is] = min(first[is], was), max(last[is], was)
		}
	}
	earliest := len(before)
	for i, latest := range slices.Backward(last) {
		if earliest = min(earliest, first[i]); earliest < latest {
			return true
		}
	}
	return false
}
