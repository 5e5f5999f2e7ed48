package applicationset

import (
	"cmp"
	"fmt"
	"reflect"
	"slices"
	"strings"

	"github.com/seawall-dev/seawall/pkg/apis/v1alpha1"
	"github.com/seawall-dev/seawall/pkg/rollout"
)

// countChanged counts what the entries stand for that are open and differ from those of the
// stored object.
func (d *delta) countChanged(changed []openEntry) error {
	known := d.after.apps.len()
	if bounded(changed) {
		return outgrown(changed, known)
	}
	declared, found, err := d.write.Declared()
	if err != nil {
		return err
	}
	scale, scaled := d.scaled()
	least, evidence := d.leastChanged(scale, scaled)
	switch {
	case evidence == "" && refused(changed):
		d.declared, d.evidence = floor(changed), "the sets of parameters"
		d.warnings = append(d.warnings, changed[0].err.Field+" "+changed[0].err.Problem)
	case found && (evidence == "" || declared-known >= least):
		d.declare(declared-known, changed)
	case evidence != "":
		d.declared, d.evidence = least, evidence
	default:
		return unresolved(changed, d.affected+floor(changed))
	}
	if d.declared+d.affected == 0 && !scaled && !d.comeAndGo() {
		d.declared = 1 // what is unknown is never nothing
	}
	d.goneDeclared = d.countReplaced(scale, scaled)
	return nil
}

// declare takes what an annotation declares, which is never less than there are sets of parameters.
func (d *delta) declare(declared int, changed []openEntry) {
	d.declared, d.evidence = max(declared, 0), rollout.DeclaredEvidence
	if least := floor(changed); d.declared < least && len(d.added) > 0 {
		d.warnings = append(d.warnings, fmt.Sprintf("annotation %s declares fewer environments than can be counted: %d are judged",
			v1alpha1.EnvironmentsAnnotation, least+d.after.apps.len()))
		d.declared = least
	}
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
		case d.sameShape:
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
	before, after := d.before.spec, d.after.spec
	name := func(spec *specification) any {
		return root("spec.template", spec.template).field("metadata").field("name").raw
	}
	patches := func(spec *specification) bool { return spec.patch != nil && strings.Contains(*spec.patch, "metadata") }
	return !reflect.DeepEqual(name(before), name(after)) ||
		!reflect.DeepEqual(before.patch, after.patch) && (patches(before) || patches(after))
}

// comeAndGo says whether none of the Applications that the changed entries have made exists, and
// that is no sign of a controller that has yet to come: pull requests are opened and closed.
func (d *delta) comeAndGo() bool {
	return len(d.added) == 0 && d.before.statusOf().owned && d.before.statusOf().count == 0 &&
		!slices.ContainsFunc(d.reshaped, func(entry openEntry) bool { return !entry.pulls })
}
