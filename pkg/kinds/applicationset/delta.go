package applicationset

import (
	"bytes"
	"errors"
	"fmt"
	"slices"

	"github.com/seawall-dev/seawall/pkg/rollout"
)

// delta is what a write changes.
type delta struct {
	before, after *side
	write         rollout.Write
	reading       *reading
	// progressive says whether strategies have any effect, enabled that it is certain.
	progressive, enabled bool
	// frozen are the Applications whose automated syncs the write stops, and nothing else; automated
	// says that others sync by themselves.
	frozen    []*app
	automated bool
	// affected counts the Applications that have an effect.
	affected int
	// added are open entries that before does not have, reshaped those whose templates
	// differ, kept those that are the same, and gone those that after does not have.
	added, reshaped, kept, gone []openEntry
	// renamed says that the Applications of a reshaped entry get other names.
	renamed bool
	// declared and goneDeclared are affected environments without a name.
	declared, goneDeclared int
	evidence               string
	warnings               []string
}

// change says what a write does, given what its two objects stand for.
func (r *reading) change(write rollout.Write, before, after *side) (rollout.Change, error) {
	enabled, switchErr := r.switches.ProgressiveSyncs()
	d := &delta{
		before: before, after: after, write: write, reading: r,
		enabled: enabled && switchErr == nil,
		// Until it is known whether strategies have an effect, look for one.
		progressive: enabled || switchErr != nil,
	}
	if errors.Is(switchErr, rollout.ErrLost) {
		return rollout.Change{}, switchErr
	}
	if change, nothing := after.writesNothing(before.apps.len()); nothing {
		return change, nil
	}
	d.matchOpen()
	d.compare()
	d.release()
	if err := d.countOpen(); err != nil {
		return rollout.Change{}, err
	}
	change := d.result()
	if r.lost != nil {
		return rollout.Change{}, r.lost
	}
	rolling := before.spec.strategy.rolling || after.spec.strategy.rolling
	if switchErr != nil && rolling && change.Affected()+change.Held > 0 {
		return rollout.Change{}, &rollout.UnresolvedError{
			Field:   "spec.strategy",
			Problem: "cannot be judged yet: " + rollout.Cause(switchErr),
			AtLeast: change.Affected(),
		}
	}
	return change, nil
}

// compare finds the Applications that are new, changed or removed.
func (d *delta) compare() {
	// While Argo CD fails on an entry it writes no Application at all, so that nothing
	// tells how far back they are.
	everything := d.write.Rewritten || aborting(d.added, d.reshaped, d.gone)
	for i := range d.after.apps.list {
		app, old := &d.after.apps.list[i], d.before.apps.counterpart(d.after.apps, i)
		switch {
		case old == nil:
			d.affect(app, added)
		case !d.after.spec.policy.update:
			// create-only and create-delete leave Applications that exist as they are.
			if d.lacks(old, app) {
				d.affect(app, added)
			}
		default:
			d.compareKept(old, app, everything)
		}
	}
	d.thaw()
	if d.after.spec.policy.remove && !aborting(d.added, d.reshaped) {
		d.compareGone()
	}
}

// lacks says whether an Application of both objects does not exist, as far as anything tells: Argo CD
// could not write it while it failed on the stored object, or while several sets had its name.
func (d *delta) lacks(old, app *app) bool {
	mended := aborting(d.before.open) && !aborting(d.after.open)
	if !mended && (old.copies < 2 || app.copies > 1) {
		return false
	}
	status := d.before.statusOf()
	_, exists := slices.BinarySearch(status.names, string(d.after.apps.name(app)))
	return !status.owned || !exists
}

// compareKept finds what the write does to an Application that exists.
func (d *delta) compareKept(old, app *app, everything bool) {
	d.automated = d.automated || d.automates(d.after, app) && !app.skips
	switch {
	case d.write.Rewritten:
		d.affect(app, changed)
	case app.skips, old.skips && d.reading.preserved:
		// Argo CD leaves it alone.
	case old.skips:
		d.affect(app, released)
	case everything, app.digest != old.digest, app.copies < old.copies, app.trigger != old.trigger && app.trigger != 0:
		d.affect(app, changed)
	default:
		d.compareAutomation(old, app)
	}
}

// compareAutomation finds what it means for an Application that it syncs by itself otherwise than before.
func (d *delta) compareAutomation(old, app *app) {
	on, wasOn := d.automates(d.after, app), d.automates(d.before, old)
	switch {
	case app.automation == old.automation:
	case d.enabled && d.before.spec.strategy.rolling && d.after.spec.strategy.rolling:
		// It starts none, but as any other change of the spec it makes a RollingSync look again.
		if app.automation|starts != old.automation|starts {
			d.affect(app, changed)
		}
	case !on && !wasOn:
	case on && wasOn:
		d.affect(app, changed)
	case on:
		d.affect(app, released)
	default:
		d.frozen = append(d.frozen, app)
	}
}

// automates says whether an Application syncs by itself. Under a RollingSync none does
// (progressive_sync.go, disableAutomatedSync).
func (d *delta) automates(of *side, app *app) bool {
	return app.automated() && (!d.enabled || !of.spec.strategy.rolling)
}

// thaw counts the Applications whose automated syncs stop as changed if others go on: only who
// stops all of them stops the rollout.
func (d *delta) thaw() {
	for _, app := range d.frozen {
		if d.automated {
			d.affect(app, changed)
		}
	}
}

func (d *delta) affect(app *app, effect effect) {
	app.effect = effect
	d.affected++
}

// compareGone finds the Applications that are removed.
func (d *delta) compareGone() {
	for i := range d.before.apps.list {
		if old := &d.before.apps.list[i]; !old.kept && d.after.apps.counterpart(d.before.apps, i) == nil {
			d.affect(old, removed)
		}
	}
}

// countOpen counts what the open entries that the write changes stand for.
func (d *delta) countOpen() error {
	changed := d.added
	if d.after.spec.policy.update {
		changed = append(slices.Clip(changed), d.reshaped...)
	}
	if len(changed) > 0 {
		return d.countChanged(changed)
	}
	if d.loosensOpen() {
		if err := d.countReleased(); err != nil {
			return err
		}
	}
	if len(d.gone) > 0 && !aborting(d.gone) {
		return d.countGone()
	}
	d.countOrphans()
	return nil
}

// result lays the affected environments out in steps.
func (d *delta) result() rollout.Change {
	change := rollout.Change{
		Environments: d.after.apps.len() + d.openTotal(),
		Evidence:     d.evidence,
	}
	change.Steps, change.Held = d.steps()
	if d.reading.starts {
		change.Starts = d.starts()
	}
	change.Warnings = append(append(change.Warnings, d.after.warnings...), d.warnings...)
	change.Warnings = append(change.Warnings, d.after.duplicates(d.reading.foreign)...)
	if len(change.Steps) > 0 {
		change.Warnings = append(change.Warnings, d.contradicted(change.Environments)...)
		change.Warnings = append(change.Warnings, d.undeclared()...)
		for _, expression := range d.reading.beyond {
			change.Warnings = append(change.Warnings, expression+" is more than a path of jq: differences that it ignores are counted")
		}
	}
	if d.after.refused.count > 0 {
		change.Warnings = append(change.Warnings, d.after.refused.warning(d.reading.foreign))
	}
	if unmatched := d.unmatched(); unmatched > 0 {
		change.Warnings = append(change.Warnings, fmt.Sprintf(
			"%d Applications match no step of spec.strategy.rollingSync and are never synced", unmatched))
	}
	return change
}

// duplicates warns of names that several sets of parameters render to. One that may be made of the
// inventory is not said.
func (s *side) duplicates(foreign bool) []string {
	count := 0
	var first *app
	for i := range s.apps.list {
		app := &s.apps.list[i]
		if app.copies < 2 {
			continue
		}
		if count++; first == nil || bytes.Compare(s.apps.name(app), s.apps.name(first)) < 0 {
			first = app
		}
	}
	if count == 0 {
		return nil
	}
	if foreign {
		return []string{fmt.Sprintf("several sets of parameters render to one name: "+
			"Argo CD 3.2 and later creates none of them (%d names are not unique)", count)}
	}
	return []string{fmt.Sprintf("%d sets of parameters render to the name %s: "+
		"Argo CD 3.2 and later creates none of them (%d names are not unique)", first.copies, rollout.Quote(string(s.apps.name(first))), count)}
}
