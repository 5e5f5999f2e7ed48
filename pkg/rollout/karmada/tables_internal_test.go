package karmada

import (
	"fmt"
	"testing"

	. "github.com/onsi/gomega"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/seawall-dev/seawall/pkg/inventory"
)

func one() cluster {
	c := &inventory.Object[clusterFields]{Name: "cluster1", Labels: map[string]string{"foo": "bar"}}
	c.Value.Spec.Zones, c.Value.Spec.Region, c.Value.Spec.Provider = []string{"zone1", "zone2", "zone3"}, "region1", "provider1"
	return c
}

// The cases of Karmada's pkg/util/selector_test.go, TestClusterMatches.
func TestAffinity(t *testing.T) {
	labelled := func(value string) *metav1.LabelSelector {
		return &metav1.LabelSelector{MatchLabels: map[string]string{"foo": value}}
	}
	of := func(key string, operator corev1.NodeSelectorOperator, values ...string) corev1.NodeSelectorRequirement {
		return corev1.NodeSelectorRequirement{Key: key, Operator: operator, Values: values}
	}
	with := func(affinity affinity, expressions ...corev1.NodeSelectorRequirement) affinity {
		affinity.FieldSelector.MatchExpressions = expressions
		return affinity
	}
	ours := affinity{ClusterNames: []string{"cluster1"}}
	tests := map[string]struct {
		affinity affinity
		want     bool
	}{
		"empty":                          {affinity{}, true},
		"excluded, though named":         {affinity{Exclude: []string{"cluster1"}, ClusterNames: []string{"cluster1"}}, false},
		"excluded, though labelled":      {affinity{Exclude: []string{"cluster1"}, LabelSelector: labelled("bar")}, false},
		"excluded, though in the zone":   {with(affinity{Exclude: []string{"cluster1"}}, of("zone", "In", "zone1")), false},
		"named":                          {ours, true},
		"another is named":               {affinity{ClusterNames: []string{"cluster2"}}, false},
		"named and labelled":             {affinity{ClusterNames: []string{"cluster1"}, LabelSelector: labelled("bar")}, true},
		"named and not labelled":         {affinity{ClusterNames: []string{"cluster1"}, LabelSelector: labelled("unmatched")}, false},
		"labelled":                       {affinity{LabelSelector: labelled("bar")}, true},
		"not labelled":                   {affinity{LabelSelector: labelled("unmatched")}, false},
		"named, in zone and region":      {with(ours, of("zone", "In", "zone1", "zone2", "zone3"), of("region", "In", "region1")), true},
		"named, of the provider":         {with(ours, of("provider", "In", "provider1")), true},
		"named, not in these zones":      {with(ours, of("zone", "NotIn", "zone1", "zone2", "zone3")), false},
		"named, not of the provider":     {with(ours, of("provider", "NotIn", "provider1")), false},
		"named, not in the region":       {with(ours, of("region", "NotIn", "region1")), false},
		"labelled, in the zone":          {with(affinity{LabelSelector: labelled("bar")}, of("zone", "In", "zone1")), true},
		"labelled, of the provider":      {with(affinity{LabelSelector: labelled("bar")}, of("provider", "In", "provider1")), true},
		"labelled, in the region":        {with(affinity{LabelSelector: labelled("bar")}, of("region", "In", "region1")), true},
		"labelled, not in the zone":      {with(affinity{LabelSelector: labelled("bar")}, of("zone", "NotIn", "zone1")), false},
		"one of its zones":               {with(affinity{}, of("zone", "In", "zone2")), true},
		"some zone":                      {with(affinity{}, of("zone", "Exists")), true},
		"no zone":                        {with(affinity{}, of("zone", "DoesNotExist")), false},
		"another region":                 {with(affinity{}, of("region", "In", "region2")), false},
		"a region that exists":           {with(affinity{}, of("region", "Exists")), true},
		"of another provider, or not so": {with(affinity{}, of("provider", "NotIn", "provider2")), true},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			g := NewWithT(t)
			selects, err := tt.affinity.compile("spec.placement.clusterAffinity")
			g.Expect(err).NotTo(HaveOccurred())
			g.Expect(selects(one())).To(Equal(tt.want))
		})
	}
	for name, broken := range map[string]affinity{
		"a label without a name":   {LabelSelector: &metav1.LabelSelector{MatchLabels: map[string]string{"": "bar"}}},
		"a field without operator": with(affinity{}, of("region", "")),
		"zones are not compared":   with(affinity{}, of("zone", "Gt", "1")),
		"a field without values":   with(affinity{}, of("region", "In")),
	} {
		t.Run("refused: "+name, func(t *testing.T) {
			_, err := broken.compile("spec.placement.clusterAffinity")
			NewWithT(t).Expect(err).To(MatchError(ContainSubstring("spec.placement.clusterAffinity.")))
		})
	}
}

// What Karmada's pkg/scheduler/core/spreadconstraint makes of ten clusters, and of nine in
// three regions.
func TestSpread(t *testing.T) {
	var ten, regions []cluster
	for i := range 10 {
		ten = append(ten, &inventory.Object[clusterFields]{Name: fmt.Sprint(i)})
	}
	for i := range 9 {
		c := &inventory.Object[clusterFields]{Name: fmt.Sprint(i)}
		c.Value.Spec.Region = fmt.Sprint("region", i%3)
		regions = append(regions, c)
	}
	byCluster := func(least, most int) spread {
		return spread{SpreadByField: "cluster", MinGroups: least, MaxGroups: most}
	}
	byRegion := func(least, most int) spread {
		return spread{SpreadByField: "region", MinGroups: least, MaxGroups: most}
	}
	tests := map[string]struct {
		feasible    []cluster
		constraints []spread
		want        int
	}{
		"no constraint":                         {ten, nil, 10},
		"two to four":                           {ten, []spread{byCluster(2, 4)}, 4},
		"up to more than there are":             {ten, []spread{byCluster(1, 20)}, 10},
		"at least more than there are":          {ten, []spread{byCluster(11, 20)}, 0},
		"no maximum is none":                    {ten, []spread{byCluster(1, 0)}, 0},
		"one of each of two regions":            {regions, []spread{byRegion(1, 2)}, 2},
		"up to five clusters in two regions":    {regions, []spread{byRegion(1, 2), byCluster(1, 5)}, 5},
		"more clusters than two regions have":   {regions, []spread{byRegion(1, 2), byCluster(1, 9)}, 6},
		"fewer clusters than regions":           {regions, []spread{byRegion(3, 3), byCluster(1, 2)}, 3},
		"more regions than there are":           {regions, []spread{byRegion(4, 4)}, 0},
		"clusters without a region are in none": {ten, []spread{byRegion(1, 2)}, 0},
		"more clusters than the regions have":   {regions, []spread{byRegion(1, 2), byCluster(7, 9)}, 0},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			g := NewWithT(t)
			chosen, err := (&placement{SpreadConstraints: tt.constraints}).spread(tt.feasible)
			g.Expect(err).NotTo(HaveOccurred())
			g.Expect(chosen).To(HaveLen(tt.want))
		})
	}
}
