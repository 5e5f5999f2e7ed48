package inventory

import (
	"maps"
	"slices"
	"testing"

	. "github.com/onsi/gomega"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/selection"
	"pgregory.net/rapid"
)

// Small alphabets, so that objects collide, selectors hit and lists become empty again.
var (
	keys        = rapid.StringMatching(`[kl]?[0-9]?`)
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

// scan is what Select must equal: every object is asked.
func scan(objects map[string]labels.Set, selector labels.Selector) []string {
	selected := []string{}
	for _, key := range slices.Sorted(maps.Keys(objects)) {
		if selector.Matches(objects[key]) {
			selected = append(selected, key)
		}
	}
	return selected
}

func TestIndexSelectsWhatAScanSelects(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		g := NewWithT(t)
		var index Index[string]
		objects := map[string]labels.Set{}
		for key, set := range rapid.MapOf(keys, labelSets).Draw(t, "objects") {
			index.Set(key, PairsOf(set), key)
			objects[key] = set
		}
		t.Repeat(map[string]func(*rapid.T){
			"Set": func(t *rapid.T) {
				key, set := keys.Draw(t, "key"), labelSets.Draw(t, "labels")
				index.Set(key, PairsOf(set), key)
				objects[key] = set
			},
			"Delete": func(t *rapid.T) {
				key := keys.Draw(t, "key")
				index.Delete(key)
				delete(objects, key)
			},
			"": func(t *rapid.T) {
				selector := selectors.Draw(t, "selector")
				g.Expect(index.Len()).To(Equal(len(objects)))
				g.Expect(append([]string{}, index.Select(selector)...)).To(Equal(scan(objects, selector)), selector.String())
			},
		})
		for key := range objects {
			index.Delete(key)
		}
		g.Expect(index.byLabel).To(BeEmpty(), "a list of nothing is left behind")
	})
}
