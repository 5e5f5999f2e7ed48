package ocm_test

import (
	"fmt"
	"strings"
	"testing"

	. "github.com/onsi/gomega"
	"sigs.k8s.io/yaml"

	"github.com/seawall-dev/seawall/pkg/inventory"
	"github.com/seawall-dev/seawall/pkg/kinds/kindtest"
	"github.com/seawall-dev/seawall/pkg/rollout"
)

// managed are so many ManagedClusters with labels.
func managed(name, labels string, count int) string {
	return fmt.Sprintf("---\napiVersion: cluster.open-cluster-management.io/v1\nkind: ManagedCluster\nmetadata: {name: %s, labels: {%s}, "+
		"annotations: {%s: %q}}\n", name, labels, kindtest.CopiesAnnotation, fmt.Sprint(count))
}

// bind is a set of all clusters with a label, or of all, and its binding to a namespace.
func bind(set, namespace string) string {
	return fmt.Sprintf("---\napiVersion: cluster.open-cluster-management.io/v1beta2\nkind: ManagedClusterSet\nmetadata: {name: %[1]s}\n"+
		"spec: {clusterSelector: {selectorType: LabelSelector, labelSelector: {}}}\n---\n"+
		"apiVersion: cluster.open-cluster-management.io/v1beta2\nkind: ManagedClusterSetBinding\nmetadata: {name: %[1]s, namespace: %[2]s}\n"+
		"spec: {clusterSet: %[1]s}\n", set, namespace)
}

// follow is a ManifestWorkReplicaSet that follows a placement with a strategy.
func follow(placement, strategy, content string) string {
	return fmt.Sprintf("---\napiVersion: work.open-cluster-management.io/v1alpha1\nkind: ManifestWorkReplicaSet\n"+
		"metadata: {name: app, namespace: default}\nspec:\n  placementRefs: [{name: %s, rolloutStrategy: %s}]\n"+
		"  manifestWorkTemplate: {workload: {manifests: [{data: %s}]}}\n", placement, strategy, content)
}

func placementNamed(name, namespace, spec string) string {
	return fmt.Sprintf("---\napiVersion: cluster.open-cluster-management.io/v1beta1\nkind: Placement\nmetadata: {name: %s, namespace: %s}\nspec: %s\n",
		name, namespace, spec)
}

func static(tb testing.TB, documents ...string) inventory.Static {
	tb.Helper()
	return inventory.Static{Objects: kindtest.Objects(tb, []byte(strings.Join(documents, "")))}
}

func fleet310() string {
	return bind("global", "default") + managed("west", `prod-canary-west: ""`, 10) + managed("east", `prod-canary-east: ""`, 10) +
		managed("other", "", 290)
}

// sizes are those of the steps, as size or window of size.
func sizes(change rollout.Change) []string {
	var all []string
	for _, step := range change.Steps {
		text := fmt.Sprint(step.Size())
		if step.InFlight < step.Size() {
			text = fmt.Sprintf("%d of %d", step.InFlight, step.Size())
		}
		all = append(all, text)
	}
	return all
}

func TestCorpusPlacements(t *testing.T) {
	groups, empty := kindtest.Corpus(t, "ocm/placement-decision-groups-310.yaml"), kindtest.Corpus(t, "ocm/placement-guestbook-empty-spec.yaml")
	perGroup := follow("placement1", "{type: ProgressivePerGroup}", "v1")
	guestbook := strings.ReplaceAll(follow("guestbook-app-placement", "{type: All}", "v1"), "namespace: default", "namespace: argocd")
	tests := map[string]struct {
		placement []byte
		inventory string
		want      []string
	}{
		"decision groups":        {groups, fleet310() + perGroup, []string{"10", "10", "150", "140"}},
		"an empty spec":          {empty, bind("global", "argocd") + managed("c", "", 7) + guestbook, []string{"7"}},
		"nothing is bound to it": {empty, bind("global", "default") + managed("c", "", 7) + guestbook, nil},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			g := NewWithT(t)
			write := kindtest.Write(t, rollout.Create, tt.placement, nil)
			change, err := kindtest.Fixture{Write: write, Static: static(t, tt.inventory)}.Read(placement)
			g.Expect(err).NotTo(HaveOccurred())
			g.Expect(sizes(change)).To(Equal(tt.want))
		})
	}
}

func TestCorpusReplicaSets(t *testing.T) {
	var fragment struct {
		PlacementRefs []struct {
			RolloutStrategy map[string]any `json:"rolloutStrategy"`
		} `json:"placementRefs"`
	}
	g := NewWithT(t)
	g.Expect(yaml.Unmarshal(kindtest.Corpus(t, "ocm/mwrs-fragment-progressive-mandatory.yaml"), &fragment)).To(Succeed())
	strategy, err := yaml.Marshal(fragment.PlacementRefs[0].RolloutStrategy)
	g.Expect(err).NotTo(HaveOccurred())
	flow, err := yaml.YAMLToJSON(strategy)
	g.Expect(err).NotTo(HaveOccurred())
	groups := fleet310() + "---\n" + string(kindtest.Corpus(t, "ocm/placement-decision-groups-310.yaml"))
	hundred := bind("all", "default") + managed("a", `canary: ""`, 5) + managed("b", "", 95)
	plain := hundred + placementNamed("placement1", "default", "{}")
	canary := hundred + placementNamed("placement1", "default", "{decisionStrategy: {groupStrategy: {decisionGroups: [{groupName: canary, "+
		"groupClusterSelector: {labelSelector: {matchExpressions: [{key: canary, operator: Exists}]}}}]}}}")
	window := func(size string) string { return "{type: Progressive, progressive: {maxConcurrency: " + size + "}}" }
	tests := map[string]struct {
		strategy, inventory string
		want                []string
	}{
		"no maxConcurrency is all the rest": {string(flow), groups, []string{"10", "10", "290"}},
		"30%":                               {window("30%"), plain, []string{"30 of 100"}},
		"0":                                 {window("0"), plain, []string{"100"}},
		"0%":                                {window("0%"), plain, []string{"100"}},
		"101":                               {window("101"), plain, []string{"100"}},
		"30% after a mandatory group": {
			"{type: Progressive, progressive: {maxConcurrency: 30%, mandatoryDecisionGroups: [{groupName: canary}]}}", canary,
			[]string{"5", "29 of 95"},
		},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			g := NewWithT(t)
			old, object := follow("placement1", tt.strategy, "v1"), follow("placement1", tt.strategy, "v2")
			write := kindtest.Write(t, rollout.Update, []byte(object), []byte(old))
			change, err := kindtest.Fixture{Write: write, Static: static(t, tt.inventory)}.Read(replicaSet)
			g.Expect(err).NotTo(HaveOccurred())
			g.Expect(sizes(change)).To(Equal(tt.want))
		})
	}
	t.Run("everything at once", func(t *testing.T) {
		g := NewWithT(t)
		write := kindtest.Write(t, rollout.Create, kindtest.Corpus(t, "ocm/mwrs-cronjob-all.yaml"), nil)
		change, err := kindtest.Fixture{Write: write, Static: static(t, bind("all", "ocm-ns"), managed("c", "", 12),
			placementNamed("placement-rollout-all", "ocm-ns", "{}"))}.Read(replicaSet)
		g.Expect(err).NotTo(HaveOccurred())
		g.Expect(sizes(change)).To(Equal([]string{"12"}))
	})
}

func TestCorpusAddOns(t *testing.T) {
	canary := kindtest.Corpus(t, "ocm/cma-progressive-canary-mc1.yaml")
	reconfigured := []byte(strings.Replace(string(canary), "managed-serviceaccount-0.4.0", "managed-serviceaccount-0.5.0", 1))
	of300 := bind("all", "default") + managed("a", `canary: ""`, 10) + managed("b", "", 290) +
		placementNamed("aws-placement", "default", "{decisionStrategy: {groupStrategy: {decisionGroups: [{groupName: canary, "+
			"groupClusterSelector: {labelSelector: {matchExpressions: [{key: canary, operator: Exists}]}}}]}}}")
	mandatory := "{type: Progressive, progressive: {mandatoryDecisionGroups: [{groupName: prod-canary-west}, {groupName: prod-canary-east}]}}"
	addOnOf310 := func(version string) []byte {
		return fmt.Appendf(nil, "apiVersion: addon.open-cluster-management.io/v1alpha1\nkind: ClusterManagementAddOn\nmetadata: {name: app}\n"+
			"spec: {supportedConfigs: [{defaultConfig: {name: %s}}], installStrategy: {type: Placements, placements: [{namespace: default, "+
			"name: placement1, rolloutStrategy: %s}]}}\n", version, mandatory)
	}
	groups := fleet310() + "---\n" + string(kindtest.Corpus(t, "ocm/placement-decision-groups-310.yaml"))
	tests := map[string]struct {
		object, old []byte
		inventory   string
		want        []string
	}{
		"a first install":                            {canary, nil, of300, []string{"300"}},
		"another configuration":                      {reconfigured, canary, of300, []string{"10", "1 of 290"}},
		"no maxConcurrency is a decision group long": {addOnOf310("v2"), addOnOf310("v1"), groups, []string{"10", "10", "150 of 290"}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			g := NewWithT(t)
			operation := rollout.Create
			if tt.old != nil {
				operation = rollout.Update
			}
			change, err := kindtest.Fixture{Write: kindtest.Write(t, operation, tt.object, tt.old), Static: static(t, tt.inventory)}.Read(addOn)
			g.Expect(err).NotTo(HaveOccurred())
			g.Expect(sizes(change)).To(Equal(tt.want))
		})
	}
}
