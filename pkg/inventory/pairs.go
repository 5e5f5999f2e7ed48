package inventory

import (
	"iter"
	"maps"
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/labels"
)

// Pair is one label or annotation.
type Pair struct{ Key, Value string }

// Pairs are labels or annotations in ascending order of their keys, no two of which are
// equal. They take a fraction of the memory of a map, are shared, and must not be changed.
type Pairs []Pair

var _ labels.Labels = Pairs{}

// PairsOf returns the pairs of a map; nil if there are none.
func PairsOf(set map[string]string) Pairs {
	if len(set) == 0 {
		return nil
	}
	pairs := make(Pairs, 0, len(set))
	for key, value := range set {
		pairs = append(pairs, Pair{key, value})
	}
	slices.SortFunc(pairs, func(a, b Pair) int { return strings.Compare(a.Key, b.Key) })
	return pairs
}

// Lookup implements labels.Labels: it returns the value of a key, if there is one.
func (p Pairs) Lookup(key string) (value string, found bool) {
	i, found := slices.BinarySearchFunc(p, key, func(pair Pair, key string) int { return strings.Compare(pair.Key, key) })
	if !found {
		return "", false
	}
	return p[i].Value, true
}

// Has implements labels.Labels.
func (p Pairs) Has(key string) bool {
	_, found := p.Lookup(key)
	return found
}

// Get implements labels.Labels: without the key it returns nothing.
func (p Pairs) Get(key string) string {
	value, _ := p.Lookup(key)
	return value
}

// All yields keys and values in ascending order of the keys.
func (p Pairs) All() iter.Seq2[string, string] {
	return func(yield func(string, string) bool) {
		for _, pair := range p {
			if !yield(pair.Key, pair.Value) {
				return
			}
		}
	}
}

// Map returns a new map of the pairs, which is the caller's.
func (p Pairs) Map() map[string]string {
	set := make(map[string]string, len(p))
	maps.Insert(set, p.All())
	return set
}
