package argocd

import (
	"fmt"
	"slices"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/runtime"

	"github.com/seawall-dev/seawall/pkg/inventory"
)

// clusterLabel is what Argo CD knows the Secrets of clusters by.
const clusterLabel = "argocd.argoproj.io/secret-type=cluster"

const (
	inClusterName   = "in-cluster"
	inClusterServer = "https://kubernetes.default.svc"
)

// Cluster is one cluster that is registered with Argo CD, without its credentials. It is no
// larger than a pointer.
type Cluster struct {
	secret *inventory.Object[registration]
}

// InCluster returns the cluster that Argo CD runs in, which needs no Secret.
func InCluster() Cluster {
	return Cluster{&inventory.Object[registration]{Value: registration{name: inClusterName, server: inClusterServer}}}
}

// Secret returns the name of the Secret that registers the cluster: no two are equal, and only
// that of InCluster is empty.
func (c Cluster) Secret() string { return c.secret.Name }

// Namespace returns that of the Secret.
func (c Cluster) Namespace() string { return c.secret.Namespace }

// Name returns data.name as it stands there; it may be empty.
func (c Cluster) Name() string { return c.secret.Value.name }

// Server returns data.server as it stands there; it may be empty.
func (c Cluster) Server() string { return c.secret.Value.server }

// Project returns data.project as it stands there; it may be empty.
func (c Cluster) Project() string { return c.secret.Value.project }

// Labels returns those of the Secret.
func (c Cluster) Labels() inventory.Pairs { return c.secret.Labels }

// Annotations returns those of the Secret.
func (c Cluster) Annotations() inventory.Pairs { return c.secret.Value.annotations }

// SuccessRate returns the annotation seawall.dev/sync-success-rate of the Secret as it stands
// there; empty when there is none.
func (c Cluster) SuccessRate() string { return c.secret.SuccessRate }

// The keys of a cluster's Secret that are read.
const nameKey, serverKey, projectKey = "name", "server", "project"

// registration is what is kept of the Secret of a cluster. Everything that is not named here
// is left out, so that what later versions of Argo CD add is too.
type registration struct {
	name, server, project string
	annotations           inventory.Pairs
}

func registerClusters(registry *inventory.Registry, namespace string) *inventory.Collection[registration] {
	return inventory.Register(registry, inventory.Source{
		Versions: []string{"v1"}, Resource: clusterSecrets, Kind: "Secret", Namespace: namespace, Label: clusterLabel,
		Data: []string{nameKey, serverKey, projectKey},
	}, inventory.ReadBy(register), inventory.ShownBy[registration](shownCluster),
		inventory.KeyedBy(func(secret *inventory.Object[registration]) string { return secret.Value.name }))
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
		name:        texts.Shared(datum(secret.Data.Name, secret.StringData.Name)),
		server:      datum(secret.Data.Server, secret.StringData.Server),
		project:     texts.Shared(datum(secret.Data.Project, secret.StringData.Project)),
		annotations: texts.Pairs(withoutCopies(sent.GetAnnotations())),
	}, err
}

// shownCluster leaves out all of a Secret but what is read: no credential is in it.
func shownCluster(secret *unstructured.Unstructured) map[string]any {
	shown := map[string]any{}
	for _, field := range []string{"data", "stringData"} { // only manifests have the latter
		kept := map[string]any{}
		data, _ := secret.Object[field].(map[string]any)
		for _, key := range []string{nameKey, serverKey, projectKey} {
			if value, found := data[key]; found {
				kept[key] = value
			}
		}
		if len(kept) > 0 {
			shown[field] = kept
		}
	}
	annotations := map[string]any{}
	for key, value := range withoutCopies(secret.GetAnnotations()) {
		annotations[key] = value
	}
	if len(annotations) > 0 {
		shown["metadata"] = map[string]any{"annotations": annotations}
	}
	return shown
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
// a copy of the whole Secret.
func withoutCopies(annotations map[string]string) map[string]string {
	for _, key := range inventory.CopyAnnotations() {
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
func (c Clusters) At(number int) Cluster { return Cluster{c.secrets[number]} }

// HasLocal tells whether the cluster that Argo CD runs in is among them.
func (c Clusters) HasLocal() bool {
	return slices.ContainsFunc(c.secrets, func(secret *inventory.Object[registration]) bool {
		return secret.Value.server == inClusterServer
	})
}
