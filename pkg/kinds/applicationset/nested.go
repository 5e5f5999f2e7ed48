package applicationset

import (
	"errors"

	"github.com/seawall-dev/seawall/pkg/rollout"
)

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

// child returns the sets of the only generator of a nested entry, with the parameters of
// another put into it. Its selector is read before that.
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
	if combines(chosen) {
		config.raw = nestedFields(config)
	}
	if len(params) > 0 {
		raw, err := r.interpolated(config, params, spec.dialect)
		if err != nil {
			return nil, err
		}
		config = r.interpolatedTo(config, raw)
	}
	var sets []parameters
	r.depth++
	err = chosen.generate(r, config, spec, r.counted(config, filter, func(set *parameters) error {
		sets = append(sets, *set)
		return r.account.Spend(setWeight)
	}))
	r.depth--
	if open, isOpen := errors.AsType[*openError](err); isOpen {
		// What is beside it is not all that is around it.
		return nil, &openError{UnresolvedError: open.UnresolvedError}
	}
	return sets, err
}

// setWeight is what a set of parameters weighs that is not made yet, and what it comes from.
const setWeight = 256

// combines tells whether a generator is made of others.
func combines(generator generator) bool { return generator.key == "matrix" || generator.key == "merge" }

// nestedFields are the fields that a matrix or a merge has within another. Their types have
// no template, and what else stands there is not read (applicationset_types.go,
// NestedMatrixGenerator and NestedMergeGenerator).
func nestedFields(config value) map[string]any {
	fields := map[string]any{}
	for _, key := range []string{"generators", "mergeKeys"} {
		if field := config.field(key); !field.absent() {
			fields[key] = field.raw
		}
	}
	return fields
}

// only returns the one generator of a nested entry; matrix and merge nest one level.
func (r *reading) only(entry value) (generator, error) {
	var found []generator
	for _, generator := range r.generators {
		config := entry.field(generator.key)
		if config.absent() || r.depth > 0 && combines(generator) {
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
		return generator{}, rollout.Unresolved(entry.spelled(), "holds no generator: want one other than matrix and merge, which nest one level")
	case len(found) != 1:
		return generator{}, entry.wrongCount(len(found), "exactly 1 generator")
	default:
		return found[0], nil
	}
}

func (v value) wrongCount(count int, want string) error {
	return rollout.Unresolved(v.spelled(), "holds %d: want %s", count, want)
}

// atLeast notes on the error of an open child that there are so many sets of the other at least.
func atLeast(err error, sets int) error {
	if open, isOpen := errors.AsType[*openError](err); isOpen {
		return &openError{UnresolvedError: open.UnresolvedError, beside: open.beside, least: sets}
	}
	return err
}
