package ocm

import (
	"slices"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/seawall-dev/seawall/pkg/rollout"
)

// written is what the metadata of an object tells of who wrote it.
type written struct {
	Generation    int64           `json:"generation"`
	ManagedFields rollout.Written `json:"managedFields"`
}

type condition struct {
	Type               string      `json:"type"`
	Reason             string      `json:"reason"`
	ObservedGeneration int64       `json:"observedGeneration"`
	LastTransitionTime metav1.Time `json:"lastTransitionTime"`
}

// proven tells whether conditions are of the spec that stands. Mostly OCM does not say which
// generation a condition is of: right after another spec, it is of the one before.
func (w written) proven(conditions ...condition) bool {
	changed := make([]time.Time, len(conditions))
	observed := len(conditions) > 0
	for i, condition := range conditions {
		changed[i] = condition.LastTransitionTime.Time
		if condition.ObservedGeneration > 0 && condition.ObservedGeneration < w.Generation {
			return false
		}
		observed = observed && condition.ObservedGeneration > 0 && condition.ObservedGeneration == w.Generation
	}
	return observed || w.ManagedFields.StatusLast(time.Now(), changed...)
}

// complete tells whether a ManifestWorkReplicaSet says that no cluster waits for another.
func (o replicaSetObject) complete() bool {
	i := slices.IndexFunc(o.Status.Conditions, func(c condition) bool { return c.Type == "PlacementRolledOut" })
	return i >= 0 && o.Status.Conditions[i].Reason == "Complete" && o.Metadata.proven(o.Status.Conditions[i])
}

// complete tells whether a ClusterManagementAddOn says so, for each of its placements.
func (o addonObject) complete() bool {
	var done []condition
	for _, progression := range o.Status.InstallProgressions {
		for _, condition := range progression.Conditions {
			if condition.Type == "Progressing" && condition.Reason == "Completed" {
				done = append(done, condition)
			}
		}
	}
	return len(done) > 0 && len(done) == len(o.Status.InstallProgressions) && o.Metadata.proven(done...)
}
