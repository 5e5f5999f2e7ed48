package inventory

import (
	"maps"
	"slices"
	"strings"
	"testing"

	. "github.com/onsi/gomega"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/selection"
	"pgregory.net/rapid"
)

// Small alphabets, so that objects collide, selectors hit and lists become empty again.
var (
	keys        = rapid.StringMatching(`(a|a-|b)/[kl]?[0-9]`)
	labelNames  = rapid.SampledFrom([]string{"a", "b", "c"})
	labelValues = rapid.SampledFrom([]string{"", "1", "2", "10", "1a", "x"})
	labelSets   = rapid.MapOfN(labelNames, labelValues, 0, 3)
	selectors   = rapid.OneOf(
		rapid.Custom(func(t *rapid.T) labels.Selector {
			return labels.NewSelector().Add(rapid.SliceOfN(requirements, 0, 3).Draw(t, "requirements")...)
		}),
		rapid.Custom(func(t *rapid.T) labels.Selector {
			return labels.SelectorFromSet(labelSets.Draw(t, "set"))
		}),
		rapid.Just(labels.Everything()),
		rapid.Just(labels.Nothing()),
	)
	requirements = rapid.Custom(func(t *rapid.T) labels.Requirement {
		operator := rapid.SampledFrom([]selection.Operator{
			selection.In, selection.NotIn, selection.Equals, selection.DoubleEquals, selection.NotEquals,
			selection.Exists, selection.DoesNotExist, selection.GreaterThan, selection.LessThan,
		}).Draw(t, "operator")
		var values []string
		switch operator {
		case selection.In, selection.NotIn:
			values = rapid.SliceOfN(labelValues, 1, 4).Draw(t, "values") // with duplicates
		case selection.Equals, selection.DoubleEquals, selection.NotEquals:
			values = []string{labelValues.Draw(t, "value")}
		case selection.GreaterThan, selection.LessThan:
			values = []string{rapid.SampledFrom([]string{"0", "1", "9"}).Draw(t, "bound")}
		default: // existence takes no value
		}
		requirement, err := labels.NewRequirement(labelNames.Draw(t, "name"), operator, values)
		if err != nil {
			t.Fatal(err)
		}
		return *requirement
	})
)

// scan is what selected must equal: every object is asked.
func scan(objects map[string]labels.Set, namespace string, selector labels.Selector) []string {
	found := []string{}
	for _, key := range slices.SortedFunc(maps.Keys(objects), func(a, b string) int {
		return slices.Compare(strings.Split(a, "/"), strings.Split(b, "/"))
	}) {
		if of, _, _ := strings.Cut(key, "/"); (namespace == "" || of == namespace) && selector.Matches(objects[key]) {
			found = append(found, key)
		}
	}
	return found
}

// keyOf is the key of the objects, which some share.
func keyOf(o *Object[string]) string { return o.Value[len(o.Value)-1:] }

// lastOf is what last must equal: of those with one key the last stays.
func lastOf(selected []string) []string {
	kept := []string{}
	for i, name := range selected {
		if !slices.ContainsFunc(selected[i+1:], func(later string) bool { return later[len(later)-1] == name[len(name)-1] }) {
			kept = append(kept, name)
		}
	}
	return kept
}

func TestIndexSelectsWhatAScanSelects(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		g := NewWithT(t)
		index := newIndex(keyOf, 0)
		objects := map[string]labels.Set{}
		set := func(key string, set labels.Set) {
			namespace, name, _ := strings.Cut(key, "/")
			index.set(&Object[string]{Namespace: namespace, Name: name, Labels: PairsOf(set), Value: key}, nil)
			objects[key] = set
		}
		for key, labels := range rapid.MapOf(keys, labelSets).Draw(t, "objects") {
			set(key, labels)
		}
		t.Repeat(map[string]func(*rapid.T){
			"Set": func(t *rapid.T) { set(keys.Draw(t, "key"), labelSets.Draw(t, "labels")) },
			"Delete": func(t *rapid.T) {
				key := keys.Draw(t, "key")
				namespace, name, _ := strings.Cut(key, "/")
				index.delete(namespace, name)
				delete(objects, key)
			},
			"": func(t *rapid.T) {
				selector, namespace := selectors.Draw(t, "selector"), rapid.SampledFrom([]string{"", "a", "a-", "b"}).Draw(t, "namespace")
				wanted, found := scan(objects, namespace, selector), index.selected(namespace, selector)
				g.Expect(index.order).To(HaveLen(len(objects)))
				g.Expect(objectNames(found)).To(Equal(wanted), selector.String())
				g.Expect(objectNames(index.last(found))).To(Equal(lastOf(wanted)), selector.String())
				key := rapid.StringMatching(`[0-9]`).Draw(t, "key")
				g.Expect(objectNames(index.keyed(namespace, key))).To(Equal(slices.DeleteFunc(
					scan(objects, namespace, labels.Everything()), func(name string) bool { return !strings.HasSuffix(name, key) })))
			},
		})
		for key := range objects {
			namespace, name, _ := strings.Cut(key, "/")
			index.delete(namespace, name)
		}
		g.Expect(index.byLabel).To(BeEmpty(), "a list of nothing is left behind")
		g.Expect(index.byKey.byValue).To(BeEmpty())
		g.Expect(index.byKey.size + index.byKey.several).To(BeZero())
	})
}
