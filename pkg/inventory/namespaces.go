package inventory

import (
	"context"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

// Namespaces are those of the cluster, their names and labels only.
type Namespaces struct {
	*Collection[struct{}]

	live client.Reader
}

// NewNamespaces returns the namespaces that the registry will read, once for all who ask for
// them. The API server is asked about those so new that they have not been read.
func NewNamespaces(registry *Registry, live client.Reader) *Namespaces {
	return &Namespaces{Register[struct{}](registry, Source{
		Versions: []string{"v1"}, Resource: "namespaces", Kind: "Namespace", MetadataOnly: true,
	}), live}
}

// Get returns the labels of a namespace, and whether it is being deleted.
func (n *Namespaces) Get(ctx context.Context, name string) (found labels.Labels, terminating bool, err error) {
	if known, err := n.Collection.Get("", name); err == nil && known != nil {
		return known.Labels, known.Deleting, nil
	}
	namespace := &metav1.PartialObjectMetadata{TypeMeta: metav1.TypeMeta{APIVersion: "v1", Kind: "Namespace"}}
	if err := n.live.Get(ctx, client.ObjectKey{Name: name}, namespace); err != nil {
		return nil, false, err
	}
	return labels.Set(namespace.Labels), namespace.DeletionTimestamp != nil, nil
}
