package kubefleet

import (
	"testing"

	. "github.com/onsi/gomega"
	"k8s.io/apimachinery/pkg/api/resource"
	"k8s.io/apimachinery/pkg/util/intstr"
)

// The cases of KubeFleet's pkg/controllers/updaterun/execution_test.go,
// TestCalculateMaxConcurrencyValue.
func TestWindow(t *testing.T) {
	tests := map[string]struct {
		value    string
		clusters int
		want     int
	}{
		"fewer than the clusters": {"3", 10, 3}, "as many": {"10", 10, 10}, "more": {"15", 10, 15},
		"half": {"50%", 10, 5}, "a tenth of one": {"10%", 1, 1}, "rounded down": {"33%", 10, 3}, "all": {"100%", 10, 10},
		"a quarter of seven": {"25%", 7, 1}, "a number of none": {"3", 0, 3}, "half of none": {"50%", 0, 1}, "none": {"0", 10, 1},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			g := NewWithT(t)
			value := intstr.Parse(tt.value)
			got, err := stage{MaxConcurrency: &value}.window("spec.stages[0]", tt.clusters)
			g.Expect(err).NotTo(HaveOccurred())
			g.Expect(got).To(Equal(tt.want))
		})
	}
	g := NewWithT(t)
	g.Expect(stage{}.window("spec.stages[0]", 10)).To(Equal(1), "one at a time by default")
	text := intstr.FromString("50")
	_, err := stage{MaxConcurrency: &text}.window("spec.stages[0]", 0)
	g.Expect(err).To(MatchError(ContainSubstring(`spec.stages[0].maxConcurrency is "50"`)))
}

// The comparisons of KubeFleet's pkg/scheduler/framework/plugins/clusteraffinity,
// TestClusterRequirementMatches.
func TestProperties(t *testing.T) {
	var status memberStatus
	status.Properties = map[string]struct {
		Value string `json:"value"`
	}{"nodes": {"3"}}
	status.ResourceUsage.Capacity = map[string]string{"cpu": "4"}
	status.ResourceUsage.Available = map[string]string{"memory": "1Gi"}
	for name, want := range map[string]string{
		"nodes": "3", "resources.kubernetes-fleet.io/total-cpu": "4", "resources.kubernetes-fleet.io/available-memory": "1Gi",
	} {
		value, found := status.property(name)
		NewWithT(t).Expect(value).To(Equal(want), name)
		NewWithT(t).Expect(found).To(BeTrue(), name)
	}
	for _, name := range []string{"other", "resources.kubernetes-fleet.io/allocatable-cpu", "resources.kubernetes-fleet.io/spare-cpu"} {
		_, found := status.property(name)
		NewWithT(t).Expect(found).To(BeFalse(), name)
	}
	for operator, want := range map[string][3]bool{ // less, equal, more
		"Eq": {false, true, false}, "Ne": {true, false, true}, "Gt": {false, false, true},
		"Ge": {false, true, true}, "Lt": {true, false, false}, "Le": {true, true, false},
	} {
		t.Run(operator, func(t *testing.T) {
			g := NewWithT(t)
			matches, err := propertyRequirement{Name: "nodes", Operator: operator, Values: []string{"3"}}.compare()
			g.Expect(err).NotTo(HaveOccurred())
			for i, value := range []string{"2", "3000m", "4"} {
				g.Expect(matches(resource.MustParse(value))).To(Equal(want[i]), value)
			}
		})
	}
}
