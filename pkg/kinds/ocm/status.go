package ocm

import (
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

// replicaSetStatus is how far a ManifestWorkReplicaSet says that it is.
type replicaSetStatus struct {
	Conditions []condition `json:"conditions"`
}

func (s replicaSetStatus) complete() bool {
	for _, condition := range s.Conditions {
		if condition.Type == "PlacementRolledOut" {
			return condition.Reason == "Complete"
		}
	}
	return false
}

// addonStatus is how far a ClusterManagementAddOn says that it is, placement by placement.
type addonStatus struct {
	InstallProgressions []struct {
		Conditions []condition `json:"conditions"`
	} `json:"installProgressions"`
}

func (s addonStatus) complete() bool {
	done := 0
	for _, progression := range s.InstallProgressions {
		for _, condition := range progression.Conditions {
			if condition.Type == "Progressing" && condition.Reason == "Completed" {
				done++
			}
		}
	}
	return done > 0 && done == len(s.InstallProgressions)
}
