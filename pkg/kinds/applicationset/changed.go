package applicationset

import (
	"cmp"
	"reflect"
	"slices"
	"strings"
)

// countChanged counts what the entries stand for that are open and differ from those of the
// stored object.
func (d *delta) countChanged(changed []openEntry) error {
	if bounded(changed) {
		return outgrown(changed, d.after.apps.len())
	}
	scale, scaled := d.scaled()
	if err := d.takeChanged(changed, scale, scaled); err != nil {
		return err
	}
	if refused(changed) {
		d.warnings = append(d.warnings, changed[0].err.Field+" "+changed[0].err.Problem)
	}
	if d.declared+d.affected == 0 && !scaled && !d.comeAndGo() {
		d.declared = 1 // what is unknown is never nothing
	}
	d.goneDeclared = d.countReplaced(scale, scaled)
	return nil
}

// takeChanged takes how many they are from what is declared, from what exists, or from what makes them.
func (d *delta) takeChanged(changed []openEntry, scale scale, scaled bool) error {
	declared, found, err := d.write.Metadata().Declared()
	if err != nil {
		return err
	}
	least, evidence := d.leastChanged(scale, scaled)
	switch {
	case found && (evidence == "" || declared-d.after.apps.len() >= least):
		d.declare(declared, changed)
	case evidence != "":
		d.declared, d.evidence = least, evidence
	case refused(changed):
		d.declared, d.evidence = floor(changed), setsEvidence
	default:
		return unresolved(changed, d.affected+d.floor(changed))
	}
	return nil
}

// leastChanged returns how many environments without a name the changed entries affect, as
// far as what exists tells. The evidence is empty when it does not.
func (d *delta) leastChanged(scale scale, scaled bool) (n int, evidence string) {
	status := d.before.statusOf()
	switch {
	case scaled:
		sets := scale.after
		switch {
		case !d.after.spec.policy.update:
			sets = scale.added
		case !d.reshapes(&d.gone[0], &d.added[0]):
			sets = scale.added + scale.changed
		}
		return scale.of(d.existing(), sets), status.evidence + ", by the sets of parameters beside the generator that is open"
	case len(d.added) == 0 && (status.count > 0 || d.comeAndGo()):
		return d.existing(), status.evidence
	default:
		return 0, ""
	}
}

// countReplaced returns how many of the Applications that exist go because others take
// their place, as far as that is certain.
func (d *delta) countReplaced(scale scale, scaled bool) int {
	switch {
	case d.leaves():
		return 0
	case d.renames() && (scaled || len(d.reshaped) > 0):
		return cmp.Or(d.existing(), d.declared)
	case scaled:
		return scale.of(d.existing(), scale.gone)
	default:
		// The others may keep their names.
		return max(d.existing()-d.declared, 0)
	}
}

// renames says whether the template gives the Applications of an entry other names.
func (d *delta) renames() bool {
	before, after := d.before.spec.patch, d.after.spec.patch
	patches := func(patch *string) bool { return patch != nil && strings.Contains(*patch, "metadata") }
	return d.renamed || !reflect.DeepEqual(before, after) && (patches(before) || patches(after))
}

// comeAndGo says whether none of the Applications that the changed entries have made exists, and
// that is no sign of a controller that has yet to come: pull requests are opened and closed.
func (d *delta) comeAndGo() bool {
	return len(d.added) == 0 && d.before.statusOf().owned && d.before.statusOf().count == 0 &&
		!slices.ContainsFunc(d.reshaped, func(entry openEntry) bool { return !entry.pulls })
}
