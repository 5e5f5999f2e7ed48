package applicationset

import (
	"errors"
	"fmt"
	"maps"

	"github.com/seawall-dev/seawall/pkg/rollout"
)

// expansionLimit bounds the sets of parameters of one object: beyond it matrix generators
// are refused by name, before they fill the memory.
const expansionLimit = 100_000

// matrix makes one set of parameters for each set of the first child and each set that the
// second child makes with the first's (Argo CD's generators/matrix.go).
func matrix(reading *reading, config value, spec *specification) ([]parameters, error) {
	children, err := reading.children(config)
	if err != nil {
		return nil, err
	}
	if len(children) != 2 {
		return nil, config.field("generators").wrongCount(len(children), "exactly 2 generators")
	}
	firsts, err := reading.child(children[0], spec, nil)
	if err != nil {
		return nil, reading.beside(err, children[0], children[1], spec)
	}
	constant := !templated(children[1].raw, spec.dialect)
	var seconds, sets []parameters
	for i, first := range firsts {
		if i == 0 || !constant {
			if seconds, err = reading.child(children[1], spec, first.values); err != nil {
				return nil, reading.beside(err, children[1], children[0], spec)
			}
		}
		if constant && len(firsts)*len(seconds) > expansionLimit || len(sets)+len(seconds) > expansionLimit {
			return nil, tooLarge(config)
		}
		if sets, err = paired(config, sets, first, seconds, spec.dialect); err != nil {
			return nil, err
		}
	}
	return sets, nil
}

// paired appends the sets that the first makes with each of the seconds.
func paired(config value, sets []parameters, first parameters, seconds []parameters, dialect dialect) ([]parameters, error) {
	for _, second := range seconds {
		set, err := combined(config, first, second, dialect)
		if err != nil {
			return nil, err
		}
		sets = append(sets, set)
	}
	return sets, nil
}

func tooLarge(config value) error {
	return &rollout.UnresolvedError{
		Field:   config.path,
		Problem: fmt.Sprintf("expands to more than %d sets of parameters", expansionLimit),
		AtLeast: expansionLimit,
	}
}

// combined is the set of two. With goTemplate they are merged in depth and the first wins
// where it is not empty; without, two values for one key are an error.
func combined(config value, first, second parameters, dialect dialect) (parameters, error) {
	set := parameters{cluster: first.cluster, origin: func() string { return first.describe() + " and " + second.describe() }}
	if set.cluster == nil {
		set.cluster = second.cluster
	}
	if dialect.goTemplate {
		set.values = overlaid(second.values, first.values)
		return set, nil
	}
	set.values = make(map[string]any, len(first.values)+len(second.values))
	for key, member := range second.values {
		set.values[key] = fmt.Sprintf("%v", member)
	}
	for key, member := range first.values {
		text := fmt.Sprintf("%v", member)
		if other, found := set.values[key]; found && other != text {
			return set, rollout.Unresolved(config.path, "has two values for the parameter %s: %s and %s",
				rollout.Quote(key), rollout.Quote(text), rollout.Quote(fmt.Sprint(other)))
		}
		set.values[key] = text
	}
	return set, nil
}

// overlaid returns the members of base with those of over on top, in depth; what is empty
// in over covers nothing (mergo.Merge with mergo.WithOverride).
func overlaid(base, over map[string]any) map[string]any {
	result := make(map[string]any, len(base)+len(over))
	maps.Copy(result, base)
	for key, member := range over {
		below, isObject := asObject(result[key])
		above, isToo := asObject(member)
		switch {
		case isObject && isToo:
			result[key] = overlaid(below, above)
		case !empty(member) || result[key] == nil:
			result[key] = member
		}
	}
	return result
}

func asObject(v any) (map[string]any, bool) {
	switch v := v.(type) {
	case map[string]any:
		return v, true
	case map[string]string:
		members := make(map[string]any, len(v))
		for key, member := range v {
			members[key] = member
		}
		return members, true
	default:
		return nil, false
	}
}

// children returns the generators within a matrix or a merge.
func (r *reading) children(config value) ([]value, error) {
	list := config.field("generators")
	items, err := list.list()
	if err != nil {
		return nil, err
	}
	children := make([]value, len(items))
	for i := range items {
		children[i] = list.item(i)
		if _, err := children[i].object(); err != nil {
			return nil, err
		}
	}
	return children, nil
}

// child runs the only generator of a nested entry, with the parameters of another put into
// it. Its selector is read before that.
func (r *reading) child(entry value, spec *specification, params map[string]any) ([]parameters, error) {
	filter, err := decodeFilter(entry.field("selector"))
	if err != nil {
		return nil, err
	}
	chosen, err := r.only(entry)
	if err != nil {
		return nil, err
	}
	config := entry.field(chosen.key)
	if len(params) > 0 {
		if config.raw, err = r.interpolated(config, params, spec.dialect); err != nil {
			return nil, err
		}
	}
	r.depth++
	sets, err := chosen.generate(r, config, spec)
	r.depth--
	if err != nil {
		return nil, err
	}
	return filter.apply(sets), r.count(config, len(sets))
}

// only returns the one generator of a nested entry; matrix and merge nest one level.
func (r *reading) only(entry value) (generator, error) {
	var found []generator
	for _, generator := range r.generators {
		config := entry.field(generator.key)
		if config.absent() || r.depth > 0 && (generator.key == "matrix" || generator.key == "merge") {
			continue
		}
		if _, err := config.object(); err != nil {
			return generator, err
		}
		found = append(found, generator)
	}
	if err := unknownGenerator(r.generators, entry); err != nil {
		return generator{}, err
	}
	switch {
	case len(found) == 0 && r.depth > 0:
		return generator{}, rollout.Unresolved(entry.path, "holds no generator: want one other than matrix and merge, which nest one level")
	case len(found) != 1:
		return generator{}, entry.wrongCount(len(found), "exactly 1 generator")
	default:
		return found[0], nil
	}
}

func (v value) wrongCount(count int, want string) error {
	return rollout.Unresolved(v.path, "holds %d: want %s", count, want)
}

// beside notes on the error of an open child how many sets the other child makes, which
// tells how the count changes when only they do.
func (r *reading) beside(err error, child, other value, spec *specification) error {
	open, isOpen := errors.AsType[*openError](err)
	if !isOpen || templated(other.raw, spec.dialect) && templated(child.raw, spec.dialect) {
		return err
	}
	sets, otherErr := r.child(other, spec, nil)
	if otherErr != nil || len(sets) == 0 {
		return err
	}
	return &openError{UnresolvedError: open.UnresolvedError, child: child.raw, factor: len(sets)}
}
