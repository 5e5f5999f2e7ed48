package flux

import (
	"slices"

	"github.com/seawall-dev/seawall/pkg/inventory"
)

// trim leaves of an object what is read of one that is kept, in texts that others have, too: there may be thousands.
func (o *object) trim(texts *inventory.Texts) {
	o.Metadata.Labels = nil // the inventory has them
	status := &o.Status
	status.Conditions = slices.Clone(slices.DeleteFunc(status.Conditions, func(c condition) bool {
		return c.Type != ready && c.Type != reconciling
	}))
	for i := range status.Conditions {
		is := &status.Conditions[i]
		if is.Type == ready {
			is.Message = ""
		}
		share(texts, &is.Type, &is.Status, &is.Reason)
	}
	status.History = slices.Clone(status.History[:min(1, len(status.History))])
	for i := range status.History {
		last := &status.History[i]
		share(texts, &last.LastReconciledStatus, &last.ChartVersion, &last.Status)
		unite(&last.ConfigDigest, status.LastAttemptedConfigDigest)
	}
	unite(&status.LastHandledReconcileAt, o.Metadata.Annotations.RequestedAt)
	share(texts, &o.Metadata.Namespace, &o.Spec.Chart.Spec.Chart, &status.LastAttemptedRevision, &status.LastAppliedRevision)
	for _, of := range []*reference{&o.Spec.SourceRef, &o.Spec.ChartRef, &o.Spec.Chart.Spec.SourceRef} {
		share(texts, &of.Kind, &of.Namespace, &of.Name)
	}
}

func share(texts *inventory.Texts, each ...*string) {
	for _, text := range each {
		*text = texts.Shared(*text)
	}
}

// unite has a text that equals another one of the same object take no memory of its own.
func unite(text *string, other string) {
	if *text == other {
		*text = other
	}
}
