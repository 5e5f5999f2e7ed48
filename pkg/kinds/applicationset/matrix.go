package applicationset

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/seawall-dev/seawall/pkg/rollout"
)

// matrix makes one set of parameters for each set of the first child and each set that the
// second child makes with the first's (Argo CD's generators/matrix.go).
func matrix(reading *reading, config value, spec *specification, yield yieldFunc) error {
	children, err := reading.children(config)
	if err != nil {
		return err
	}
	if len(children) != 2 {
		return config.field("generators").wrongCount(len(children), "exactly 2 generators")
	}
	firsts, err := reading.child(children[0], spec, nil)
	if err != nil {
		return reading.beside(err, children, 1, spec)
	}
	constant := !templated(children[1].raw, spec.dialect)
	product := product{reading: reading, config: config, goTemplate: spec.dialect.goTemplate, merged: reading.depth > 0}
	if constant && len(firsts) > 0 {
		if err := product.once(children, spec, firsts); err != nil {
			return err
		}
	}
	for i := range firsts {
		if !constant {
			if err := product.second(children, spec, &firsts[i]); err != nil {
				return atLeast(err, len(firsts))
			}
		}
		if err := product.add(firsts[i:i+1], yield); err != nil {
			return err
		}
	}
	return nil
}

// once runs a second child that is the same for all firsts.
func (p *product) once(children []value, spec *specification, firsts []parameters) error {
	if err := p.second(children, spec, &firsts[0]); err != nil {
		return err
	}
	if len(firsts)*len(p.seconds) > expansionLimit {
		return tooManySets(p.config)
	}
	p.reading.expect(len(firsts) * len(p.seconds))
	return nil
}

// product makes the sets of a matrix.
type product struct {
	reading    *reading
	config     value
	goTemplate bool
	// merged says that others may be laid over the sets, so that they share their firsts and nothing else.
	merged  bool
	seconds []parameters
	sets    int
}

// second runs the second child, whose configuration the parameters of a first are put into.
func (p *product) second(children []value, spec *specification, first *parameters) error {
	params, err := first.all()
	if err != nil {
		return err
	}
	seconds, err := p.reading.child(children[1], spec, params)
	if err != nil {
		return p.reading.beside(err, children, 0, spec)
	}
	p.seconds, err = p.plain(seconds)
	return err
}

// plain returns sets as they are combined: without goTemplate every parameter is a string.
func (p *product) plain(sets []parameters) ([]parameters, error) {
	if p.goTemplate {
		return sets, nil
	}
	plain := make([]parameters, len(sets))
	for i := range sets {
		params, err := sets[i].all()
		if err != nil {
			return nil, err
		}
		texts, weight := make(map[string]any, len(params)), 0
		for key, member := range params {
			text, isText := member.(string)
			if !isText {
				text = fmt.Sprintf("%v", member)
				weight += len(text)
			}
			texts[key] = text
			weight += parameterWeight
		}
		plain[i] = madeOf(texts, sets[i].describe)
		plain[i].cluster = sets[i].cluster
		if err := p.reading.spend(p.config, weight); err != nil {
			return nil, err
		}
	}
	return plain, nil
}

// add makes the sets of a first and each of the seconds.
func (p *product) add(firsts []parameters, yield yieldFunc) error {
	if p.sets += len(p.seconds); p.sets > expansionLimit {
		return tooManySets(p.config)
	}
	firsts, err := p.plain(firsts)
	if err != nil {
		return err
	}
	first := &firsts[0]
	pairs := make([]pair, len(p.seconds))
	var set parameters
	for i := range pairs {
		second := &p.seconds[i]
		pairs[i] = pair{p, first, second}
		set = parameters{record: &pairs[i], cluster: cmp.Or(first.cluster, second.cluster), empty: first.empty && second.empty}
		if !p.goTemplate {
			if set.made, err = pairs[i].texts(); err != nil {
				return err
			}
			set.record = &made{set.made, pairs[i].describe}
		}
		if err := yield(&set); err != nil {
			return err
		}
	}
	return nil
}

// pair is a set of two: in goTemplate their parameters are merged in depth, and the first wins.
type pair struct {
	product       *product
	first, second *parameters
}

func (p *pair) describe() string {
	switch {
	case p.first.cluster != (clusterRef{}):
		return p.first.describe()
	case p.second.cluster != (clusterRef{}):
		return p.second.describe()
	default:
		return p.first.describe() + " and " + p.second.describe()
	}
}

func (p *pair) lookUp(field *field) (string, answer) {
	if said, found := p.first.lookUp(field); found != absent {
		return said, found
	}
	return p.second.lookUp(field)
}

func (p *pair) make() (map[string]any, error) {
	first, err := p.first.all()
	if err != nil {
		return nil, err
	}
	second, err := p.second.all()
	if err != nil {
		return nil, err
	}
	if p.product.merged {
		second = copiedDeep(second)
	}
	made := 0
	merged := overlaid(second, first, &made)
	return merged, p.product.reading.spend(p.product.config, made*parameterWeight)
}

// texts are the parameters without goTemplate, where two values for one key are an error.
func (p *pair) texts() (map[string]any, error) {
	first, second := p.first.made, p.second.made
	texts := make(map[string]any, len(first)+len(second))
	maps.Copy(texts, second)
	var twice []string
	for key, text := range first {
		if other, found := texts[key]; found && other != text {
			twice = append(twice, key)
		}
		texts[key] = text
	}
	if len(twice) > 0 {
		if p.product.reading.foreign {
			return nil, rollout.Unresolved(p.product.config.spelled(), "has two values for one parameter")
		}
		key := slices.Min(twice)
		return nil, rollout.Unresolved(p.product.config.spelled(), "has two values for the parameter %s: %s and %s",
			rollout.Quote(key), rollout.Quote(fmt.Sprint(first[key])), rollout.Quote(fmt.Sprint(second[key])))
	}
	return texts, p.product.reading.spend(p.product.config, len(texts)*parameterWeight)
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
	switch {
	case otherErr != nil:
		return err
	case len(sets) == 0:
		return nil // whatever the open one makes
	}
	closed := &closedChild{index: other, sets: make([]string, len(sets))}
	for i := range sets {
		params, err := sets[i].all()
		if err != nil {
			return open
		}
		text, err := json.Marshal(params)
		if err != nil || r.spend(children[other], len(text)) != nil {
			return open
		}
		closed.sets[i] = string(text)
	}
	return &openError{UnresolvedError: open.UnresolvedError, beside: closed, least: len(sets)}
}
