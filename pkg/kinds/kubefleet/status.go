package kubefleet

import (
	"slices"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/sets"
)

type placementStatus struct {
	PlacementStatuses []struct {
		ClusterName string             `json:"clusterName"`
		Conditions  []metav1.Condition `json:"conditions"`
	} `json:"placementStatuses"`
	Conditions []metav1.Condition `json:"conditions"`
}

func (s placementStatus) placed() []string {
	var names []string
	for _, status := range s.PlacementStatuses {
		if status.ClusterName != "" { // one that is not scheduled has none
			names = append(names, status.ClusterName)
		}
	}
	return names
}

// failed returns the clusters that KubeFleet has given up on (pkg/utils/binding,
// HasBindingFailed).
func (s placementStatus) failed() sets.Set[string] {
	steps := sets.New("Overridden", "WorkSynchronized", "Applied", "Available")
	underWay := sets.New("OverriddenPending", "WorkNotSynchronizedYet", "ApplyPending", "ResourceNotAvailableYet")
	failed := sets.New[string]()
	for _, status := range s.PlacementStatuses {
		if slices.ContainsFunc(status.Conditions, func(c metav1.Condition) bool {
			return steps.Has(c.Type) && c.Status == metav1.ConditionFalse && !underWay.Has(c.Reason)
		}) {
			failed.Insert(status.ClusterName)
		}
	}
	return failed
}

// holds tells whether a condition of the placement holds for the generation of its spec.
func (s placementStatus) holds(condition string, generation int64) bool {
	return slices.ContainsFunc(s.Conditions, func(c metav1.Condition) bool {
		return (c.Type == "ClusterResourcePlacement"+condition || c.Type == "ResourcePlacement"+condition) &&
			c.Status == metav1.ConditionTrue && c.ObservedGeneration == generation
	})
}
