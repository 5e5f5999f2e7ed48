package applicationset

import (
	"encoding/json"
	"maps"
	"reflect"
	"regexp"
	"slices"
	"strings"
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
// counted: of each set that both have the Applications stay, and of one that has the same name
// they change.
type scale struct{ before, after, added, changed, gone int }

// scaled returns that of the write, and false if the write is of another sort.
func (d *delta) scaled() (scale, bool) {
	if len(d.added) != 1 || len(d.gone) != 1 || len(d.reshaped)+len(d.kept) > 0 {
		return scale{}, false
	}
	old, written := d.gone[0], d.added[0]
	if old.beside == nil || written.beside == nil || old.rest != written.rest || d.existing() == 0 {
		return scale{}, false
	}
	d.renamed = !reflect.DeepEqual(old.shape.name, written.shape.name)
	s := scale{before: len(old.beside.sets), after: len(written.beside.sets)}
	stay := common(old.beside.sets, written.beside.sets, d.uses(false))
	named := max(common(old.beside.sets, written.beside.sets, d.uses(true)), stay)
	s.added, s.changed, s.gone = s.after-named, named-stay, s.before-named
	return s, true
}

// common counts the sets of parameters that both lists have, by the parameters that are used.
func common(before, after []string, used func(key string) bool) (count int) {
	counts := map[string]int{}
	for _, set := range before {
		counts[projected(set, used)]++
	}
	for _, set := range after {
		if key := projected(set, used); counts[key] > 0 {
			counts[key]--
			count++
		}
	}
	return count
}

// projected returns a set, which is JSON, with the parameters that are used.
func projected(set string, used func(key string) bool) string {
	var members map[string]any
	if json.Unmarshal([]byte(set), &members) != nil {
		return set
	}
	maps.DeleteFunc(members, func(key string, _ any) bool { return !used(key) })
	text, err := json.Marshal(members)
	if err != nil {
		return set
	}
	return string(text)
}

// takesAll matches what a template may take all parameters by.
var takesAll = regexp.MustCompile(`[\s({|,]\.[\s)}|,]|\$`)

// uses returns which parameters the templates of the two objects may use, or only what names are
// made by. It errs towards using.
func (d *delta) uses(names bool) func(key string) bool {
	var text strings.Builder
	for i, entry := range []*openEntry{&d.gone[0], &d.added[0]} {
		spec := []*side{d.before, d.after}[i].spec
		template := root("spec.template", entry.shape.template)
		parts := []any{template.raw, entry.rest}
		if names {
			parts = []any{template.field("metadata").field("name").raw}
		}
		if patch := spec.patch; patch != nil && (!names || strings.Contains(*patch, "metadata")) {
			parts = append(parts, *patch)
		}
		written, err := json.Marshal(parts)
		if err != nil {
			return func(string) bool { return true }
		}
		text.Write(written)
	}
	all := text.String()
	everything := takesAll.MatchString(all)
	return func(key string) bool {
		spelled, err := json.Marshal(key)
		return err != nil || everything || strings.Contains(all, string(spelled[1:len(spelled)-1])) || strings.Contains(key, ".")
	}
}

// of returns how many of the Applications that exist so many of the sets make, rounded up.
func (s scale) of(existing, sets int) int { return (existing*sets + s.before - 1) / s.before }
