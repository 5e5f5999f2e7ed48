package sveltos

import (
	"testing"

	. "github.com/onsi/gomega"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/intstr"
	"k8s.io/utils/ptr"

	"github.com/seawall-dev/seawall/pkg/inventory"
	"github.com/seawall-dev/seawall/pkg/kinds/kindtest"
)

// The cases of Sveltos' controllers/profile_utils_test.go, getMaxUpdate, and what stands for
// no limit.
func TestWindow(t *testing.T) {
	tests := map[string]struct {
		value string
		total int
		want  int
	}{
		"fixed": {"10", 20, 10}, "half of four": {"50%", 4, 2}, "rounded up": {"30%", 2, 1}, "a third of ten": {"30%", 10, 3},
		"none is all": {"0", 7, 7}, "no percent is all": {"0%", 7, 7}, "more than all": {"200%", 7, 7}, "a part of one": {"1%", 3, 1},
		"less than none is all": {"-1", 7, 7}, "of none": {"30%", 0, 0},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			g := NewWithT(t)
			value := intstr.Parse(tt.value)
			got, err := window(&value, tt.total)
			g.Expect(err).NotTo(HaveOccurred())
			g.Expect(got).To(Equal(tt.want))
		})
	}
	NewWithT(t).Expect(window(nil, 7)).To(Equal(7))
}

// The cases of libsveltos' lib/clusterproxy/cluster_utils_test.go, GetMatchingClusters. Which
// Cluster API clusters an annotation keeps from Sveltos is a flag of its own: all count.
func TestSelected(t *testing.T) {
	const clusters = `
apiVersion: lib.projectsveltos.io/v1beta1
kind: SveltosCluster
metadata: {name: both, namespace: one, labels: {env: qa, zone: west}}
status: {ready: true}
---
apiVersion: lib.projectsveltos.io/v1beta1
kind: SveltosCluster
metadata: {name: neither, namespace: one}
status: {ready: true}
---
apiVersion: lib.projectsveltos.io/v1beta1
kind: SveltosCluster
metadata: {name: first, namespace: one, labels: {env: qa}}
status: {ready: true}
---
apiVersion: lib.projectsveltos.io/v1beta1
kind: SveltosCluster
metadata: {name: not-ready, namespace: one, labels: {env: qa, zone: west}}
---
apiVersion: lib.projectsveltos.io/v1beta1
kind: SveltosCluster
metadata: {name: leaving, namespace: one, labels: {env: qa, zone: west}, deletionTimestamp: "2026-01-01T00:00:00Z"}
status: {ready: true}
---
apiVersion: cluster.x-k8s.io/v1beta2
kind: Cluster
metadata: {name: machines, namespace: two, labels: {env: qa, zone: west}}
status: {conditions: [{type: ControlPlaneInitialized, status: "True"}]}
---
apiVersion: cluster.x-k8s.io/v1beta2
kind: Cluster
metadata: {name: starting, namespace: two, labels: {env: qa, zone: west}}
status: {initialization: {controlPlaneInitialized: false}}
`
	anyOf := func(key string, values ...string) metav1.LabelSelectorRequirement {
		return metav1.LabelSelectorRequirement{Key: key, Operator: metav1.LabelSelectorOpIn, Values: values}
	}
	both := &metav1.LabelSelector{MatchExpressions: []metav1.LabelSelectorRequirement{anyOf("env", "qa"), anyOf("zone", "west")}}
	tests := map[string]struct {
		selector  *metav1.LabelSelector
		namespace string
		want      []string
	}{
		"no selector":       {nil, "", nil},
		"an empty one":      {&metav1.LabelSelector{}, "", nil},
		"two labels":        {both, "", []string{"Cluster two/machines", "one/both"}},
		"of a namespace":    {both, "one", []string{"one/both"}},
		"of the other":      {both, "two", []string{"Cluster two/machines"}},
		"one label":         {&metav1.LabelSelector{MatchLabels: map[string]string{"env": "qa"}}, "one", []string{"one/both", "one/first"}},
		"a label not had":   {&metav1.LabelSelector{MatchExpressions: []metav1.LabelSelectorRequirement{{Key: "env", Operator: "DoesNotExist"}}}, "", []string{"one/neither"}},
		"another label":     {&metav1.LabelSelector{MatchLabels: map[string]string{"env": "prod"}}, "", nil},
		"another namespace": {both, "three", nil},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			g := NewWithT(t)
			static := inventory.Static{Objects: kindtest.Objects(t, []byte(clusters))}
			all, err := NewInventory(inventory.NewStaticRegistry(static)).members(tt.namespace)
			g.Expect(err).NotTo(HaveOccurred())
			refs, err := selected(nil, all, "spec.clusterSelector", tt.selector)
			g.Expect(err).NotTo(HaveOccurred())
			var got []string
			for _, ref := range refs {
				got = append(got, ref.String())
			}
			g.Expect(got).To(Equal(tt.want))
		})
	}
}

// What libsveltos' lib/clusterproxy/clusterproxy.go takes for a Cluster API cluster that is
// ready, and the field of before v1beta2.
func TestReady(t *testing.T) {
	initialized := func(status metav1.ConditionStatus) []metav1.Condition {
		return []metav1.Condition{{Type: "ControlPlaneInitialized", Status: status}}
	}
	tests := map[string]struct {
		field, earlier *bool
		conditions     []metav1.Condition
		want           bool
	}{
		"nothing is known":       {nil, nil, nil, false},
		"the condition":          {nil, nil, initialized("True"), true},
		"the condition is false": {nil, nil, initialized("False"), false},
		"the field":              {new(true), nil, nil, true},
		"the field is false":     {new(false), nil, nil, false},
		"either is enough":       {new(true), nil, initialized("False"), true},
		"the field of v1beta1":   {nil, new(true), nil, true},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			var c capiCluster
			c.Status.Conditions = tt.conditions
			c.Status.Initialization.ControlPlaneInitialized = ptr.Deref(tt.field, false)
			c.Status.ControlPlaneReady = ptr.Deref(tt.earlier, false)
			NewWithT(t).Expect(c.ready()).To(Equal(tt.want))
		})
	}
}
