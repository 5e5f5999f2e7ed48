package ocm

import (
	"slices"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// written is what the metadata of an object tells of who wrote it.
type written struct {
	ManagedFields []struct {
		Subresource string      `json:"subresource"`
		Time        metav1.Time `json:"time"`
	} `json:"managedFields"`
}

// statusLast tells whether the status was written after everything else. OCM does not say
// which generation a condition is of: right after another spec, it is of the one before.
func (w written) statusLast() bool {
	var status, rest time.Time
	for _, entry := range w.ManagedFields {
		last := &rest
		if entry.Subresource == "status" {
			last = &status
		}
		if entry.Time.After(*last) {
			*last = entry.Time.Time
		}
	}
	return status.After(rest)
}

type condition struct {
	Type   string `json:"type"`
	Reason string `json:"reason"`
}

// complete tells whether a ManifestWorkReplicaSet says that no cluster waits for another.
func (o replicaSetObject) complete() bool {
	i := slices.IndexFunc(o.Status.Conditions, func(c condition) bool { return c.Type == "PlacementRolledOut" })
	return i >= 0 && o.Status.Conditions[i].Reason == "Complete" && o.Metadata.statusLast()
}

// complete tells whether a ClusterManagementAddOn says so, for each of its placements.
func (o addonObject) complete() bool {
	done := 0
	for _, progression := range o.Status.InstallProgressions {
		for _, condition := range progression.Conditions {
			if condition.Type == "Progressing" && condition.Reason == "Completed" {
				done++
			}
		}
	}
	return done > 0 && done == len(o.Status.InstallProgressions) && o.Metadata.statusLast()
}
