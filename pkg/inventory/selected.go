package inventory

import (
	"slices"
	"sort"

	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/selection"
)

// selected returns the objects of a namespace, or of all, that the selector matches, in
// order. It lends the order itself if that is all of them.
func (x *index[T]) selected(namespace string, selector labels.Selector) []*Object[T] {
	requirements, selectable := selector.Requirements()
	if !selectable {
		return nil
	}
	among := x.within(namespace)
	fewest, narrows := x.narrowest(requirements)
	exact := narrows && fewest.exact && len(requirements) == 1
	switch {
	case len(requirements) == 0, exact && fewest.size == len(x.order):
		x.lent.Store(true)
		return among
	case !narrows, fewest.size > len(among), !fewest.sorted() && fewest.size > len(among)/scanning:
		return matching(among, selector)
	}
	candidates := x.objects(fewest.ids())
	if !fewest.sorted() {
		slices.SortFunc(candidates, func(a, b *Object[T]) int { return a.compare(b.Namespace, b.Name) })
	}
	if candidates = inside(candidates, namespace); exact {
		return candidates
	}
	return matching(candidates, selector)
}

// scanning is the part of all objects from which on they are scanned rather than sorted.
const scanning = 8

func matching[T any](candidates []*Object[T], selector labels.Selector) []*Object[T] {
	var matches []*Object[T]
	for _, candidate := range candidates {
		if selector.Matches(&candidate.Labels) { // a pointer is an interface without a copy
			matches = append(matches, candidate)
		}
	}
	return matches
}

func (x *index[T]) objects(ids []uint32) []*Object[T] {
	found := make([]*Object[T], len(ids))
	for i, id := range ids {
		found[i] = x.slots[id]
	}
	return found
}

// within returns the objects of a namespace, or all.
func (x *index[T]) within(namespace string) []*Object[T] {
	if namespace == "" {
		return slices.Clip(x.order)
	}
	from := sort.Search(len(x.order), func(i int) bool { return x.order[i].Namespace >= namespace })
	to := sort.Search(len(x.order), func(i int) bool { return x.order[i].Namespace > namespace })
	return x.order[from:to:to]
}

// choice is a label, and the values of it, that objects must have.
type choice struct {
	*postings

	values []string
	// any says that every value will do.
	any bool
	// exact says that these are the objects that the requirement selects, and not only more
	// of them.
	exact bool
	size  int
}

// sorted says that the ids are in the order of the objects.
func (c choice) sorted() bool { return len(c.values) < 2 && !c.any }

func (c choice) ids() []uint32 {
	if c.sorted() && c.size > 0 {
		return c.byValue[c.values[0]].ids()
	}
	ids := make([]uint32, 0, c.size)
	for _, value := range c.values {
		if held, found := c.byValue[value]; found {
			ids = append(ids, held.ids()...)
		}
	}
	if c.any {
		for _, held := range c.byValue {
			ids = append(ids, held.ids()...)
		}
	}
	return ids
}

// narrowest returns the choice of the requirement that leaves the fewest objects.
func (x *index[T]) narrowest(requirements labels.Requirements) (fewest choice, found bool) {
	for i := range requirements {
		if choice, narrows := x.narrow(&requirements[i]); narrows && (!found || choice.size < fewest.size) {
			fewest, found = choice, true
		}
	}
	return fewest, found
}

// narrow returns the choice of a requirement; none if objects without the label are selected
// too.
func (x *index[T]) narrow(requirement *labels.Requirement) (choice, bool) {
	held := x.byLabel[requirement.Key()]
	if held == nil {
		held = &postings{}
	}
	switch requirement.Operator() {
	case selection.Exists, selection.GreaterThan, selection.LessThan:
		return choice{postings: held, any: true, exact: requirement.Operator() == selection.Exists, size: held.size}, true
	case selection.In, selection.Equals, selection.DoubleEquals:
		values := requirement.ValuesUnsorted() // a copy, which may hold a value twice
		slices.Sort(values)
		chosen := choice{postings: held, values: slices.Compact(values), exact: true}
		for _, value := range chosen.values {
			chosen.size += held.len(value)
		}
		return chosen, true
	default:
		return choice{}, false
	}
}

// last returns the objects without those whose key a later one has, too.
func (x *index[T]) last(found []*Object[T]) []*Object[T] {
	if x.byKey.several == 0 {
		return found
	}
	kept, seen := make([]*Object[T], 0, len(found)), map[string]bool{}
	for _, object := range slices.Backward(found) {
		key := x.key(object)
		if x.byKey.len(key) > 1 {
			if seen[key] {
				continue
			}
			seen[key] = true
		}
		kept = append(kept, object)
	}
	slices.Reverse(kept)
	return kept
}

// keyed returns the objects of a namespace, or of all, with a key.
func (x *index[T]) keyed(namespace, key string) []*Object[T] {
	held, found := x.byKey.byValue[key]
	if !found {
		return nil
	}
	return inside(x.objects(held.ids()), namespace)
}

// inside leaves the objects of a namespace, or all.
func inside[T any](objects []*Object[T], namespace string) []*Object[T] {
	return slices.DeleteFunc(objects, func(o *Object[T]) bool { return namespace != "" && o.Namespace != namespace })
}
