package fleet_test

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

// clusters are so many registered clusters with one label.
func clusters(namespace, name, label, value string, count int) string {
	return fmt.Sprintf("---\napiVersion: fleet.cattle.io/v1alpha1\nkind: Cluster\nmetadata:\n  name: %s\n  namespace: %s\n"+
		"  labels: {%s: %q}\n  annotations: {%s: %q}\n", name, namespace, label, value, kindtest.CopiesAnnotation, fmt.Sprint(count))
}

func one(namespace, name, env string) string {
	return fmt.Sprintf("---\napiVersion: fleet.cattle.io/v1alpha1\nkind: Cluster\nmetadata: {name: %s, namespace: %s, labels: {env: %s}}\n",
		name, namespace, env)
}

func clusterGroup(namespace, name, label, value, selected string) string {
	return fmt.Sprintf("---\napiVersion: fleet.cattle.io/v1alpha1\nkind: ClusterGroup\nmetadata: {name: %s, namespace: %s, labels: {%s: %q}}\n"+
		"spec: {selector: {matchLabels: {env: %s}}}\n", name, namespace, label, value, selected)
}

func static(tb testing.TB, documents ...string) inventory.Static {
	tb.Helper()
	return inventory.Static{Objects: kindtest.Objects(tb, []byte(strings.Join(documents, "")))}
}

// withStrategy is a Bundle for all clusters with a strategy from a fleet.yaml.
func withStrategy(tb testing.TB, fleetYAML []byte, content string) []byte {
	tb.Helper()
	g := NewWithT(tb)
	var fragment map[string]any
	g.Expect(yaml.Unmarshal(fleetYAML, &fragment)).To(Succeed())
	text, err := yaml.Marshal(map[string]any{
		"apiVersion": "fleet.cattle.io/v1alpha1", "kind": "Bundle",
		"metadata": map[string]any{"name": "app", "namespace": "fleet-default"},
		"spec": map[string]any{
			"rolloutStrategy": fragment["rolloutStrategy"],
			"resources":       []any{map[string]any{"name": "a", "content": content}},
			"targets":         []any{map[string]any{"clusterSelector": map[string]any{}}},
		},
	})
	g.Expect(err).NotTo(HaveOccurred())
	return text
}

func TestCorpusSelection(t *testing.T) {
	three := one("clusters", "cluster1", "prod") + one("clusters", "cluster2", "prod") + one("clusters", "cluster3", "dev")
	local := one("fleet-local", "local", "prod")
	tests := map[string]struct {
		file   string
		kind   kindtest.NewKind
		static inventory.Static
		want   int
	}{
		"criteria are ANDed": {
			"gitrepo-all-criteria-anded", gitRepo, static(t, three, clusterGroup("clusters", "group1", "region", "us-east", "prod")), 1,
		},
		"the group is without its label": {
			"gitrepo-all-criteria-anded", gitRepo, static(t, three, clusterGroup("clusters", "group1", "region", "us-west", "prod")), 0,
		},
		"no targets are the group default": {
			"gitrepo-no-targets", gitRepo, static(t, local, clusterGroup("fleet-local", "default", "a", "b", "prod")), 1,
		},
		"no targets and no group":  {"gitrepo-no-targets", gitRepo, static(t, local), 0},
		"an empty selector is all": {"bundle-match-all-clusters", bundle, static(t, clusters("fleet-local", "c", "a", "b", 22)), 22},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			g := NewWithT(t)
			write := kindtest.Write(t, rollout.Create, kindtest.Corpus(t, "fleet/"+tt.file+".yaml"), nil)
			change, err := kindtest.Fixture{Write: write, Static: tt.static}.Read(tt.kind)
			g.Expect(err).NotTo(HaveOccurred())
			g.Expect(change.Affected()).To(Equal(tt.want))
			g.Expect(change.Environments).To(Equal(tt.want))
		})
	}
}

func TestCorpusStrategies(t *testing.T) {
	hundred := clusters("fleet-default", "c", "a", "b", 100)
	partitioned := clusters("fleet-default", "s", "env", "staging", 20) + clusters("fleet-default", "p", "env", "prod", 180)
	stages := clusters("fleet-default", "d", "stage", "demoRollout", 10) + clusters("fleet-default", "s", "stage", "stable", 190)
	others := clusters("fleet-default", "x", "a", "b", 40)
	fourHundred := clusters("fleet-default", "c", "a", "b", 400)
	tests := map[string]struct {
		file           string // or the strategy itself
		clusters       string
		fresh          bool
		n, inFlight    int
		held, warnings int
	}{
		"a tenth, updated":           {"fleetyaml-mu10-100clusters", hundred, false, 100, 10, 0, 0},
		"a tenth, first deployed":    {"fleetyaml-mu10-100clusters", hundred, true, 100, 100, 0, 0},
		"two partitions":             {"fleetyaml-partitions-staging-prod", partitioned, false, 200, 11, 0, 0},
		"clusters in no partition":   {"fleetyaml-partitions-staging-prod", partitioned + others, false, 200, 11, 40, 1},
		"strict readiness":           {"fleetyaml-strict-mu0", stages, false, 0, 0, 200, 1},
		"no strategy":                {"rolloutStrategy: {}", fourHundred, false, 400, 400, 0, 0},
		"a tenth of four partitions": {"rolloutStrategy: {maxUnavailable: 10%}", fourHundred, false, 400, 20, 0, 0},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			g := NewWithT(t)
			fragment := []byte(tt.file)
			if !strings.Contains(tt.file, ":") {
				fragment = kindtest.Corpus(t, "fleet/"+tt.file+".yaml")
			}
			write := kindtest.Write(t, rollout.Create, withStrategy(t, fragment, "v2"), nil)
			if !tt.fresh {
				write = kindtest.Write(t, rollout.Update, withStrategy(t, fragment, "v2"), withStrategy(t, fragment, "v1"))
			}
			change, err := kindtest.Fixture{Write: write, Static: static(t, tt.clusters)}.Read(bundle)
			g.Expect(err).NotTo(HaveOccurred())
			g.Expect(change.Affected()).To(Equal(tt.n))
			if tt.n > 0 {
				g.Expect(change.Steps).To(HaveLen(1))
				g.Expect(change.Steps[0].InFlight).To(Equal(tt.inFlight))
			}
			g.Expect(change.Held).To(Equal(tt.held))
			g.Expect(change.Warnings).To(HaveLen(tt.warnings))
		})
	}
}
