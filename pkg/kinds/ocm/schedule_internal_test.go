package ocm

import (
	"fmt"
	"strings"
	"testing"

	. "github.com/onsi/gomega"
	"sigs.k8s.io/yaml"

	"github.com/seawall-dev/seawall/pkg/inventory"
	"github.com/seawall-dev/seawall/pkg/kinds/kindtest"
)

const setOf = "cluster.open-cluster-management.io/clusterset: "

// hubCluster is a ManagedCluster with labels, and with claims and other fields as YAML.
func hubCluster(name, labels, fields string) string {
	return fmt.Sprintf("---\napiVersion: cluster.open-cluster-management.io/v1\nkind: ManagedCluster\nmetadata: {name: %s, labels: {%s}%s}\n%s\n",
		name, labels, map[bool]string{true: `, deletionTimestamp: "2026-01-01T00:00:00Z"`}[fields == "deleting"], strings.TrimPrefix(fields, "deleting"))
}

func claim(name, value string) string {
	return "status: {clusterClaims: [{name: " + name + ", value: " + value + "}]}"
}

func clusterSetOf(name, selector string) string {
	return fmt.Sprintf("---\napiVersion: cluster.open-cluster-management.io/v1beta2\nkind: ManagedClusterSet\nmetadata: {name: %s}\nspec: {%s}\n", name, selector)
}

func binding(namespace, name string) string {
	return fmt.Sprintf("---\napiVersion: cluster.open-cluster-management.io/v1beta2\nkind: ManagedClusterSetBinding\n"+
		"metadata: {name: %s, namespace: %s}\nspec: {clusterSet: %s}\n", name, namespace, name)
}

func scheduled(t *testing.T, spec string, before []group, keeps bool, objects ...string) (string, error) {
	t.Helper()
	g := NewWithT(t)
	hub := NewInventory(inventory.NewStaticRegistry(inventory.Static{Objects: kindtest.Objects(t, []byte(strings.Join(objects, "")))}))
	var read placementSpec
	g.Expect(yaml.Unmarshal([]byte(spec), &read)).To(Succeed())
	groups, err := hub.schedule(nil, "ns1", &read, before, keeps)
	var all []string
	for _, group := range groups {
		all = append(all, group.name+":"+strings.Join(group.clusters, ","))
	}
	return strings.Join(all, " "), err
}

// The cases of OCM's pkg/placement/controllers/scheduling/scheduling_controller_test.go,
// TestGetValidManagedClusterSetBindings, TestGetValidManagedClusterSets (there by name) and
// TestGetAvailableClusters.
func TestAvailable(t *testing.T) {
	one, two := clusterSetOf("clusterset1", ""), clusterSetOf("clusterset2", "")
	inOne, inTwo := hubCluster("cluster1", setOf+"clusterset1", ""), hubCluster("cluster2", setOf+"clusterset2", "")
	both := binding("ns1", "clusterset1") + binding("ns1", "clusterset2")
	byLabel := func(selector string) string {
		return clusterSetOf("clusterset1", "clusterSelector: {selectorType: LabelSelector"+selector+"}")
	}
	labelled := hubCluster("cluster2", "vendor: openShift", "")
	tests := map[string]struct{ spec, objects, want string }{
		"no set is bound":              {"{}", one + inOne, ""},
		"bound, but there is no set":   {"{}", binding("ns1", "clusterset1") + inOne, ""},
		"bound":                        {"{}", one + binding("ns1", "clusterset1") + inOne, ":cluster1"},
		"bound to another namespace":   {"{}", one + binding("ns2", "clusterset1") + inOne, ""},
		"two sets":                     {"{}", one + two + both + inOne + inTwo, ":cluster1,cluster2"},
		"one of the sets by name":      {"{clusterSets: [clusterset2, clusterset3]}", one + two + both + inOne + inTwo, ":cluster2"},
		"a name that is not bound":     {"{clusterSets: [clusterset1]}", one + two + binding("ns1", "clusterset2") + inOne + inTwo, ""},
		"a cluster that is being gone": {"{}", one + two + both + inOne + hubCluster("cluster2", setOf+"clusterset2", "deleting"), ":cluster1"},
		"the selector of old": {
			"{}", clusterSetOf("clusterset1", "clusterSelector: {selectorType: ExclusiveClusterSetLabel}") + binding("ns1", "clusterset1") + inOne, ":cluster1",
		},
		"a set by label":           {"{}", byLabel(", labelSelector: {matchLabels: {vendor: openShift}}") + binding("ns1", "clusterset1") + inOne + labelled, ":cluster2"},
		"a set of everything":      {"{}", byLabel(", labelSelector: {}") + binding("ns1", "clusterset1") + inOne + hubCluster("cluster2", "", ""), ":cluster1,cluster2"},
		"a set without a selector": {"{}", byLabel("") + binding("ns1", "clusterset1") + inOne, ""},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			g := NewWithT(t)
			got, err := scheduled(t, tt.spec, nil, true, tt.objects)
			g.Expect(err).NotTo(HaveOccurred())
			g.Expect(got).To(Equal(tt.want))
		})
	}
	_, err := scheduled(t, "{}", nil, true, clusterSetOf("clusterset1", "clusterSelector: {selectorType: errorType}"), binding("ns1", "clusterset1"), inOne)
	NewWithT(t).Expect(err).To(MatchError(ContainSubstring("a ManagedClusterSet that is bound to the namespace has no selector")))
}

// The cases of OCM's pkg/placement/plugins/predicate/predicate_test.go,
// TestMatchWithClusterPredicates; expressions are not evaluated here.
func TestPredicates(t *testing.T) {
	amazon, google := hubCluster("cluster1", "cloud: Amazon", ""), hubCluster("cluster2", "cloud: Google", "")
	byLabel := "labelSelector: {matchLabels: {cloud: Amazon}}"
	byClaim := func(key, value string) string {
		return "claimSelector: {matchExpressions: [{key: " + key + ", operator: In, values: [" + value + "]}]}"
	}
	region := byClaim("region", "us-east-1")
	tests := map[string]struct{ predicates, objects, want string }{
		"none":         {"", amazon + google, ":cluster1,cluster2"},
		"by label":     {"{requiredClusterSelector: {" + byLabel + "}}", amazon + google, ":cluster1"},
		"an empty one": {"{}", amazon + google, ":cluster1,cluster2"},
		"by claim": {
			"{requiredClusterSelector: {" + byClaim("cloud", "Amazon") + "}}",
			hubCluster("cluster1", "", claim("cloud", "Amazon")) + hubCluster("cluster2", "", claim("cloud", "Google")), ":cluster1",
		},
		"by label and claim": {
			"{requiredClusterSelector: {" + byLabel + ", " + region + "}}",
			hubCluster("cluster1", "cloud: Amazon", claim("region", "us-east-1")) + hubCluster("cluster2", "cloud: Amazon", claim("region", "us-east-2")), ":cluster1",
		},
		"by one or the other": {
			"{requiredClusterSelector: {" + byLabel + "}}, {requiredClusterSelector: {" + region + "}}",
			amazon + hubCluster("cluster2", "", claim("region", "us-east-1")) + hubCluster("cluster3", "", claim("region", "us-east-2")), ":cluster1,cluster2",
		},
		"no expressions": {"{requiredClusterSelector: {celSelector: {celExpressions: []}}}", amazon, ":cluster1"},
	}
	all := clusterSetOf("all", "clusterSelector: {selectorType: LabelSelector, labelSelector: {}}") + binding("ns1", "all")
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			g := NewWithT(t)
			got, err := scheduled(t, "{predicates: ["+tt.predicates+"]}", nil, true, all, tt.objects)
			g.Expect(err).NotTo(HaveOccurred())
			g.Expect(got).To(Equal(tt.want))
		})
	}
}

// Predicates and taints must both let a cluster pass, and a taint only for new clusters lets
// those stay that are decided.
func TestTaintedClusters(t *testing.T) {
	g := NewWithT(t)
	tainted := "spec: {taints: [{key: k, effect: NoSelectIfNew}]}"
	got, err := scheduled(t, "{predicates: [{requiredClusterSelector: {labelSelector: {matchLabels: {a: b}}}}]}",
		[]group{{clusters: []string{"cluster1", "cluster3"}}}, true,
		clusterSetOf("all", "clusterSelector: {selectorType: LabelSelector, labelSelector: {}}"), binding("ns1", "all"),
		hubCluster("cluster1", "a: b", tainted), hubCluster("cluster2", "a: b", tainted), hubCluster("cluster3", "", ""), hubCluster("cluster4", "a: b", ""))
	g.Expect(err).NotTo(HaveOccurred())
	g.Expect(got).To(Equal(":cluster1,cluster4"))
}

// The cases of TestSchedulingController_sync and TestBind of scheduling_controller_test.go
// that make decision groups, and which clusters are taken of more than are wanted.
func TestDecisionGroups(t *testing.T) {
	all := clusterSetOf("all", "clusterSelector: {selectorType: LabelSelector, labelSelector: {}}") + binding("ns1", "all")
	clouds := func(names ...string) string {
		text := all
		for i, name := range names {
			text += hubCluster(fmt.Sprintf("cluster%d", i+1), "cloud: "+name, "")
		}
		return text
	}
	four, three := clouds("Amazon", "Amazon", "Azure", "Azure"), clouds("Amazon", "Amazon", "Azure")
	named := func(name, cloud string) string {
		return "{groupName: " + name + ", groupClusterSelector: {labelSelector: {matchLabels: {cloud: " + cloud + "}}}}"
	}
	grouped := func(size string, groups ...string) string {
		return "{decisionStrategy: {groupStrategy: {" + size + "decisionGroups: [" + strings.Join(groups, ", ") + "]}}}"
	}
	standing := []group{{clusters: []string{"cluster3", "cluster4"}}}
	tests := map[string]struct {
		spec, objects string
		before        []group
		keeps         bool
		want          string
	}{
		"a canary, one by one":    {grouped("clustersPerDecisionGroup: 1, ", named("canary", "Azure")), four, nil, true, "canary:cluster3 canary:cluster4 :cluster1 :cluster2"},
		"a canary, by quarters":   {grouped("clustersPerDecisionGroup: 25%, ", named("canary", "Azure")), four, nil, true, "canary:cluster3 canary:cluster4 :cluster1 :cluster2"},
		"a canary of nobody":      {grouped("", named("canary", "Azure")), clouds("Amazon", "Amazon", "Amazon"), nil, true, ":cluster1,cluster2,cluster3"},
		"two groups":              {grouped("", named("group1", "Amazon"), named("group2", "Azure")), three, nil, true, "group1:cluster1,cluster2 group2:cluster3"},
		"each in the first group": {grouped("", named("group1", "Amazon"), named("again", "Amazon")), three, nil, true, "group1:cluster1,cluster2 :cluster3"},
		"quarters, rounded up":    {grouped("clustersPerDecisionGroup: 25%, "), three, nil, true, ":cluster1 :cluster2 :cluster3"},
		"none is all":             {grouped("clustersPerDecisionGroup: 0, "), three, nil, true, ":cluster1,cluster2,cluster3"},
		"more than all is all":    {grouped("clustersPerDecisionGroup: 200%, "), three, nil, true, ":cluster1,cluster2,cluster3"},
		"some of more":            {"{numberOfClusters: 2}", four, nil, true, ":cluster1,cluster2"},
		"some, which stay":        {"{numberOfClusters: 3}", four, standing, true, ":cluster1,cluster3,cluster4"},
		"some, which need not":    {"{numberOfClusters: 2}", four, standing, false, ":cluster1,cluster2"},
		"more than there are":     {"{numberOfClusters: 9}", three, nil, true, ":cluster1,cluster2,cluster3"},
		"of none":                 {"{numberOfClusters: 0}", three, nil, true, ""},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			g := NewWithT(t)
			got, err := scheduled(t, tt.spec, tt.before, tt.keeps, tt.objects)
			g.Expect(err).NotTo(HaveOccurred())
			g.Expect(got).To(Equal(tt.want))
		})
	}
}

// A group of more than 100 clusters has several PlacementDecisions, as TestBind makes them.
func TestStanding(t *testing.T) {
	decisions := func(name, index string, clusters string) string {
		return "---\napiVersion: cluster.open-cluster-management.io/v1beta1\nkind: PlacementDecision\nmetadata: {name: " + name + ", namespace: ns1, labels: {" +
			placementLabel + ": placement1, " + groupIndexLabel + ": \"" + index + "\", " + groupNameLabel + ": \"g" + index + "\"}}\n" +
			"status: {decisions: [" + clusters + "]}\n"
	}
	g := NewWithT(t)
	objects := kindtest.Objects(t, []byte(decisions("d1", "10", "{clusterName: c}")+decisions("d2", "2", "{clusterName: b}")+
		decisions("d3", "2", "{clusterName: a}")+decisions("d4", "", "{clusterName: d}")))
	hub := NewInventory(inventory.NewStaticRegistry(inventory.Static{Objects: objects}))
	groups, found, err := hub.standing("ns1", "placement1")
	g.Expect(err).NotTo(HaveOccurred())
	g.Expect(found).To(BeTrue())
	g.Expect(groups).To(Equal([]group{
		{name: "g", index: 0, clusters: []string{"d"}}, {name: "g2", index: 2, clusters: []string{"a", "b"}}, {name: "g10", index: 10, clusters: []string{"c"}},
	}))
	_, found, err = hub.standing("ns1", "placement2")
	g.Expect(err).NotTo(HaveOccurred())
	g.Expect(found).To(BeFalse())
}
