package inventory

import (
	"fmt"
	"testing"

	. "github.com/onsi/gomega"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/selection"
)

func TestIndexSelectsOnceWhatIsNamedTwice(t *testing.T) {
	g := NewWithT(t)
	twice, err := labels.NewRequirement("zone", selection.In, []string{"7", "5", "7"})
	g.Expect(err).NotTo(HaveOccurred())
	g.Expect(values(crowd(100).selected("", labels.NewSelector().Add(*twice)))).To(Equal([]int{5, 7}))
}

func values[T any](objects []*Object[T]) []T {
	found := []T{}
	for _, object := range objects {
		found = append(found, object.Value)
	}
	return found
}

// entry is an object of the namespace a.
func entry[T any](name string, set labels.Set, value T) *Object[T] {
	return &Object[T]{Namespace: "a", Name: name, Labels: PairsOf(set), Value: value}
}

func TestIndexReplacesValues(t *testing.T) {
	tests := map[string]struct {
		relabelled labels.Set
		selected   []string
	}{
		"the labels stay":   {labels.Set{"env": "prod"}, []string{"after"}},
		"the labels change": {labels.Set{"env": "test"}, []string{}},
		"the labels go":     {nil, []string{}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			g := NewWithT(t)
			index := newIndex[string](nil, 0)
			index.set(entry("a", labels.Set{"env": "prod"}, "before"), nil)
			index.set(entry("a", tt.relabelled, "after"), nil)
			g.Expect(values(index.selected("", labels.Everything()))).To(Equal([]string{"after"}))
			g.Expect(values(index.selected("", labels.SelectorFromSet(labels.Set{"env": "prod"})))).To(Equal(tt.selected))
		})
	}
}

// What a reader was given stays what it was, whatever is written later.
func TestIndexChangesNothingThatItHasLent(t *testing.T) {
	g := NewWithT(t)
	index := crowd(100)
	lent := index.selected("", labels.Everything())
	before := values(lent)
	index.set(entry("000050", nil, -1), nil)
	index.delete("a", "000007")
	index.set(entry("0000005", nil, -2), nil)
	g.Expect(values(lent)).To(Equal(before))
	now := values(index.selected("", labels.Everything()))
	g.Expect(now).To(HaveLen(100))
	g.Expect(now).To(ContainElements(-1, -2))
	g.Expect(now).NotTo(ContainElement(7))
}

func TestIndexFindsByKey(t *testing.T) {
	g := NewWithT(t)
	index := newIndex(func(o *Object[string]) string { return o.Value }, 0)
	put := func(namespace, name, key string) {
		index.set(&Object[string]{Namespace: namespace, Name: name, Labels: PairsOf(labels.Set{"in": namespace}), Value: key}, nil)
	}
	put("a", "2", "x")
	put("b", "1", "x")
	put("a", "1", "x")
	put("a", "3", "y")
	put("a", "4", "")
	g.Expect(objectNames(index.keyed("", "x"))).To(Equal([]string{"a/1", "a/2", "b/1"}))
	g.Expect(objectNames(index.keyed("a", "x"))).To(Equal([]string{"a/1", "a/2"}))
	g.Expect(objectNames(index.keyed("a", "z"))).To(BeEmpty())
	last := func(selector string) []string {
		parsed, err := labels.Parse(selector)
		g.Expect(err).NotTo(HaveOccurred())
		return objectNames(index.last(index.selected("", parsed)))
	}
	g.Expect(last("")).To(Equal([]string{"a/3", "a/4", "b/1"}))
	g.Expect(last("in=a")).To(Equal([]string{"a/2", "a/3", "a/4"}), "the last of those that are selected")
	put("b", "1", "z")
	put("a", "1", "z2")
	g.Expect(last("")).To(Equal([]string{"a/1", "a/2", "a/3", "a/4", "b/1"}))
	g.Expect(index.byKey.several).To(BeZero())
}

// counting counts how many objects a selector is asked about.
type counting struct {
	labels.Selector

	asked *int
}

func (c counting) Matches(l labels.Labels) bool {
	*c.asked++
	return c.Selector.Matches(l)
}

// crowd returns an index of n objects: all of them have tier=web, ten of them ring=canary,
// and zone counts up from 0.
func crowd(n int) *index[int] {
	index := newIndex[int](nil, n)
	for i := range n {
		set := labels.Set{"tier": "web", "zone": fmt.Sprint(i), "ring": fmt.Sprintf("r%d", i%10)}
		if i%(n/10) == 0 {
			set["ring"] = "canary"
		}
		index.set(entry(fmt.Sprintf("%06d", i), set, i), nil)
	}
	return index
}

func TestIndexAsksNoMoreThanTheNarrowestRequirementPicks(t *testing.T) {
	const n = 1000
	tests := map[string]struct {
		selector string
		asked    int
	}{
		"one narrow list answers":               {"ring=canary", 0},
		"a narrow list after a wide one":        {"tier=web,ring=canary", 10},
		"a narrow list before a wide one":       {"ring=canary,tier==web", 10},
		"a narrow list beside an existence":     {"zone,ring=canary", 10},
		"a union of lists answers":              {"zone in (1,2,3,nowhere)", 0},
		"a union of lists beside a wide one":    {"zone in (1,2,3,nowhere),tier=web", 3},
		"a narrow list beside an exclusion":     {"tier!=db,ring=canary", 10},
		"a label that no object has":            {"rack", 0},
		"a value that no object has":            {"tier=db", 0},
		"a number compared reads its label":     {"zone>990", n},
		"a number compared beside a list":       {"zone>990,ring=canary", 10},
		"existence of what all have answers":    {"zone", 0},
		"a value that all have answers":         {"tier=web", 0},
		"exclusions alone scan":                 {"tier!=db,!rack,ring notin (canary)", n},
		"no requirement is everything, unasked": {"", 0},
	}
	index := crowd(n)
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			g := NewWithT(t)
			selector, err := labels.Parse(tt.selector)
			g.Expect(err).NotTo(HaveOccurred())
			asked := 0
			index.selected("", counting{selector, &asked})
			g.Expect(asked).To(Equal(tt.asked))
		})
	}
}
