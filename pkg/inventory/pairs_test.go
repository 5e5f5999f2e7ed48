package inventory

import (
	"testing"

	. "github.com/onsi/gomega"
	"k8s.io/apimachinery/pkg/labels"
	"pgregory.net/rapid"
)

func TestPairsAreWhatTheMapWas(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		g := NewWithT(t)
		set := labels.Set(labelSets.Draw(t, "set"))
		pairs, key := PairsOf(set), labelNames.Draw(t, "key")
		value, found := pairs.Lookup(key)
		wanted, wantedFound := set.Lookup(key)
		g.Expect(value).To(Equal(wanted))
		g.Expect(found).To(Equal(wantedFound))
		g.Expect(pairs.Has(key)).To(Equal(set.Has(key)))
		g.Expect(pairs.Get(key)).To(Equal(set.Get(key)))
		g.Expect(labels.Set(pairs.Map())).To(Equal(set))
		last := ""
		for key := range pairs.All() {
			g.Expect(key > last).To(BeTrue(), "ascending")
			last = key
		}
	})
}

func TestNoPairsAreNil(t *testing.T) {
	g := NewWithT(t)
	g.Expect(PairsOf(labels.Set{})).To(BeNil())
	g.Expect(Pairs(nil).Map()).To(BeEmpty())
	g.Expect(Pairs(nil).Has("a")).To(BeFalse())
}
