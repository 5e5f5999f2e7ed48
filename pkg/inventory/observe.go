package inventory

import (
	"reflect"
	"slices"
)

// Observer is told that what is kept of an object has become another: it is new, different
// or gone. Without a name that may be so of any object of the source. An observer must not
// block; no collection is locked meanwhile.
type Observer func(source Source, namespace, name string)

// Observe lets an observer know of changes from now on, those of collections that are added
// later included.
func (r *Registry) Observe(observer Observer) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.observers = append(r.observers, observer)
}

func (r *Registry) tell(source Source, namespace, name string) {
	r.mu.Lock()
	observers := r.observers // appended to, never changed
	r.mu.Unlock()
	for _, observe := range observers {
		observe(source, namespace, name)
	}
}

// tell passes on a change to the registry's observers; the caller holds no lock.
func (f *feed) tell(namespace, name string) {
	if f.registry != nil {
		f.registry.tell(f.source, namespace, name)
	}
}

// same tells whether what is kept of an object is what was kept of it before.
func (o *Object[T]) same(other *Object[T]) bool {
	return o.UID == other.UID && o.SuccessRate == other.SuccessRate && o.Deleting == other.Deleting &&
		(o.err == nil) == (other.err == nil) && slices.Equal(o.Labels, other.Labels) && reflect.DeepEqual(o.Value, other.Value)
}

// holds tells whether the collection has the object as it is; the caller holds the lock.
func (c *Collection[T]) holds(object *Object[T]) bool {
	index, exists := c.byNamespace[object.Namespace]
	if !exists {
		return false
	}
	held, exists := index.Get(object.Name)
	return exists && held.same(object)
}

// holdsAll tells whether the collection has the objects of another, all of them and no
// other ones; the caller holds its lock.
func (c *Collection[T]) holdsAll(other *Collection[T]) bool {
	if c.phase != current || c.len() != other.len() {
		return false
	}
	for _, index := range other.byNamespace {
		for _, object := range index.objects {
			if !c.holds(object.value) {
				return false
			}
		}
	}
	return true
}

// Observe lets an observer know, in place of any before, when what is kept of a cluster or
// of the controller's settings has become another. It must not block.
func (a *ArgoCD) Observe(observer func()) { a.observer.Store(&observer) }

func (a *ArgoCD) tell() {
	if observer := a.observer.Load(); observer != nil {
		(*observer)()
	}
}
