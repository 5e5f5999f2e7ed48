package applicationset

import (
	"fmt"
	"slices"

	"github.com/seawall-dev/seawall/pkg/budget"
	"github.com/seawall-dev/seawall/pkg/rollout"
)

// unresolved is the error for environments that nothing counts.
func unresolved(entries []openEntry, atLeast int) error {
	named := *entries[0].err
	named.AtLeast = max(named.AtLeast, atLeast)
	return &named
}

// outgrown is the error for entries that expand past a bound: what could be counted is judged, and
// where nothing could that is a failure of Seawall's own.
func outgrown(entries []openEntry, atLeast int) error {
	err := unresolved(entries, atLeast)
	if entries[0].err.AtLeast > 0 {
		return err
	}
	return fmt.Errorf("%w: %s %s", budget.ErrExceeded, entries[0].err.Field, entries[0].err.Problem)
}

// bounded says whether an entry expands past a bound.
func bounded(entries []openEntry) bool {
	return slices.ContainsFunc(entries, func(entry openEntry) bool { return entry.bound })
}

// existing returns how many Applications exist of the stored object's open entries, as far as
// the status tells.
func (d *delta) existing() int { return d.before.statusOf().beside(d.before.apps) }

// estimate counts the environments without a name of entries that the write leaves as they
// are: as many as an annotation declares, but not less than exist. The evidence is empty
// when nothing tells.
func (d *delta) estimate(metadata *rollout.Metadata, known int) (n int, evidence string, err error) {
	declared, found, err := metadata.Declared()
	if err != nil {
		return 0, "", err
	}
	if n = d.existing(); d.before.statusOf().count > 0 {
		evidence = d.before.statusOf().evidence
	}
	if found && (evidence == "" || declared-known >= n) {
		n, evidence = max(declared-known, 0), rollout.DeclaredEvidence
	}
	return n, evidence, nil
}

// countReleased counts what a looser pacing releases of the entries that stay open: all
// that the status does not show to be healthy.
func (d *delta) countReleased() error {
	n, evidence, err := d.estimate(d.write.Metadata(), d.after.apps.len())
	if err != nil {
		return err
	}
	if evidence == "" {
		return unresolved(d.kept, d.affected)
	}
	for name := range d.before.statusOf().healthy {
		if d.after.apps.named(name) == nil && d.before.apps.named(name) == nil && !d.permitsUpdates() {
			n--
		}
	}
	if d.declared = max(n, 0); d.declared > 0 {
		d.evidence = evidence
	}
	return nil
}

// countGone counts what an open entry stood for that the write takes away.
func (d *delta) countGone() error {
	if d.leaves() {
		return nil
	}
	if orphans, told := d.orphans(); told {
		d.goneDeclared, d.evidence = orphans, d.before.statusOf().evidence
		return nil
	}
	n, evidence, err := d.estimate(d.write.OldMetadata(), d.before.apps.len())
	if err != nil && d.write.Operation == rollout.Delete {
		return err
	}
	if err != nil || evidence == "" {
		return unresolved(d.gone, d.affected)
	}
	d.goneDeclared, d.evidence = n, evidence
	return nil
}

// leaves says whether what open entries stood for stays as it is when they are gone.
func (d *delta) leaves() bool {
	template := root("spec.template", d.before.spec.template)
	finalizers, _ := template.field("metadata").field("finalizers").list()
	return !d.after.spec.policy.remove || d.before.spec.policy.preserve && len(finalizers) == 0
}

// countOrphans counts what was kept from being removed until now: by a policy, or because
// Argo CD failed on an entry or on the name of an Application.
func (d *delta) countOrphans() {
	waited := !d.before.spec.policy.remove || aborting(d.gone) || d.before.refused.count > 0
	if d.leaves() || !waited || d.after.refused.count > 0 {
		return
	}
	if orphans, told := d.orphans(); told && orphans > 0 {
		d.goneDeclared, d.evidence = orphans, d.before.statusOf().evidence
	}
}

// orphans counts the Applications that exist and belong to neither object, if the status
// names all that exist and the written object can be counted.
func (d *delta) orphans() (count int, told bool) {
	status := d.before.statusOf()
	if len(d.after.open) > 0 || len(status.names) == 0 || len(status.names) < status.count {
		return 0, false
	}
	for _, name := range status.names {
		if d.after.apps.named(name) == nil && d.before.apps.named(name) == nil {
			count++
		}
	}
	return count, true
}

// openTotal is the number of environments without a name that the rollout has, as far as
// anything tells.
func (d *delta) openTotal() int {
	scale, scaled := d.scaled()
	switch {
	case len(d.after.open) == 0:
		return 0
	case scaled:
		return max(scale.of(d.existing(), scale.after), d.declared)
	case len(d.added) > 0:
		return d.declared // what exists is not what will
	}
	n, _, err := d.estimate(d.write.Metadata(), d.after.apps.len())
	if err != nil {
		n = 0
	}
	return max(n, d.declared)
}
