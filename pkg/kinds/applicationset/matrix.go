package applicationset

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"

	"github.com/seawall-dev/seawall/pkg/rollout"
)

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
		return nil, reading.beside(err, children, 1, spec)
	}
	constant := !templated(children[1].raw, spec.dialect)
	product := product{reading: reading, config: config, goTemplate: spec.dialect.goTemplate}
	for i, first := range firsts {
		if i == 0 || !constant {
			seconds, err := reading.child(children[1], spec, first.values)
			if err != nil {
				return nil, reading.beside(err, children, 0, spec)
			}
			if err := product.second(seconds); err != nil {
				return nil, err
			}
		}
		if constant && len(firsts)*len(product.seconds) > expansionLimit {
			return nil, tooManySets(config)
		}
		if err := product.add(first); err != nil {
			return nil, err
		}
	}
	return product.sets, nil
}

// product collects the sets of a matrix.
type product struct {
	reading    *reading
	config     value
	goTemplate bool
	seconds    []parameters
	sets       []parameters
}

// second takes the sets of the second child for the firsts that follow.
func (p *product) second(sets []parameters) error {
	p.seconds = make([]parameters, len(sets))
	for i, set := range sets {
		var err error
		if p.seconds[i], err = p.plain(set); err != nil {
			return err
		}
	}
	return nil
}

// plain returns a set as it is combined: without goTemplate every parameter is a string.
func (p *product) plain(set parameters) (parameters, error) {
	if p.goTemplate {
		return set, nil
	}
	texts, weight := make(map[string]any, len(set.values)), 0
	for key, member := range set.values {
		text, isText := member.(string)
		if !isText {
			text = fmt.Sprintf("%v", member)
			weight += len(text)
		}
		texts[key] = text
		weight += parameterWeight
	}
	set.values = texts
	return set, p.reading.spend(p.config, weight)
}

// add appends the sets that a first makes with each of the seconds.
func (p *product) add(first parameters) error {
	if len(p.sets)+len(p.seconds) > expansionLimit {
		return tooManySets(p.config)
	}
	first, err := p.plain(first)
	if err != nil {
		return err
	}
	for _, second := range p.seconds {
		set, err := p.combined(first, second)
		if err != nil {
			return err
		}
		p.sets = append(p.sets, set)
	}
	return p.reading.ctx.Err() //nolint:wrapcheck // the caller's own
}

// combined is the set of two. With goTemplate they are merged in depth and the first wins;
// without, two values for one key are an error.
func (p *product) combined(first, second parameters) (parameters, error) {
	set := parameters{cluster: first.cluster, origin: func() string { return first.describe() + " and " + second.describe() }}
	if set.cluster == nil {
		set.cluster = second.cluster
	}
	if p.goTemplate {
		made := 0
		set.values = overlaid(second.values, first.values, &made)
		return set, p.reading.spend(p.config, made*parameterWeight)
	}
	set.values = make(map[string]any, len(first.values)+len(second.values))
	maps.Copy(set.values, second.values)
	for key, text := range first.values {
		if other, found := set.values[key]; found && other != text {
			return set, rollout.Unresolved(p.config.path, "has two values for the parameter %s: %s and %s",
				rollout.Quote(key), rollout.Quote(fmt.Sprint(text)), rollout.Quote(fmt.Sprint(other)))
		}
		set.values[key] = text
	}
	return set, p.reading.spend(p.config, len(set.values)*parameterWeight)
}

// overlaid returns the members of base with those of over on top, in depth, as mergo.Merge
// with mergo.WithOverride makes of maps: what is empty in over covers as well. It adds to
// made how many members it has copied.
func overlaid(base, over map[string]any, made *int) map[string]any {
	result := make(map[string]any, len(base)+len(over))
	maps.Copy(result, base)
	for key, member := range over {
		result[key] = member
		if below, isObject := base[key]; isObject {
			result[key] = covering(below, member, made)
		}
	}
	*made += len(base) + len(over)
	return result
}

// covering returns what a member of two objects is when the second lies on top.
func covering(below, above any, made *int) any {
	switch above := above.(type) {
	case map[string]any:
		if below, isObject := asObject(below); isObject {
			return overlaid(below, above, made)
		}
	case map[string]string:
		switch below := below.(type) {
		case map[string]string:
			texts := maps.Clone(below)
			maps.Copy(texts, above)
			*made += len(below) + len(above)
			return texts
		case map[string]any:
			members, _ := asObject(above)
			return overlaid(below, members, made)
		}
	}
	return above
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

// beside notes on the error of an open child which sets the other child makes, which tells
// how the count changes when only they do. That holds only if the product is a plain one: a
// child that the other's parameters are put into may make any number for each.
func (r *reading) beside(err error, children []value, other int, spec *specification) error {
	open, isOpen := errors.AsType[*openError](err)
	if !isOpen || templated(children[0].raw, spec.dialect) || templated(children[1].raw, spec.dialect) {
		return err
	}
	sets, otherErr := r.child(children[other], spec, nil)
	if otherErr != nil || len(sets) == 0 {
		return err
	}
	closed := &closedChild{index: other, sets: make([]string, len(sets))}
	for i, set := range sets {
		text, err := json.Marshal(set.values)
		if err != nil || r.spend(children[other], len(text)) != nil {
			return open
		}
		closed.sets[i] = string(text)
	}
	return &openError{UnresolvedError: open.UnresolvedError, beside: closed}
}
