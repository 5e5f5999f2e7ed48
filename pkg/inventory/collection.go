package inventory

import (
	"maps"
	"slices"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/runtime"
	toolscache "k8s.io/client-go/tools/cache"

	"github.com/seawall-dev/seawall/pkg/apis/v1alpha1"
)

// Object is what Seawall keeps of one object of a Source. Its maps and Value are shared and
// must not be changed.
type Object[T any] struct {
	// Namespace is empty for objects of the cluster.
	Namespace, Name string
	UID             string
	Labels          Pairs
	// SuccessRate is the annotation seawall.dev/sync-success-rate as it stands there.
	SuccessRate string
	// Deleting says that the object is being deleted.
	Deleting bool
	// Value holds the fields that T names, by their json tags, from the object's root.
	Value T

	err error
}

// Collection holds the objects of one Source, by namespace and label. It may be used by
// several goroutines at once.
type Collection[T any] struct {
	feed

	byNamespace map[string]*Index[*Object[T]]
}

func newCollection[T any](source Source) *Collection[T] {
	collection := &Collection[T]{feed: feed{source: source}}
	collection.forget = func() { collection.byNamespace = nil }
	collection.size = collection.len
	collection.store = func(ended func() error) toolscache.ReflectorStore { return store[T]{collection, ended} }
	return collection
}

// List returns the objects that the selector matches: those of one namespace or, if it is
// empty, all, in ascending order of namespace and name. The error is an *AbsentError, an
// *UnreadableError, or one that wraps ErrNotSynced.
func (c *Collection[T]) List(namespace string, selector labels.Selector) ([]*Object[T], error) {
	c.mu.RLock()
	defer c.mu.RUnlock()
	if err := c.ready(); err != nil {
		return nil, err
	}
	namespaces := []string{namespace}
	if namespace == metav1.NamespaceAll {
		namespaces = slices.Sorted(maps.Keys(c.byNamespace))
	}
	var found []*Object[T]
	for _, namespace := range namespaces {
		if index, exists := c.byNamespace[namespace]; exists {
			found = append(found, index.Select(selector)...)
		}
	}
	for _, object := range found {
		if object.err != nil {
			return nil, object.err
		}
	}
	return found, nil
}

// Get returns one object, or nil if there is none; namespace is empty for objects of the
// cluster. The errors are those of List.
func (c *Collection[T]) Get(namespace, name string) (*Object[T], error) {
	c.mu.RLock()
	defer c.mu.RUnlock()
	if err := c.ready(); err != nil {
		return nil, err
	}
	index, exists := c.byNamespace[namespace]
	if !exists {
		return nil, nil //nolint:nilnil // an object that does not exist is no error
	}
	object, exists := index.Get(name)
	if !exists {
		return nil, nil //nolint:nilnil // as above
	}
	return object, object.err
}

// read returns what Seawall keeps of an object that the API server sent.
func (c *Collection[T]) read(sent metav1.Object) *Object[T] {
	object := &Object[T]{
		Namespace:   sent.GetNamespace(),
		Name:        sent.GetName(),
		UID:         string(sent.GetUID()),
		Labels:      interned(PairsOf(sent.GetLabels())),
		SuccessRate: sent.GetAnnotations()[v1alpha1.SyncSuccessRateAnnotation],
		Deleting:    sent.GetDeletionTimestamp() != nil,
	}
	fields, err := asMap(sent)
	if value, isMap := any(&object.Value).(*map[string]any); isMap {
		*value = pick(fields, c.source.Fields)
	} else if err == nil {
		err = runtime.DefaultUnstructuredConverter.FromUnstructured(fields, &object.Value)
	}
	if err != nil {
		object.err = unreadable(c.source, object.Namespace, object.Name, err)
	}
	return object
}

// pick returns a copy of some fields of an object.
func pick(object map[string]any, paths [][]string) map[string]any {
	picked := map[string]any{}
	for _, path := range paths {
		value, found, err := unstructured.NestedFieldCopy(object, path...)
		if err == nil && found {
			_ = unstructured.SetNestedField(picked, value, path...) // what was read at a path can be put there
		}
	}
	return picked
}

func asMap(sent metav1.Object) (map[string]any, error) {
	if object, is := sent.(runtime.Unstructured); is {
		return object.UnstructuredContent(), nil
	}
	return runtime.DefaultUnstructuredConverter.ToUnstructured(sent)
}

// len returns the number of objects; the caller holds the lock.
func (c *Collection[T]) len() int {
	count := 0
	for _, index := range c.byNamespace {
		count += index.Len()
	}
	return count
}

// put adds or replaces an object; the caller holds the lock.
func (c *Collection[T]) put(object *Object[T]) {
	if c.byNamespace == nil {
		c.byNamespace = map[string]*Index[*Object[T]]{}
	}
	index, exists := c.byNamespace[object.Namespace]
	if !exists {
		index = &Index[*Object[T]]{}
		c.byNamespace[object.Namespace] = index
	}
	index.Set(object.Name, object.Labels, object)
}

// remove removes an object; the caller holds the lock.
func (c *Collection[T]) remove(namespace, name string) {
	index, exists := c.byNamespace[namespace]
	if !exists {
		return
	}
	if index.Delete(name); index.Len() == 0 {
		delete(c.byNamespace, namespace)
	}
}
