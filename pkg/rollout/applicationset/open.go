package applicationset

import (
	"slices"

	"github.com/seawall-dev/seawall/pkg/apis/v1alpha1"
	"github.com/seawall-dev/seawall/pkg/rollout"
)

const annotationEvidence = "annotation " + v1alpha1.EnvironmentsAnnotation

// unresolved is the error for environments that nothing counts.
func unresolved(entries []openEntry, atLeast int) error {
	named := *entries[0].err
	named.AtLeast = max(named.AtLeast, atLeast)
	return &named
}

// bounded says whether an entry expands past a bound.
func bounded(entries []openEntry) bool {
	return slices.ContainsFunc(entries, func(entry openEntry) bool { return entry.bound })
}

// estimate counts the environments of open entries that have no name, from an annotation
// or else from the status.
func (d *delta) estimate(metadata rollout.Metadata, known int) (n int, evidence string, err error) {
	declared, found, err := metadata.Declared()
	switch {
	case err != nil:
		return 0, "", err
	case found:
		return max(declared-known, 0), annotationEvidence, nil
	case d.before.status.count > 0:
		return max(d.before.status.count-len(d.before.apps), 0), d.before.status.evidence, nil
	default:
		return 0, "", nil
	}
}

// countReleased counts what a looser pacing releases of the entries that stay open: all
// that the status does not show to be healthy.
func (d *delta) countReleased() error {
	n, evidence, err := d.estimate(d.write.Metadata, len(d.after.apps))
	if err != nil {
		return err
	}
	if evidence == "" {
		return unresolved(d.kept, len(d.effects))
	}
	for name := range d.before.status.healthy {
		if _, known := d.after.apps[name]; !known && d.after.spec.policy.update == d.before.spec.policy.update {
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
	template := value{raw: d.before.spec.template}
	finalizers, _ := template.field("metadata").field("finalizers").list()
	if !d.after.spec.policy.remove || d.before.spec.policy.preserve && len(finalizers) == 0 {
		return nil
	}
	if orphans, told := d.orphans(); told {
		d.goneDeclared, d.evidence = orphans, d.before.status.evidence
		return nil
	}
	metadata, err := rollout.ParseMetadata(d.write.OldObject)
	if err != nil {
		metadata = rollout.Metadata{}
	}
	n, evidence, err := d.estimate(metadata, len(d.before.apps))
	if err != nil && d.write.Operation == rollout.Delete {
		return err
	}
	if err != nil || evidence == "" {
		return unresolved(d.gone, len(d.effects))
	}
	d.goneDeclared, d.evidence = n, evidence
	return nil
}

// countOrphans counts what a policy kept from being removed until the write permits it.
func (d *delta) countOrphans() {
	if d.before.spec.policy.remove || !d.after.spec.policy.remove {
		return
	}
	if orphans, told := d.orphans(); told && orphans > 0 {
		d.goneDeclared, d.evidence = orphans, d.before.status.evidence
	}
}

// orphans counts the Applications that exist and belong to neither object, if the status
// names all that exist and the written object can be counted.
func (d *delta) orphans() (count int, told bool) {
	status := d.before.status
	if len(d.after.open) > 0 || len(status.names) == 0 || len(status.names) < status.count {
		return 0, false
	}
	for _, name := range status.names {
		_, stays := d.after.apps[name]
		_, known := d.before.apps[name]
		if !stays && !known {
			count++
		}
	}
	return count, true
}

// openTotal is the number of environments without a name that the rollout has, as far as
// anything tells.
func (d *delta) openTotal(atLeast int) int {
	if len(d.after.open) == 0 {
		return 0
	}
	n, _, err := d.estimate(d.write.Metadata, len(d.after.apps))
	if err != nil {
		n = 0
	}
	return max(n, atLeast)
}

// scaled estimates what a matrix stands for of which only the child that can be counted has
// changed: what exists, by how many more sets of parameters that child makes now. It is 0
// when the write is of another sort.
func (d *delta) scaled() int {
	if len(d.added) != 1 || len(d.gone) != 1 || len(d.reshaped)+len(d.kept) > 0 {
		return 0
	}
	old, written := d.gone[0], d.added[0]
	existing := d.before.status.count - len(d.before.apps)
	if old.factor == 0 || written.factor == 0 || old.rest != written.rest || existing <= 0 {
		return 0
	}
	return (existing*written.factor + old.factor - 1) / old.factor
}
