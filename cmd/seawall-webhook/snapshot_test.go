package main_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/yaml"

	"github.com/seawall-dev/seawall/hack/cluster"
	"github.com/seawall-dev/seawall/pkg/apis/v1alpha1"
)

// snapshotCanary is what no snapshot may hold, wherever it stands.
const snapshotCanary = "canary-of-the-snapshot"

// rail is a system of trains, which call at stations: the definition of one of its resources.
const rail = `
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: %[1]ss.rail.example.com}
spec:
  group: rail.example.com
  scope: Cluster
  names: {plural: %[1]ss, singular: %[1]s, kind: %[2]s}
  versions:
    - name: v1
      served: true
      storage: true
      schema: {openAPIV3Schema: {type: object, x-kubernetes-preserve-unknown-fields: true}}
`

const trains = `
apiVersion: seawall.dev/v1alpha1
kind: RolloutKind
metadata: {name: trains.rail.example.com}
spec:
  group: rail.example.com
  versions: [v1]
  resource: trains
  kind: Train
  scope: Cluster
  inventory: {group: rail.example.com, versions: [v1], resource: stations, kind: Station, fields: [spec.line]}
  environments: targets.filter(s, s.spec.line == object.spec.line).map(s, s.metadata.name)
`

const train = `
apiVersion: rail.example.com/v1
kind: Train
metadata: {name: express}
spec: {line: coast}
`

// layRails installs the system with so many stations, each of which holds the canary.
func layRails(ctx context.Context, stations int) {
	GinkgoHelper()
	var definitions strings.Builder
	for _, kind := range [][2]string{{"train", "Train"}, {"station", "Station"}} {
		definitions.WriteString(fmt.Sprintf(rail, kind[0], kind[1]) + "---\n")
	}
	parsed, err := cluster.ParseManifests([]byte(definitions.String()))
	Expect(err).NotTo(HaveOccurred())
	Expect(plane.Apply(ctx, parsed...)).To(Succeed())
	DeferCleanup(func(ctx context.Context) {
		for i := range parsed {
			Expect(client.IgnoreNotFound(api.Delete(ctx, &parsed[i]))).To(Succeed())
		}
		for i := range parsed { // the next to lay rails would apply to what still goes
			Eventually(func() error { return api.Get(ctx, client.ObjectKeyFromObject(&parsed[i]), &parsed[i]) }).
				Should(MatchError(apierrors.IsNotFound, "gone"))
		}
	})
	for i := range stations {
		station := &unstructured.Unstructured{Object: map[string]any{
			"apiVersion": "rail.example.com/v1", "kind": "Station",
			"metadata": map[string]any{
				"name": fmt.Sprintf("stop-%02d", i), "annotations": map[string]any{"note": snapshotCanary},
			},
			"spec": map[string]any{"line": "coast", "safe": snapshotCanary},
		}}
		Eventually(func() error { return api.Create(ctx, station.DeepCopy()) }).Should(Succeed())
	}
	var kind v1alpha1.RolloutKind
	Expect(yaml.Unmarshal([]byte(trains), &kind)).To(Succeed())
	kind.Annotations = map[string]string{"note": snapshotCanary}
	provide(ctx, &kind)
}

// saved writes an object to a file.
func saved(dir, name string, object any) string {
	GinkgoHelper()
	text, err := yaml.Marshal(object)
	Expect(err).NotTo(HaveOccurred())
	path := filepath.Join(dir, name)
	Expect(os.WriteFile(path, text, 0o600)).To(Succeed())
	return path
}

// everyCluster is an ApplicationSet of all clusters that a Secret registers.
func everyCluster(name string) *unstructured.Unstructured {
	return applicationSet(name, map[string]any{
		"generators": []any{map[string]any{"clusters": map[string]any{"selector": map[string]any{
			"matchExpressions": []any{map[string]any{"key": "kept", "operator": "Exists"}},
		}}}},
		"template": template("{{.metadata.labels.kept}}", "v1"),
	})
}

// wordsOf returns what the webhook says of a write that is denied.
func wordsOf(err error) string {
	GinkgoHelper()
	Expect(err).To(denied(""))
	_, text, found := strings.Cut(err.Error(), "denied the request: ")
	Expect(found).To(BeTrue())
	return text
}

var _ = Describe("a snapshot of the inventory", func() {
	It("holds no credential, and a check by it alone says what the webhook says", func(ctx SpecContext) {
		layRails(ctx, 25)
		for i := range 24 {
			registerCluster(ctx, fmt.Sprintf("snapshot-%02d", i), snapshotCanary)
		}
		dir := GinkgoT().TempDir()
		snapshot := filepath.Join(dir, "fleet.yaml")
		set := everyCluster("by-snapshot")
		var webhookSaid string
		Eventually(func(g Gomega) { // the webhook has seen all clusters
			err := api.Create(ctx, set.DeepCopy(), client.DryRunAll)
			g.Expect(err).To(denied("wave 1 syncs 2"))
			webhookSaid = wordsOf(err)
		}).WithTimeout(20 * second).Should(Succeed())
		taken := seawall(ctx, "", "inventory", "--file", snapshot)
		Expect(taken.Code).To(BeZero(), taken.Stderr)
		text, err := os.ReadFile(snapshot)
		Expect(err).NotTo(HaveOccurred())
		Expect(string(text)).To(And(
			HavePrefix("apiVersion: cli.seawall.dev/v1alpha1\nkind: InventorySnapshot\n"), MatchRegexp(`(?m)^taken: "\d{4}-`),
			ContainSubstring("snapshot-00"), ContainSubstring("kind: WavePolicy"), ContainSubstring("name: trains.rail.example.com"),
			ContainSubstring("kind: Station"), ContainSubstring("line: coast"), Not(ContainSubstring(snapshotCanary)),
		))
		Expect(string(text)).NotTo(MatchRegexp(`(?m)^ +config:`), "the key of a Secret that holds credentials")
		again := seawall(ctx, "", "inventory")
		Expect(without(again.Stdout, "taken: ")).To(Equal(without(string(text), "taken: ")), "nothing differs but the time")

		checked := seawall(ctx, "", "check", saved(dir, "set.yaml", set.Object), "--inventory", snapshot, "--denial-help", "", "--kubeconfig=/nowhere", "--live=false")
		Expect(checked.Code).To(Equal(1), checked.Stdout+checked.Stderr)
		Expect(webhookSaid).To(HavePrefix("ApplicationSet argocd/by-snapshot: wave 1 syncs 2"))
		Expect(checked.Stdout).To(ContainSubstring(withoutHelp(webhookSaid)))
		var object map[string]any
		Expect(yaml.Unmarshal([]byte(train), &object)).To(Succeed())
		judged := seawall(ctx, "", "check", saved(dir, "train.yaml", object), "--inventory", snapshot, "--live=false")
		Expect(judged.Code).To(Equal(1), judged.Stdout+judged.Stderr)
		Expect(judged.Stdout).To(ContainSubstring("Train express: wave 1 syncs 25 environments at 0.99 each"))

		policy := saved(dir, "policy.yaml", map[string]any{
			"apiVersion": "seawall.dev/v1alpha1", "kind": "WavePolicy", "metadata": map[string]any{"name": "mine"},
			"spec": map[string]any{"maxWaveFailureProbability": "0.9", "successRate": map[string]any{"default": "0.99"}},
		})
		won := seawall(ctx, "", "check", filepath.Join(dir, "train.yaml"), "--inventory", snapshot, "--policies", policy, "--live=false")
		Expect(won.Code).To(BeZero(), won.Stdout+won.Stderr)
	})
})

// without leaves out the lines that begin so.
func without(text, prefix string) string {
	var kept strings.Builder
	for line := range strings.Lines(text) {
		if !strings.HasPrefix(line, prefix) {
			kept.WriteString(line)
		}
	}
	return kept.String()
}

// withoutHelp leaves out where a denial says where there is more.
func withoutHelp(denial string) string {
	text, _, _ := strings.Cut(denial, " More, and how to ask for an override: ")
	return text
}
