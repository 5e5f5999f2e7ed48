package inventory

import (
	"fmt"
	"slices"
	"sync"
	"testing"

	. "github.com/onsi/gomega"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/selection"
)

func TestIndexSelectsOnceWhatIsNamedTwice(t *testing.T) {
	g := NewWithT(t)
	twice, err := labels.NewRequirement("zone", selection.In, []string{"7", "5", "7"})
	g.Expect(err).NotTo(HaveOccurred())
	g.Expect(crowd(10).Select(labels.NewSelector().Add(*twice))).To(Equal([]int{5, 7}))
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
			var index Index[string]
			index.Set("a", PairsOf(labels.Set{"env": "prod"}), "before")
			index.Set("a", PairsOf(tt.relabelled), "after")
			g.Expect(index.Select(labels.Everything())).To(Equal([]string{"after"}))
			g.Expect(index.Select(labels.SelectorFromSet(labels.Set{"env": "prod"}))).To(Equal(tt.selected))
		})
	}
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
func crowd(n int) *Index[int] {
	var index Index[int]
	for i := range n {
		set := labels.Set{"tier": "web", "zone": fmt.Sprint(i), "ring": fmt.Sprintf("r%d", i%10)}
		if i%(n/10) == 0 {
			set["ring"] = "canary"
		}
		index.Set(fmt.Sprintf("%06d", i), PairsOf(set), i)
	}
	return &index
}

func TestIndexAsksNoMoreThanTheNarrowestRequirementPicks(t *testing.T) {
	const n = 1000
	tests := map[string]struct {
		selector string
		asked    int
	}{
		"one narrow list":                     {"ring=canary", 10},
		"a narrow list after a wide one":      {"tier=web,ring=canary", 10},
		"a narrow list before a wide one":     {"ring=canary,tier==web", 10},
		"a narrow list beside an existence":   {"zone,ring=canary", 10},
		"a union of lists":                    {"zone in (1,2,3,nowhere)", 3},
		"a narrow list beside an exclusion":   {"tier!=db,ring=canary", 10},
		"a label that no object has":          {"rack", 0},
		"a value that no object has":          {"tier=db", 0},
		"a number compared reads its label":   {"zone>990", n},
		"a number compared beside a list":     {"zone>990,ring=canary", 10},
		"existence reads its label":           {"zone", n},
		"exclusions alone scan":               {"tier!=db,!rack,ring notin (canary)", n},
		"no requirement is everything, asked": {"", n},
	}
	index := crowd(n)
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			g := NewWithT(t)
			selector, err := labels.Parse(tt.selector)
			g.Expect(err).NotTo(HaveOccurred())
			asked := 0
			index.Select(counting{selector, &asked})
			g.Expect(asked).To(Equal(tt.asked))
		})
	}
}

// It is the race detector that judges this test, most of all.
func TestIndexIsSharedByGoroutines(t *testing.T) {
	g := NewWithT(t)
	var index Index[labels.Set]
	var group sync.WaitGroup
	for writer := range 4 {
		group.Go(func() {
			for i := range 500 {
				key := fmt.Sprintf("%d-%d", writer, i%20)
				set := labels.Set{"env": fmt.Sprint(i % 3)}
				index.Set(key, PairsOf(set), set)
				if i%7 == 0 {
					index.Delete(key)
				}
			}
		})
	}
	strays := make([]bool, 4)
	for reader := range strays {
		group.Go(func() {
			selector := labels.SelectorFromSet(labels.Set{"env": fmt.Sprint(reader % 3)})
			stray := func(set labels.Set) bool { return !selector.Matches(set) }
			for range 500 {
				strays[reader] = strays[reader] || slices.ContainsFunc(index.Select(selector), stray)
				index.Len()
			}
		})
	}
	group.Wait()
	g.Expect(strays).To(HaveEach(false), "an object was selected by labels that it does not have")
	g.Expect(index.Len()).To(BeNumerically("<=", 80))
}
