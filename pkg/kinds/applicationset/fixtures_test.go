package applicationset_test

import (
	"cmp"
	"context"
	"errors"
	"os"
	"path/filepath"
	"testing"

	. "github.com/onsi/gomega"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/labels"
	"sigs.k8s.io/yaml"

	"github.com/seawall-dev/seawall/pkg/inventory"
	"github.com/seawall-dev/seawall/pkg/inventory/argocd"
	"github.com/seawall-dev/seawall/pkg/kinds/applicationset"
	"github.com/seawall-dev/seawall/pkg/kinds/kindtest"
	"github.com/seawall-dev/seawall/pkg/rollout"
)

// cluster is what a test's Secret says of a cluster.
type cluster struct {
	Secret, Namespace, Name, Server, Project string
	Labels, Annotations                      inventory.Pairs
}

// argoCD is the inventory of a test.
type argoCD struct {
	clusters    []cluster
	progressive bool
	// policy, if not empty, holds for every ApplicationSet.
	policy string
	// others are the Applications, ConfigMaps and decisions.
	others []*unstructured.Unstructured
	err    error
	asked  int
	// anyName says that names are looked at, which need not be any that the API server takes.
	anyName bool
}

func (a *argoCD) Select(selector labels.Selector) (argocd.Clusters, error) {
	a.asked++
	if a.err != nil {
		return argocd.Clusters{}, a.err
	}
	secrets := make([]*corev1.Secret, len(a.clusters))
	for i, cluster := range a.clusters {
		secrets[i] = &corev1.Secret{
			ObjectMeta: metav1.ObjectMeta{
				Namespace: cluster.Namespace, Name: cluster.Secret, Labels: cluster.Labels.Map(), Annotations: cluster.Annotations.Map(),
			},
			StringData: map[string]string{"name": cluster.Name, "server": cluster.Server, "project": cluster.Project},
		}
		secrets[i].Labels["argocd.argoproj.io/secret-type"] = "cluster"
	}
	return argocd.NewStatic(false, secrets...).Select(selector)
}

func (a *argoCD) ProgressiveSyncs() (bool, error) { return a.progressive, a.err }

func (a *argoCD) SyncPolicy(asked string) string { return cmp.Or(a.policy, asked) }

func (a *argoCD) kind() rollout.Kind {
	registry := inventory.NewStaticRegistry(inventory.Static{Objects: a.others})
	kind := applicationset.Kind(applicationset.Inventory{
		Clusters: a, Switches: a,
		Applications: argocd.NewApplications(registry), Decisions: argocd.New(registry, "argocd", argocd.ProgressiveSyncsDisabled),
	})
	if a.anyName {
		return applicationset.TakeAnyName(kind)
	}
	return kind
}

func (a *argoCD) read(write rollout.Write) (rollout.Change, error) {
	return a.kind().Reader.Read(context.Background(), write)
}

// newArgoCD returns the inventory of which YAML documents are the objects.
func newArgoCD(tb testing.TB, text []byte) *argoCD {
	tb.Helper()
	argo := &argoCD{progressive: true}
	for _, object := range kindtest.Objects(tb, text) {
		if object.GetKind() != "Secret" {
			argo.others = append(argo.others, object)
			continue
		}
		data, _, err := unstructured.NestedStringMap(object.Object, "stringData")
		if err != nil {
			tb.Fatal(err)
		}
		argo.clusters = append(argo.clusters, cluster{
			Secret: object.GetName(), Namespace: object.GetNamespace(),
			Name: data["name"], Server: data["server"], Project: data["project"],
			Labels: inventory.PairsOf(object.GetLabels()), Annotations: inventory.PairsOf(object.GetAnnotations()),
		})
	}
	return argo
}

// want is what a fixture expects.
type want struct {
	kindtest.Want

	ProgressiveSyncs bool `json:"progressiveSyncs,omitempty"`
	// SyncPolicy is what the controller holds to, whatever an ApplicationSet asks for.
	SyncPolicy string `json:"syncPolicy,omitempty"`
}

func TestFixtures(t *testing.T) {
	root := kindtest.Folder((&argoCD{}).kind())
	entries, err := os.ReadDir(root)
	if err != nil {
		t.Fatal(err)
	}
	for _, entry := range entries {
		t.Run(entry.Name(), func(t *testing.T) {
			g := NewWithT(t)
			dir := filepath.Join(root, entry.Name())
			var want want
			g.Expect(yaml.UnmarshalStrict(file(t, dir, "want.yaml"), &want)).To(Succeed(), "every fixture has a want.yaml")
			orphans(t, dir)
			argo := newArgoCD(t, file(t, dir, "inventory.yaml"))
			argo.progressive, argo.policy = want.ProgressiveSyncs, want.SyncPolicy
			write := kindtest.Write(t, want.Operation, file(t, dir, "object.yaml"), file(t, dir, "old.yaml"))
			kindtest.Recount(t, argo.kind(), write, want.Recount)
			change, err := argo.read(write)
			if want.Error != "" {
				g.Expect(err).To(MatchError(want.Error))
				if unresolved, is := errors.AsType[*rollout.UnresolvedError](err); is {
					g.Expect(unresolved.AtLeast).To(Equal(want.AtLeast))
				}
				return
			}
			g.Expect(err).NotTo(HaveOccurred())
			want.Expect(g, change)
			kindtest.Remedies(t, argo.kind(), write, change)
		})
	}
}

// orphans fails for files that the harness does not read.
func orphans(t *testing.T, dir string) {
	t.Helper()
	g := NewWithT(t)
	entries, err := os.ReadDir(dir)
	g.Expect(err).NotTo(HaveOccurred())
	for _, entry := range entries {
		g.Expect([]string{"object.yaml", "old.yaml", "inventory.yaml", "want.yaml"}).To(ContainElement(entry.Name()), dir)
	}
}

// file returns a file of a fixture, or nothing if there is none.
func file(tb testing.TB, dir, name string) []byte {
	tb.Helper()
	data, err := os.ReadFile(filepath.Join(dir, name))
	if err != nil && !os.IsNotExist(err) {
		tb.Fatal(err)
	}
	return data
}

func toJSON(tb testing.TB, text []byte) []byte {
	tb.Helper()
	data, err := yaml.YAMLToJSON(text)
	if err != nil {
		tb.Fatal(err)
	}
	return data
}
