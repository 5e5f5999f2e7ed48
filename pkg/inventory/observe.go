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

// tell passes on a change to those who follow the collection, and to the registry's observers; the caller holds no
// lock.
func (f *feed) tell(namespace, name string) {
	f.version.Add(1)
	f.mu.RLock()
	followers := f.followers // appended to, never changed
	f.mu.RUnlock()
	for _, follower := range followers {
		follower.note(namespace, name)
	}
	if f.registry != nil {
		f.registry.tell(f.source, namespace, name)
	}
}

// same tells whether what is kept of an object is what was kept of it before.
func (o *Object[T]) same(other *Object[T]) bool {
	return o.SuccessRate == other.SuccessRate && o.Deleting == other.Deleting &&
		slices.Equal(o.Labels, other.Labels) && reflect.DeepEqual(o.Value, other.Value)
}

// put adds or replaces an object, and tells whether that made a difference; the caller holds
// the lock.
func (c *Collection[T]) put(object *Object[T], err error) (changed bool) {
	held := c.index.get(object.Namespace, object.Name)
	if held != nil && held.same(object) && (c.index.broken[held.id] == nil) == (err == nil) {
		return false
	}
	c.index.set(object, err)
	return true
}

// replace makes the objects those that were listed, and tells whether that made a difference;
// the caller holds the lock.
func (c *Collection[T]) replace(listed *index[T]) (changed bool) {
	same := c.phase == current && slices.EqualFunc(c.index.order, listed.order, func(a, b *Object[T]) bool {
		return a.compare(b.Namespace, b.Name) == 0 && a.same(b) && (c.index.broken[a.id] == nil) == (listed.broken[b.id] == nil)
	})
	if !same {
		c.phase, c.cause, c.index = current, nil, listed
	}
	return !same
}
