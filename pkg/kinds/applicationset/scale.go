package applicationset

import (
	"encoding/json"
	"maps"
	"slices"
)

// rest returns the JSON of an entry with a matrix without one of its children.
func (c *closedChild) rest(entry any) (string, error) {
	if c == nil {
		return "", nil
	}
	rest := maps.Clone(value{raw: entry}.members())
	matrix := maps.Clone(value{raw: rest["matrix"]}.members())
	children, _ := value{raw: matrix["generators"]}.list()
	children = slices.Clone(children)
	children[c.index] = nil
	matrix["generators"], rest["matrix"] = children, matrix
	text, err := json.Marshal(rest)
	return string(text), err
}

// scale is how a matrix grows and shrinks of which only the child has changed that can be
// counted: of each set that both have the Applications stay.
type scale struct{ before, after, added, gone int }

// scaled returns that of the write, and false if the write is of another sort.
func (d *delta) scaled() (scale, bool) {
	if len(d.added) != 1 || len(d.gone) != 1 || len(d.reshaped)+len(d.kept) > 0 {
		return scale{}, false
	}
	old, written := d.gone[0], d.added[0]
	if old.beside == nil || written.beside == nil || old.rest != written.rest || d.existing() == 0 {
		return scale{}, false
	}
	counts := map[string]int{}
	for _, set := range old.beside.sets {
		counts[set]++
	}
	s := scale{before: len(old.beside.sets), after: len(written.beside.sets)}
	stay := 0
	for _, set := range written.beside.sets {
		if counts[set] > 0 {
			counts[set]--
			stay++
		}
	}
	s.added, s.gone = s.after-stay, s.before-stay
	return s, true
}

// of returns how many of the Applications that exist so many of the sets make, rounded up.
func (s scale) of(existing, sets int) int { return (existing*sets + s.before - 1) / s.before }
