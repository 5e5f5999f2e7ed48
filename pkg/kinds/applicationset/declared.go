package applicationset

import (
	"slices"

	"github.com/seawall-dev/seawall/pkg/rollout"
)

// setsEvidence is the evidence of a count by what makes one Application each, at most.
const setsEvidence = "the sets of parameters"

// declare takes what an annotation declares of all environments for the changed entries: not less than
// could be counted, and not more than there are sets of parameters, where nothing is open but how those
// render.
func (d *delta) declare(declared int, changed []openEntry) {
	known, least, exact := d.after.apps.len(), d.floor(changed), exact(changed)
	if exact {
		least = floor(changed)
	}
	d.declared, d.evidence = max(declared-known, least), rollout.DeclaredEvidence
	switch {
	case exact && declared != known+least:
		d.warnings = append(d.warnings, rollout.NotExactly(d.evidence, declared, known+least))
		d.declared = least
	case declared < known+least:
		d.warnings = append(d.warnings, rollout.BelowFloor(d.evidence, declared, known+least))
	}
	switch {
	case refused(changed):
		d.evidence = setsEvidence // as without a declaration
	case declared < known+least:
		d.evidence += rollout.Raised
	}
}

// contradicted warns of a declaration that is not the number of environments that were counted.
func (d *delta) contradicted(counted int) []string {
	declared, found, err := d.write.Metadata().Declared()
	if err != nil || !found || len(d.after.open) > 0 || declared == counted {
		return nil
	}
	return []string{rollout.NotExactly(rollout.DeclaredEvidence, declared, counted)}
}

// floor is how many environments without a name the entries affect at least: one for each set of
// parameters, or all that the stored object has made and that no policy lets go, since every one of them
// may be among those that the entries make now.
func (d *delta) floor(changed []openEntry) int {
	least := floor(changed)
	policy := d.after.spec.policy
	if policy.remove || !policy.update || len(d.added) == 0 {
		return least
	}
	stay := 0
	for i := range d.before.apps.list {
		if d.after.apps.counterpart(d.before.apps, i) == nil {
			stay++
		}
	}
	if len(d.gone) > 0 {
		stay += d.existing()
	}
	return max(least, stay)
}

// floor is how many sets of parameters there are at least.
func floor(entries []openEntry) (least int) {
	for _, entry := range entries {
		least += entry.least
	}
	return least
}

// exact says whether there are no more sets of parameters than those.
func exact(entries []openEntry) bool {
	return !slices.ContainsFunc(entries, func(entry openEntry) bool { return !entry.exact })
}

// refused says whether it is Seawall which does not render any of the entries.
func refused(entries []openEntry) bool {
	return !slices.ContainsFunc(entries, func(entry openEntry) bool { return !entry.refused })
}
