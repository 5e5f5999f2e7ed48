package inventory

import (
	"fmt"
	"slices"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	toolscache "k8s.io/client-go/tools/cache"
)

// store is how a reflector writes into a collection, which therefore is the only copy.
// What a reflector that has ended still writes is dropped.
type store[T any] struct {
	collection *Collection[T]
	ended      func() error // nil as long as the reflector runs
}

var _ toolscache.TransformingStore = store[struct{}]{}

// kept is an object that has been read already. A reflector asks it for its name only.
type kept[T any] struct {
	metav1.Object

	object *Object[T]
	err    error
}

// GetNamespace implements metav1.Object.
func (k *kept[T]) GetNamespace() string { return k.object.Namespace }

// GetName implements metav1.Object.
func (k *kept[T]) GetName() string { return k.object.Name }

// Transformer implements cache.TransformingStore: what a reflector collects before the
// first list is complete holds no more than what is kept.
func (s store[T]) Transformer() toolscache.TransformFunc {
	return func(sent any) (any, error) { return s.keep(sent) }
}

func (s store[T]) keep(sent any) (*kept[T], error) {
	switch sent := sent.(type) {
	case *kept[T]:
		return sent, nil
	case metav1.Object:
		object, err := s.collection.read(sent)
		return &kept[T]{nil, object, err}, nil
	default:
		return nil, fmt.Errorf("watching %s: got a %T", s.collection.source, sent)
	}
}

// Add implements cache.ReflectorStore.
func (s store[T]) Add(sent any) error {
	kept, err := s.keep(sent)
	if err == nil {
		s.write(kept.GetNamespace(), kept.GetName(), func() bool { return s.collection.put(kept.object, kept.err) })
	}
	return err
}

// Update implements cache.ReflectorStore.
func (s store[T]) Update(sent any) error { return s.Add(sent) }

// Delete implements cache.ReflectorStore.
func (s store[T]) Delete(sent any) error {
	name, err := toolscache.DeletionHandlingObjectToName(sent)
	if err == nil {
		s.write(name.Namespace, name.Name, func() bool {
			s.collection.index.delete(name.Namespace, name.Name)
			return true
		})
	}
	return err
}

// Replace implements cache.ReflectorStore.
func (s store[T]) Replace(list []any, _ string) error {
	all := make([]*kept[T], len(list))
	for i, sent := range list {
		var err error
		if all[i], err = s.keep(sent); err != nil {
			return err
		}
		list[i] = nil // which may hold much that is not kept
	}
	slices.SortFunc(all, func(a, b *kept[T]) int { return a.object.compare(b.object.Namespace, b.object.Name) })
	listed := newIndex(s.collection.key, len(all))
	for _, kept := range all {
		listed.set(kept.object, kept.err)
	}
	s.write("", "", func() bool { return s.collection.replace(listed) })
	return nil
}

// Resync implements cache.ReflectorStore.
func (store[T]) Resync() error { return nil }

// write changes the collection and, if that made a difference, tells of the object.
func (s store[T]) write(namespace, name string, change func() (changed bool)) {
	if s.locked(change) {
		s.collection.tell(namespace, name)
	}
}

func (s store[T]) locked(change func() bool) bool {
	s.collection.mu.Lock()
	defer s.collection.mu.Unlock()
	return s.ended() == nil && change()
}
