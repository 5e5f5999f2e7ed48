package argocd

import (
	"testing"

	. "github.com/onsi/gomega"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/labels"

	"github.com/seawall-dev/seawall/pkg/inventory"
)

const secretTypeLabel = "argocd.argoproj.io/secret-type"

// secret returns a cluster Secret of the namespace argocd; pairs are further labels.
func secret(name string, pairs ...string) *corev1.Secret {
	set := map[string]string{secretTypeLabel: "cluster"}
	for i := 0; i < len(pairs); i += 2 {
		set[pairs[i]] = pairs[i+1]
	}
	return &corev1.Secret{
		ObjectMeta: metav1.ObjectMeta{Name: name, Namespace: "argocd", Labels: set},
		Data:       map[string][]byte{"name": []byte(name), "server": []byte("https://" + name)},
	}
}

func names(clusters Clusters) []string {
	found := []string{}
	for i := range clusters.Len() {
		found = append(found, clusters.At(i).Secret())
	}
	return found
}

func TestSelect(t *testing.T) {
	unlabelled := secret("unlabelled", "env", "prod")
	delete(unlabelled.Labels, secretTypeLabel)
	repository := secret("repository", "env", "prod", secretTypeLabel, "repository")
	argo := NewStatic(false,
		secret("c", "env", "prod"), secret("a", "env", "prod"), secret("b", "env", "test"),
		secret("no-labels"), unlabelled, repository)
	tests := map[string]struct {
		selector string
		want     []string
	}{
		"no selector is every cluster, and no other Secret": {"", []string{"a", "b", "c", "no-labels"}},
		"a label":                                    {"env=prod", []string{"a", "c"}},
		"a label that is missing":                    {"!env", []string{"no-labels"}},
		"the label that is implied":                  {secretTypeLabel + "=cluster,env=test", []string{"b"}},
		"another value of the label that is implied": {secretTypeLabel + "=repository", []string{}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			g := NewWithT(t)
			selector, err := labels.Parse(tt.selector)
			g.Expect(err).NotTo(HaveOccurred())
			clusters, err := argo.Select(selector)
			g.Expect(err).NotTo(HaveOccurred())
			g.Expect(names(clusters)).To(Equal(tt.want))
			g.Expect(clusters.Len()).To(Equal(len(tt.want)))
		})
	}
}

func TestOfClustersWithOneNameTheLastIsSelected(t *testing.T) {
	g := NewWithT(t)
	named := func(secret *corev1.Secret, name string) *corev1.Secret {
		secret.Data["name"] = []byte(name)
		return secret
	}
	elsewhere := named(secret("a", "env", "test"), "one")
	elsewhere.Namespace = "tenant"
	argo := NewStatic(false,
		named(secret("a", "env", "prod"), "one"), named(secret("b", "env", "prod"), "one"), elsewhere,
		named(secret("c", "env", "test"), ""), named(secret("d", "env", "test"), ""), secret("e", "env", "test"))
	all, err := argo.Select(labels.Everything())
	g.Expect(err).NotTo(HaveOccurred())
	g.Expect(names(all)).To(Equal([]string{"d", "e", "a"}), "by namespace and Secret")
	g.Expect(all.At(2).Namespace()).To(Equal("tenant"))
	prod, err := argo.Select(labels.SelectorFromSet(labels.Set{"env": "prod"}))
	g.Expect(err).NotTo(HaveOccurred())
	g.Expect(names(prod)).To(Equal([]string{"b"}), "of those that are selected")
}

func TestReadingSecrets(t *testing.T) {
	meta := metav1.ObjectMeta{Name: "s", Namespace: "argocd", Labels: map[string]string{secretTypeLabel: "cluster"}}
	tests := map[string]struct {
		secret *corev1.Secret
		want   registration
	}{
		"data": {
			&corev1.Secret{ObjectMeta: meta, Data: map[string][]byte{"name": []byte("n"), "server": []byte("s/"), "project": []byte("p")}},
			registration{name: "n", server: "s/", project: "p"},
		},
		"stringData, which wins as in the API server": {
			&corev1.Secret{ObjectMeta: meta, Data: map[string][]byte{"name": []byte("old"), "server": []byte("s")}, StringData: map[string]string{"name": "n"}},
			registration{name: "n", server: "s"},
		},
		"stringData that empties a key": {
			&corev1.Secret{ObjectMeta: meta, Data: map[string][]byte{"name": []byte("old")}, StringData: map[string]string{"name": ""}},
			registration{},
		},
		"no name is the empty name": {
			&corev1.Secret{ObjectMeta: meta, Data: map[string][]byte{"server": []byte("s")}},
			registration{server: "s"},
		},
		"no data": {&corev1.Secret{ObjectMeta: meta}, registration{}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			g := NewWithT(t)
			clusters, err := NewStatic(false, tt.secret).Select(labels.Everything())
			g.Expect(err).NotTo(HaveOccurred())
			g.Expect(clusters.Len()).To(Equal(1))
			cluster := clusters.At(0)
			g.Expect(registration{cluster.Name(), cluster.Server(), cluster.Project(), cluster.Annotations()}).To(Equal(tt.want))
			g.Expect(cluster.Namespace() + "/" + cluster.Secret()).To(Equal("argocd/s"))
			g.Expect(cluster.Labels()).To(Equal(inventory.PairsOf(meta.Labels)))
		})
	}
}

// What is not asked of the API server is in no memory: Secrets of other types, and of other
// namespaces.
func TestSourcesAreNarrow(t *testing.T) {
	g := NewWithT(t)
	registry := inventory.NewRegistry()
	New(registry, "argocd", ProgressiveSyncsAuto)
	g.Expect(registry.Sources()).To(Equal([]inventory.Source{
		{Versions: []string{"v1"}, Resource: "configmaps", Kind: "ConfigMap", Namespace: "argocd"},
		{Versions: []string{"v1"}, Resource: "secrets", Kind: "Secret", Namespace: "argocd", Label: "argocd.argoproj.io/secret-type=cluster", Data: []string{"name", "server", "project"}},
	}))
}

func TestNothingIsKnownBeforeItIsRead(t *testing.T) {
	g := NewWithT(t)
	argo := New(inventory.NewRegistry(), "argocd", ProgressiveSyncsAuto)
	g.Expect(argo.Check(nil)).To(MatchError(inventory.ErrNotSynced))
	clusters, err := argo.Select(labels.Everything())
	g.Expect(err).To(MatchError(inventory.ErrNotSynced))
	g.Expect(clusters.Len()).To(BeZero())
	_, err = argo.ProgressiveSyncs()
	g.Expect(err).To(MatchError(inventory.ErrNotSynced))
	g.Expect(argo.SyncPolicy("create-only")).To(BeEmpty(), "nobody knows yet whether what is asked for holds")

	g.Expect(NewStatic(false).Check(nil)).To(Succeed())
}

// configured returns an inventory with a ConfigMap.
func configured(mode ProgressiveSyncs, namespace, name string, data map[string]string) *ArgoCD {
	configMap := &unstructured.Unstructured{}
	configMap.SetAPIVersion("v1")
	configMap.SetKind("ConfigMap")
	configMap.SetNamespace(namespace)
	configMap.SetName(name)
	_ = unstructured.SetNestedStringMap(configMap.Object, data, "data")
	return New(inventory.NewStaticRegistry(inventory.Static{Objects: []*unstructured.Unstructured{configMap}}), "argocd", mode)
}
