package rollout

import (
	"encoding/json"
	"slices"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// Written is metadata.managedFields, as far as it tells when an object was written. Who may write
// the object can date its entries, so that they prove nothing by themselves: see StatusLast.
type Written []struct {
	Subresource string      `json:"subresource"`
	Time        metav1.Time `json:"time"`
	FieldsV1    struct {
		Spec json.RawMessage `json:"f:spec"`
	} `json:"fieldsV1"`
}

// StatusLast tells whether the status was written after the spec, for systems that do not say of
// which generation it is. An entry of the future, or without a time, makes all of them worth nothing.
// What the status itself says of when it changed, if anything, must be after the spec, too: nobody
// can date that who may not write the status.
func (w Written) StatusLast(now time.Time, changed ...time.Time) bool {
	var status, spec time.Time
	for _, entry := range w {
		at := entry.Time.Time
		switch {
		case at.IsZero() || at.After(now):
			return false
		case entry.Subresource == "status":
			status = later(status, at)
		case entry.Subresource == "" && len(entry.FieldsV1.Spec) > 0:
			spec = later(spec, at)
		}
	}
	late := !slices.ContainsFunc(changed, func(at time.Time) bool { return !at.After(spec) || at.After(now) })
	return late && !spec.IsZero() && status.After(spec)
}

func later(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}
