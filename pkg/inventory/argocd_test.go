package inventory

import (
	"fmt"
	"testing"

	. "github.com/onsi/gomega"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
)

// secret returns a cluster Secret of the namespace argocd; pairs are further labels.
func secret(name string, pairs ...string) *corev1.Secret {
	set := map[string]string{secretTypeLabel: secretTypeCluster}
	for i := 0; i < len(pairs); i += 2 {
		set[pairs[i]] = pairs[i+1]
	}
	return &corev1.Secret{
		ObjectMeta: metav1.ObjectMeta{Name: name, Namespace: "argocd", Labels: set},
		Data:       map[string][]byte{"name": []byte(name), "server": []byte("https://" + name)},
	}
}

func names(clusters []Cluster) []string {
	found := []string{}
	for _, cluster := range clusters {
		found = append(found, cluster.Secret)
	}
	return found
}

func TestArgoCDSelect(t *testing.T) {
	unlabelled := secret("unlabelled", "env", "prod")
	delete(unlabelled.Labels, secretTypeLabel)
	repository := secret("repository", "env", "prod", secretTypeLabel, "repository")
	argocd := NewStaticArgoCD(false,
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
			clusters, err := argocd.Select(selector)
			g.Expect(err).NotTo(HaveOccurred())
			g.Expect(names(clusters)).To(Equal(tt.want))
		})
	}
}

func TestArgoCDReadsSecrets(t *testing.T) {
	meta := metav1.ObjectMeta{Name: "s", Namespace: "argocd", Labels: map[string]string{secretTypeLabel: secretTypeCluster}}
	tests := map[string]struct {
		secret *corev1.Secret
		want   Cluster
	}{
		"data": {
			&corev1.Secret{ObjectMeta: meta, Data: map[string][]byte{"name": []byte("n"), "server": []byte("s/"), "project": []byte("p")}},
			Cluster{Name: "n", Server: "s/", Project: "p"},
		},
		"stringData, which wins as in the API server": {
			&corev1.Secret{ObjectMeta: meta, Data: map[string][]byte{"name": []byte("old"), "server": []byte("s")}, StringData: map[string]string{"name": "n"}},
			Cluster{Name: "n", Server: "s"},
		},
		"stringData that empties a key": {
			&corev1.Secret{ObjectMeta: meta, Data: map[string][]byte{"name": []byte("old")}, StringData: map[string]string{"name": ""}},
			Cluster{},
		},
		"no name is the empty name": {
			&corev1.Secret{ObjectMeta: meta, Data: map[string][]byte{"server": []byte("s")}},
			Cluster{Server: "s"},
		},
		"no data": {&corev1.Secret{ObjectMeta: meta}, Cluster{}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			g := NewWithT(t)
			tt.want.Secret, tt.want.Namespace, tt.want.Labels = "s", "argocd", PairsOf(meta.Labels)
			g.Expect(NewStaticArgoCD(false, tt.secret).Select(labels.Everything())).To(Equal([]Cluster{tt.want}))
		})
	}
}

func TestArgoCDHoldsNoCredentials(t *testing.T) {
	g := NewWithT(t)
	clusters, err := NewStaticArgoCD(false, credentialed()).Select(labels.Everything())
	g.Expect(err).NotTo(HaveOccurred())
	g.Expect(clusters).To(HaveLen(1))
	g.Expect(clusters[0].Annotations).To(Equal(Pairs{{"managed-by", "argocd.argoproj.io"}}))
	g.Expect(fmt.Sprintf("%+v", clusters)).NotTo(Or(ContainSubstring(token), ContainSubstring(certificate), ContainSubstring("tlsClientConfig")))
}

func TestArgoCDPut(t *testing.T) {
	elsewhere := secret("a", "env", "test")
	elsewhere.Namespace = "tenant"
	retired := secret("a", "env", "prod")
	delete(retired.Labels, secretTypeLabel)
	tests := map[string]struct {
		change func(*ArgoCD)
		want   []string
	}{
		"the same again":                              {func(a *ArgoCD) { a.Put(secret("a", "env", "prod")) }, []string{"a", "b"}},
		"a new cluster":                               {func(a *ArgoCD) { a.Put(secret("ab", "env", "prod")) }, []string{"a", "ab", "b"}},
		"a cluster with another label":                {func(a *ArgoCD) { a.Put(secret("a", "env", "test")) }, []string{"b"}},
		"a Secret that is no longer a cluster's":      {func(a *ArgoCD) { a.Put(retired) }, []string{"b"}},
		"a Secret of another namespace, by that name": {func(a *ArgoCD) { a.Put(elsewhere) }, []string{"a", "b"}},
		"a removal":                                   {func(a *ArgoCD) { a.Remove("b") }, []string{"a"}},
		"a removal of what is not there":              {func(a *ArgoCD) { a.Remove("z") }, []string{"a", "b"}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			g := NewWithT(t)
			argocd := NewArgoCD("argocd", ProgressiveSyncsDisabled)
			argocd.Put(secret("b", "env", "prod"))
			argocd.Put(secret("a", "env", "prod"))
			tt.change(argocd)
			g.Expect(names(argocd.clusters.Select(labels.SelectorFromSet(labels.Set{"env": "prod"})))).To(Equal(tt.want))
		})
	}
}

func TestArgoCDIsNotSyncedUntilItIsFed(t *testing.T) {
	g := NewWithT(t)
	argocd := NewArgoCD("argocd", ProgressiveSyncsAuto)
	argocd.Put(secret("a"))
	g.Expect(argocd.Synced()).To(BeFalse())
	g.Expect(argocd.Check(nil)).To(MatchError(ErrNotSynced))
	clusters, err := argocd.Select(labels.Everything())
	g.Expect(err).To(MatchError(ErrNotSynced))
	g.Expect(clusters).To(BeEmpty())
	_, err = argocd.ProgressiveSyncs()
	g.Expect(err).To(MatchError(ErrNotSynced))

	g.Expect(NewStaticArgoCD(false).Check(nil)).To(Succeed())
}
