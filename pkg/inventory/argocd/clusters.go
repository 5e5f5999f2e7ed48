package argocd

import (
	"fmt"
	"iter"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/runtime"

	"github.com/seawall-dev/seawall/pkg/inventory"
)

// clusterLabel is what Argo CD knows the Secrets of clusters by.
const clusterLabel = "argocd.argoproj.io/secret-type=cluster"

// Cluster is one cluster that is registered with Argo CD, without its credentials.
type Cluster struct {
	// Secret is the name of the Secret that registers the cluster; no two are equal.
	Secret    string
	Namespace string
	// Name, Server and Project are data.name, data.server and data.project as they stand
	// there. Any of them may be empty.
	Name, Server, Project string
	// Labels and Annotations are those of the Secret.
	Labels, Annotations inventory.Pairs
}

// registration is what is kept of the Secret of a cluster. Everything that is not named here
// is left out, so that what later versions of Argo CD add is too.
type registration struct {
	name, server, project string
	annotations           inventory.Pairs
}

func registerClusters(registry *inventory.Registry, namespace string) *inventory.Collection[registration] {
	return inventory.Register(registry, inventory.Source{
		Versions: []string{"v1"}, Resource: "secrets", Kind: "Secret", Namespace: namespace, Label: clusterLabel,
	}, inventory.ReadBy(register), inventory.KeyedBy(func(secret *inventory.Object[registration]) string { return secret.Value.name }))
}

func register(sent metav1.Object, texts *inventory.Texts) (registration, error) {
	secret, err := decode[struct {
		Data struct {
			Name    []byte `json:"name"`
			Server  []byte `json:"server"`
			Project []byte `json:"project"`
		} `json:"data"`
		// StringData wins over data. Only manifests have it.
		StringData struct {
			Name    *string `json:"name"`
			Server  *string `json:"server"`
			Project *string `json:"project"`
		} `json:"stringData"`
	}](sent)
	return registration{
		name:        datum(secret.Data.Name, secret.StringData.Name),
		server:      datum(secret.Data.Server, secret.StringData.Server),
		project:     texts.Shared(datum(secret.Data.Project, secret.StringData.Project)),
		annotations: texts.Pairs(withoutCopies(sent.GetAnnotations())),
	}, err
}

func decode[T any](sent metav1.Object) (decoded T, err error) {
	content, is := sent.(runtime.Unstructured)
	if !is {
		return decoded, fmt.Errorf("got a %T without data", sent)
	}
	return decoded, runtime.DefaultUnstructuredConverter.FromUnstructured(content.UnstructuredContent(), &decoded)
}

func datum(data []byte, stringData *string) string {
	if stringData != nil {
		return *stringData
	}
	return string(data)
}

// withoutCopies removes, from a map that is the caller's, the annotations in which tools keep
// a copy of the whole Secret, credentials included.
func withoutCopies(annotations map[string]string) map[string]string {
	for _, key := range [...]string{
		corev1.LastAppliedConfigAnnotation,
		"kapp.k14s.io/original",
		"objectset.rio.cattle.io/applied",
		"banzaicloud.com/last-applied",
	} {
		delete(annotations, key)
	}
	return annotations
}

// Clusters are those that somebody has asked for, as they were then, in ascending order of
// their Secrets' namespaces and names.
type Clusters struct {
	secrets []*inventory.Object[registration]
}

// Select returns the clusters whose Secrets' labels the selector matches. Of those with one
// name it is the last, as in Argo CD, which keys them by name. The error wraps
// inventory.ErrNotSynced. It allocates a pointer for each cluster at most.
func (a *ArgoCD) Select(selector labels.Selector) (Clusters, error) {
	secrets, err := a.clusters.ListLast(a.namespace, selector)
	return Clusters{secrets}, err
}

// Len returns how many clusters there are.
func (c Clusters) Len() int { return len(c.secrets) }

// At returns the cluster with a number from 0 to one less than Len.
func (c Clusters) At(number int) Cluster {
	secret := c.secrets[number]
	return Cluster{
		Secret:      secret.Name,
		Namespace:   secret.Namespace,
		Name:        secret.Value.name,
		Server:      secret.Value.server,
		Project:     secret.Value.project,
		Labels:      secret.Labels,
		Annotations: secret.Value.annotations,
	}
}

// All yields the clusters in order.
func (c Clusters) All() iter.Seq[Cluster] {
	return func(yield func(Cluster) bool) {
		for number := range c.secrets {
			if !yield(c.At(number)) {
				return
			}
		}
	}
}
