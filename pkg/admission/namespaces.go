package admission

import (
	"context"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/seawall-dev/seawall/pkg/evaluate"
)

// NamespaceReader answers from the metadata of namespaces.
type NamespaceReader struct {
	// Cached is asked first.
	Cached client.Reader
	// Live is asked about a namespace so new that the cache does not have it.
	Live client.Reader
}

var _ evaluate.Namespaces = NamespaceReader{}

// NamespaceMetadata returns the object by which a client reads a namespace's metadata.
func NamespaceMetadata() *metav1.PartialObjectMetadata {
	return &metav1.PartialObjectMetadata{TypeMeta: metav1.TypeMeta{APIVersion: "v1", Kind: "Namespace"}}
}

// Get implements evaluate.Namespaces.
func (r NamespaceReader) Get(ctx context.Context, name string) (labels.Labels, bool, error) {
	namespace := NamespaceMetadata()
	err := r.Cached.Get(ctx, client.ObjectKey{Name: name}, namespace)
	if apierrors.IsNotFound(err) {
		err = r.Live.Get(ctx, client.ObjectKey{Name: name}, namespace)
	}
	if err != nil {
		return nil, false, err
	}
	return labels.Set(namespace.Labels), namespace.DeletionTimestamp != nil, nil
}
