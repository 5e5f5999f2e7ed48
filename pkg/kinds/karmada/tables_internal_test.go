package karmada

import (
	"encoding/json"
	"fmt"
	"testing"

	. "github.com/onsi/gomega"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/seawall-dev/seawall/pkg/inventory"
)

func one() cluster {
	c := &inventory.Object[clusterFields]{Name: "cluster1", Labels: inventory.PairsOf(map[string]string{"foo": "bar"})}
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
	named := affinity{ClusterNames: []string{"cluster1"}}
	byLabel := affinity{LabelSelector: labelled("bar")}
	excluded := affinity{Exclude: []string{"cluster1"}}
	all := affinity{ClusterNames: []string{"cluster1"}, LabelSelector: labelled("bar")}
	tests := map[string]struct {
		affinity affinity
		want     bool
	}{
		"empty":                               {affinity{}, true},
		"excluded, though named":              {affinity{Exclude: excluded.Exclude, ClusterNames: named.ClusterNames}, false},
		"excluded, though labelled":           {affinity{Exclude: excluded.Exclude, LabelSelector: labelled("bar")}, false},
		"excluded, though in the zone":        {with(excluded, of("zone", "In", "zone1", "zone2", "zone3")), false},
		"named":                               {named, true},
		"another is named":                    {affinity{ClusterNames: []string{"cluster2"}}, false},
		"named and labelled":                  {all, true},
		"named and not labelled":              {affinity{ClusterNames: named.ClusterNames, LabelSelector: labelled("unmatched")}, false},
		"labelled":                            {byLabel, true},
		"not labelled":                        {affinity{LabelSelector: labelled("unmatched")}, false},
		"named, in zone and region":           {with(named, of("zone", "In", "zone1", "zone2", "zone3"), of("region", "In", "region1")), true},
		"named, of the provider":              {with(named, of("provider", "In", "provider1")), true},
		"named, in the region":                {with(named, of("region", "In", "region1")), true},
		"named, not in these zones":           {with(named, of("zone", "NotIn", "zone1", "zone2", "zone3")), false},
		"named, not of the provider":          {with(named, of("provider", "NotIn", "provider1")), false},
		"named, not in the region":            {with(named, of("region", "NotIn", "region1")), false},
		"named, in another region":            {with(named, of("region", "In", "region2")), false},
		"named, in one of its zones":          {with(named, of("zone", "In", "zone2")), true},
		"labelled, in the zones":              {with(byLabel, of("zone", "In", "zone1", "zone2", "zone3")), true},
		"labelled, of the provider":           {with(byLabel, of("provider", "In", "provider1")), true},
		"labelled, in the region":             {with(byLabel, of("region", "In", "region1")), true},
		"labelled, not in the zones":          {with(byLabel, of("zone", "NotIn", "zone1", "zone2", "zone3")), false},
		"labelled, not of the provider":       {with(byLabel, of("provider", "NotIn", "provider1")), false},
		"labelled, not in the region":         {with(byLabel, of("region", "NotIn", "region1")), false},
		"in the zones":                        {with(affinity{}, of("zone", "In", "zone1", "zone2", "zone3")), true},
		"in the region":                       {with(affinity{}, of("region", "In", "region1")), true},
		"of the provider":                     {with(affinity{}, of("provider", "In", "provider1")), true},
		"not of the provider":                 {with(affinity{}, of("provider", "NotIn", "provider1")), false},
		"of another provider":                 {with(affinity{}, of("provider", "In", "provider2")), false},
		"not of another provider":             {with(affinity{}, of("provider", "NotIn", "provider2")), true},
		"a region that exists":                {with(affinity{}, of("region", "Exists")), true},
		"another field":                       {with(affinity{}, of("metadata.name", "In", "cluster1")), false},
		"named, labelled, in the zones":       {with(all, of("zone", "In", "zone1", "zone2", "zone3")), true},
		"named, labelled, not in the zones":   {with(all, of("zone", "NotIn", "zone1", "zone2", "zone3")), false},
		"labelled, in the zones, not named":   {with(affinity{ClusterNames: []string{"cluster2"}, LabelSelector: labelled("bar")}, of("zone", "In", "zone1")), false},
		"named, in the zones, labelled other": {with(affinity{ClusterNames: named.ClusterNames, LabelSelector: labelled("Unmatched")}, of("zone", "In", "zone1")), false},
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
		"a field without a name":   with(affinity{}, of("", "")),
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

// The cases of Karmada's pkg/util/selector_test.go, Test_matchZones.
func TestZones(t *testing.T) {
	tests := map[string]struct {
		operator corev1.NodeSelectorOperator
		values   []string
		zones    []string
		want     bool
	}{
		"in, no zone":             {"In", []string{"foo"}, nil, false},
		"in, one of two":          {"In", []string{"foo"}, []string{"foo", "bar"}, true},
		"in, both":                {"In", []string{"foo", "bar"}, []string{"foo", "bar"}, true},
		"not in, no zone":         {"NotIn", []string{"foo"}, nil, true},
		"not in, one of two":      {"NotIn", []string{"foo"}, []string{"foo", "bar"}, false},
		"exists, no zone":         {"Exists", nil, nil, false},
		"exists, two":             {"Exists", nil, []string{"foo", "bar"}, true},
		"does not exist, no zone": {"DoesNotExist", nil, nil, true},
		"does not exist, one":     {"DoesNotExist", nil, []string{"foo"}, false},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			g := NewWithT(t)
			matches, err := zone("path", corev1.NodeSelectorRequirement{Key: "zone", Operator: tt.operator, Values: tt.values})
			g.Expect(err).NotTo(HaveOccurred())
			c := &inventory.Object[clusterFields]{Name: "cluster1"}
			c.Value.Spec.Zones = tt.zones
			g.Expect(matches(c)).To(Equal(tt.want))
		})
	}
}

// in are so many clusters of each region, by name: "R1", "R2" and so on.
func in(sizes ...int) []cluster {
	var all []cluster
	for region, size := range sizes {
		for range size {
			c := &inventory.Object[clusterFields]{Name: fmt.Sprintf("member%02d", len(all)+1)}
			c.Value.Spec.Region = fmt.Sprint("R", region+1)
			all = append(all, c)
		}
	}
	return all
}

// The cases of Karmada's pkg/scheduler/core/spreadconstraint: select_clusters_test.go,
// select_clusters_by_region_test.go and, as far as a number shows them, select_groups_test.go.
// Karmada picks by scores and by room for replicas, so here is the most that it could pick; with
// enough room that is its own number unless regions of one size are told apart by score.
func TestSpread(t *testing.T) {
	by := func(field string, least, most int) spread {
		return spread{SpreadByField: field, MinGroups: least, MaxGroups: most}
	}
	tests := map[string]struct {
		feasible    []cluster
		constraints []spread
		want        int
	}{
		"no constraint":                         {in(10), nil, 10},
		"clusters, one to two of four":          {in(3, 1), []spread{by("cluster", 1, 2)}, 2},
		"clusters, seven of four":               {in(3, 1), []spread{by("cluster", 7, 7)}, 0},
		"clusters, two to four":                 {in(10), []spread{by("cluster", 2, 4)}, 4},
		"clusters, up to more than there are":   {in(10), []spread{by("cluster", 1, 20)}, 10},
		"clusters, no maximum is none":          {in(10), []spread{by("cluster", 1, 0)}, 0},
		"clusters by default":                   {in(10), []spread{by("", 1, 4)}, 4},
		"the last of two alike":                 {in(10), []spread{by("cluster", 1, 4), by("cluster", 1, 3)}, 3},
		"one region, two clusters":              {in(2, 3), []spread{by("region", 1, 1), by("cluster", 2, 2)}, 2},
		"one region, three clusters":            {in(2, 3), []spread{by("region", 1, 1), by("cluster", 3, 3)}, 3},
		"two regions, four to five clusters":    {in(1, 3, 2, 4), []spread{by("region", 2, 2), by("cluster", 4, 5)}, 5}, // 4 by its scores
		"up to three regions, six to eight":     {in(1, 3, 2, 1, 1), []spread{by("region", 1, 3), by("cluster", 6, 8)}, 6},
		"three regions of two":                  {in(1, 1), []spread{by("region", 3, 3), by("cluster", 3, 3)}, 0},
		"fewer clusters than wanted":            {in(1, 2), []spread{by("region", 2, 3), by("cluster", 4, 4)}, 0},
		"one region of one":                     {in(1), []spread{by("region", 1, 3), by("cluster", 1, 1)}, 1},
		"two of one region":                     {in(1), []spread{by("region", 2, 3), by("cluster", 1, 1)}, 0},
		"no cluster":                            {nil, []spread{by("region", 2, 3), by("cluster", 1, 1)}, 0},
		"ten clusters in three of six regions":  {in(1, 1, 1, 2, 5, 3), []spread{by("region", 1, 3), by("cluster", 10, 10)}, 10},
		"one of each of two regions":            {in(3, 3, 3), []spread{by("region", 1, 2)}, 2},
		"up to five clusters in two regions":    {in(3, 3, 3), []spread{by("region", 1, 2), by("cluster", 1, 5)}, 5},
		"more clusters than two regions have":   {in(3, 3, 3), []spread{by("region", 1, 2), by("cluster", 1, 9)}, 6},
		"fewer clusters than regions":           {in(3, 3, 3), []spread{by("region", 3, 3), by("cluster", 1, 2)}, 3},
		"more regions than there are":           {in(3, 3, 3), []spread{by("region", 4, 4)}, 0},
		"more clusters than the regions have":   {in(3, 3, 3), []spread{by("region", 1, 2), by("cluster", 7, 9)}, 0},
		"clusters without a region are in none": {[]cluster{{Name: "a"}, {Name: "b"}}, []spread{by("region", 1, 2)}, 0},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			g := NewWithT(t)
			chosen, err := (&placement{SpreadConstraints: tt.constraints}).spread(tt.feasible, order{largeFirst: true, first: func(cluster) bool { return false }})
			g.Expect(err).NotTo(HaveOccurred())
			g.Expect(chosen).To(HaveLen(tt.want))
		})
	}
	g, weighted := NewWithT(t), &placement{}
	g.Expect(json.Unmarshal([]byte(`{"spreadConstraints": [{"spreadByField": "cluster", "minGroups": 1, "maxGroups": 2}], "replicaScheduling":
		{"replicaSchedulingType": "Divided", "replicaDivisionPreference": "Weighted", "weightPreference":
		{"staticWeightList": [{"targetCluster": {"clusterNames": ["member1"]}, "weight": 2}]}}}`), weighted)).To(Succeed())
	g.Expect(weighted.spread(in(3, 1), order{})).To(HaveLen(4), "fixed weights ignore constraints")
	weighted.ReplicaScheduling.WeightPreference.DynamicWeight = "AvailableReplicas"
	g.Expect(weighted.spread(in(3, 1), order{first: func(cluster) bool { return false }})).To(HaveLen(2), "others do not")
	weighted.SpreadConstraints[0].SpreadByField = "zone"
	_, err := weighted.spread(in(3, 1), order{first: func(cluster) bool { return false }})
	g.Expect(err).To(MatchError(ContainSubstring("spreads by neither cluster nor region")))
}
