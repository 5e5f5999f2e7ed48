package inventory

import (
	"cmp"
	"slices"
	"sort"
	"strings"
	"sync/atomic"
)

// index holds objects in ascending order of namespace and name, and finds them by their
// labels and by one key of their own. A selector costs about what the objects cost that its
// narrowest requirement picks, however many others there are; one that only excludes costs a
// scan. Readers share it as long as nobody writes to it.
type index[T any] struct {
	// key, if not nil, returns what else an object is found by.
	key   func(*Object[T]) string
	order []*Object[T]
	// lent says that somebody reads the order's array, which then stays as it is.
	lent atomic.Bool
	// slots hold the objects by id; the ids that are free have none.
	slots   []*Object[T]
	free    []uint32
	byLabel map[string]*postings
	byKey   postings
	// broken are the errors of the objects that could not be read.
	broken map[uint32]error
}

func newIndex[T any](key func(*Object[T]) string, size int) *index[T] {
	return &index[T]{
		key: key, order: make([]*Object[T], 0, size), slots: make([]*Object[T], 0, size),
		byLabel: map[string]*postings{}, broken: map[uint32]error{},
	}
}

// compare tells whether an object comes before a name, is it, or comes after it.
func (o *Object[T]) compare(namespace, name string) int {
	return cmp.Or(strings.Compare(o.Namespace, namespace), strings.Compare(o.Name, name))
}

// find returns where an object is or would be. What the API server lists comes in order, and
// belongs at the end.
func (x *index[T]) find(namespace, name string) (int, bool) {
	end := len(x.order)
	if end == 0 || x.order[end-1].compare(namespace, name) < 0 {
		return end, false
	}
	i := sort.Search(end, func(i int) bool { return x.order[i].compare(namespace, name) >= 0 })
	return i, x.order[i].compare(namespace, name) == 0
}

// get returns an object, or nil.
func (x *index[T]) get(namespace, name string) *Object[T] {
	if i, found := x.find(namespace, name); found {
		return x.order[i]
	}
	return nil
}

// set adds an object, or replaces the one of its name; err says why it cannot be read.
func (x *index[T]) set(object *Object[T], err error) {
	x.own()
	if i, found := x.find(object.Namespace, object.Name); found {
		before := x.order[i]
		object.id, x.order[i] = before.id, object
		if !x.alike(before, object) {
			x.unpost(before)
			x.post(object)
		}
	} else {
		object.id, x.order = x.take(), slices.Insert(x.order, i, object)
		x.post(object)
	}
	x.slots[object.id] = object
	delete(x.broken, object.id)
	if err != nil {
		x.broken[object.id] = err
	}
}

// take returns an id that is free.
func (x *index[T]) take() uint32 {
	if last := len(x.free) - 1; last >= 0 {
		id := x.free[last]
		x.free = x.free[:last]
		return id
	}
	x.slots = append(x.slots, nil)
	return uint32(len(x.slots) - 1) //nolint:gosec // an API server holds fewer objects
}

// delete removes an object, if it is there.
func (x *index[T]) delete(namespace, name string) {
	i, found := x.find(namespace, name)
	if !found {
		return
	}
	x.own()
	removed := x.order[i]
	x.unpost(removed)
	x.order = slices.Delete(x.order, i, i+1)
	x.slots[removed.id] = nil
	x.free = append(x.free, removed.id)
	delete(x.broken, removed.id)
}

// own makes the order one that nobody else reads.
func (x *index[T]) own() {
	if x.lent.Swap(false) {
		x.order = slices.Clone(x.order)
	}
}

// alike tells whether two objects are found by the same.
func (x *index[T]) alike(a, b *Object[T]) bool {
	return slices.Equal(a.Labels, b.Labels) && (x.key == nil || x.key(a) == x.key(b))
}

// place returns where in a list of ids an object is or belongs.
func (x *index[T]) place(object *Object[T]) func([]uint32) int {
	return func(ids []uint32) int {
		at := func(i int) int { return x.slots[ids[i]].compare(object.Namespace, object.Name) }
		if at(len(ids)-1) < 0 {
			return len(ids)
		}
		return sort.Search(len(ids), func(i int) bool { return at(i) >= 0 })
	}
}

// post makes an object found by its labels and its key.
func (x *index[T]) post(added *Object[T]) {
	place := x.place(added)
	for _, label := range added.Labels {
		if x.byLabel[label.Key] == nil {
			x.byLabel[label.Key] = &postings{}
		}
		x.byLabel[label.Key].add(label.Value, added.id, place)
	}
	if x.key != nil {
		x.byKey.add(x.key(added), added.id, place)
	}
}

func (x *index[T]) unpost(removed *Object[T]) {
	place := x.place(removed)
	for _, label := range removed.Labels {
		x.byLabel[label.Key].remove(label.Value, place)
		if x.byLabel[label.Key].size == 0 {
			delete(x.byLabel, label.Key)
		}
	}
	if x.key != nil {
		x.byKey.remove(x.key(removed), place)
	}
}
