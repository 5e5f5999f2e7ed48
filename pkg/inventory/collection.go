package inventory

import (
	"maps"
	"net/http"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/runtime"
	toolscache "k8s.io/client-go/tools/cache"

	"github.com/seawall-dev/seawall/pkg/apis/v1alpha1"
)

// Object is what Seawall keeps of one object of a Source. It is shared and must not be
// changed.
type Object[T any] struct {
	// Namespace is empty for objects of the cluster.
	Namespace, Name string
	Labels          Pairs
	// SuccessRate is the annotation seawall.dev/sync-success-rate as it stands there.
	SuccessRate string
	// Deleting says that the object is being deleted.
	Deleting bool
	id       uint32
	// Value holds the fields that T names, by their json tags, from the object's root.
	Value T
}

// Collection holds the objects of one Source, by name, by label and maybe by a key. It may be
// used by several goroutines at once. The slices that it returns are shared: they must not
// be changed, but by appending to them.
type Collection[T any] struct {
	feed

	value func(metav1.Object, *Texts) (T, error)
	key   func(*Object[T]) string
	texts *Texts
	index *index[T]
}

// Option is how a Collection differs from others.
type Option[T any] func(*Collection[T])

// ReadBy has a function read the values of the objects, in place of json tags.
func ReadBy[T any](value func(metav1.Object, *Texts) (T, error)) Option[T] {
	return func(c *Collection[T]) { c.value = value }
}

// KeyedBy has the objects found by a key, too.
func KeyedBy[T any](key func(*Object[T]) string) Option[T] {
	return func(c *Collection[T]) { c.key = key }
}

func newCollection[T any](source Source, known *Texts, options ...Option[T]) *Collection[T] {
	collection := &Collection[T]{feed: feed{source: source}, texts: known}
	collection.value, collection.show = collection.decode, collection.shownFields
	for _, option := range options {
		option(collection)
	}
	collection.forget = func() { collection.index = newIndex(collection.key, 0) }
	collection.forget()
	collection.size = func() int { return len(collection.index.order) }
	collection.store = func(ended func() error) toolscache.ReflectorStore {
		return store[T]{collection, ended, &metav1.ObjectMeta{}}
	}
	return collection
}

// List returns the objects that the selector matches: those of one namespace or, if it is
// empty, all, in ascending order of namespace and name. The error is an *AbsentError, an
// *UnreadableError, or one that wraps ErrNotSynced.
func (c *Collection[T]) List(namespace string, selector labels.Selector) ([]*Object[T], error) {
	return c.ask(func() []*Object[T] { return c.index.selected(namespace, selector) })
}

// ListLast is List without those objects whose key a later one of the list has, too.
func (c *Collection[T]) ListLast(namespace string, selector labels.Selector) ([]*Object[T], error) {
	return c.ask(func() []*Object[T] { return c.index.last(c.index.selected(namespace, selector)) })
}

// Keyed returns the objects with a key: those of one namespace or, if it is empty, all. Order
// and errors are those of List.
func (c *Collection[T]) Keyed(namespace, key string) ([]*Object[T], error) {
	return c.ask(func() []*Object[T] { return c.index.keyed(namespace, key) })
}

// Each calls a function for each object, in the order of List, those that cannot be read included: with the error
// then, and with what could be read. The error is that of List otherwise.
func (c *Collection[T]) Each(see func(object *Object[T], unreadable error)) error {
	c.mu.RLock()
	if err := c.ready(); err != nil {
		c.mu.RUnlock()
		return err
	}
	objects, broken := c.index.selected("", labels.Everything()), maps.Clone(c.index.broken)
	c.mu.RUnlock()
	for _, object := range objects {
		see(object, broken[object.id])
	}
	return nil
}

// Get returns one object, or nil if there is none; namespace is empty for objects of the
// cluster. The errors are those of List.
func (c *Collection[T]) Get(namespace, name string) (*Object[T], error) {
	c.mu.RLock()
	defer c.mu.RUnlock()
	if err := c.ready(); err != nil {
		return nil, err
	}
	object := c.index.get(namespace, name)
	if object == nil {
		return nil, nil //nolint:nilnil // an object that does not exist is no error
	}
	return object, c.index.broken[object.id]
}

// Check is a readiness check: it returns an error as long as List can give no objects.
func (c *Collection[T]) Check(*http.Request) error {
	c.mu.RLock()
	defer c.mu.RUnlock()
	return c.ready()
}

func (c *Collection[T]) ask(question func() []*Object[T]) ([]*Object[T], error) {
	c.mu.RLock()
	defer c.mu.RUnlock()
	if err := c.ready(); err != nil {
		return nil, err
	}
	found := question()
	if len(c.index.broken) == 0 {
		return found, nil
	}
	for _, object := range found {
		if err := c.index.broken[object.id]; err != nil {
			return nil, err
		}
	}
	return found, nil
}

// read returns what Seawall keeps of an object that the API server sent. The error says why
// its value is not what T wants; it is returned to those who ask for the object.
func (c *Collection[T]) read(sent metav1.Object) (*Object[T], error) {
	object := &Object[T]{
		Namespace:   c.texts.Shared(sent.GetNamespace()),
		Name:        sent.GetName(),
		Labels:      c.texts.Pairs(sent.GetLabels()),
		SuccessRate: sent.GetAnnotations()[v1alpha1.SyncSuccessRateAnnotation],
		Deleting:    sent.GetDeletionTimestamp() != nil,
	}
	var err error
	if object.Value, err = c.value(sent, c.texts); err != nil {
		return object, unreadable(c.source, object.Namespace, object.Name, err)
	}
	return object, nil
}

func (c *Collection[T]) decode(sent metav1.Object, _ *Texts) (value T, err error) {
	if _, nothing := any(value).(struct{}); nothing {
		return value, nil
	}
	fields, err := asMap(sent)
	if picked, isMap := any(&value).(*map[string]any); isMap {
		*picked = pick(fields, c.source.Fields)
	} else if err == nil {
		err = runtime.DefaultUnstructuredConverter.FromUnstructured(fields, &value)
	}
	return value, err
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
