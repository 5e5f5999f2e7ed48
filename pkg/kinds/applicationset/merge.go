package applicationset

import (
	"cmp"
	"encoding/json"
	"maps"

	"github.com/seawall-dev/seawall/pkg/rollout"
)

// merge makes the sets of parameters of the first child, with those of the others on top
// that are equal in all merge keys (Argo CD's generators/merge.go).
func merge(reading *reading, config value, spec *specification, yield yieldFunc) error {
	children, err := reading.children(config)
	if err != nil {
		return err
	}
	if len(children) < 2 {
		return config.field("generators").wrongCount(len(children), "at least 2 generators")
	}
	keys, err := config.field("mergeKeys").texts()
	if err != nil {
		return err
	}
	if len(keys) == 0 {
		return config.field("mergeKeys").wrongCount(0, "at least 1 parameter that tells the sets apart")
	}
	var base []parameters
	var baseKeys []string
	for i, child := range children {
		sets, err := reading.child(child, spec, nil)
		if err != nil {
			return err
		}
		keyed, order, err := reading.byMergeKey(child, keys, sets)
		if err != nil {
			return err
		}
		if i == 0 {
			base, baseKeys = sets, order
			continue
		}
		for n, key := range baseKeys {
			if over, found := keyed[key]; found {
				if base[n], err = reading.covered(config, base[n], over, spec.dialect); err != nil {
					return err
				}
			}
		}
	}
	return yieldAll(base, yield)
}

func yieldAll(sets []parameters, yield yieldFunc) error {
	for i := range sets {
		if of, isPair := sets[i].record.(*pair); isPair && sets[i].made != nil {
			sets[i].record = &made{sets[i].made, of.describe} // others may have been laid over what it shares
		}
		if err := yield(&sets[i]); err != nil {
			return err
		}
	}
	return nil
}

// byMergeKey returns the sets by what tells them apart, and that of each in their order.
func (r *reading) byMergeKey(child value, keys []string, sets []parameters) (map[string]parameters, []string, error) {
	keyed, order := make(map[string]parameters, len(sets)), make([]string, len(sets))
	for i := range sets {
		params, err := sets[i].all()
		if err != nil {
			return nil, nil, err
		}
		members := make(map[string]any, len(keys))
		for _, key := range keys {
			members[key] = params[key]
		}
		text, err := json.Marshal(members)
		if err != nil {
			return nil, nil, rollout.Unresolved(child.spelled(), "has merge keys that are no JSON")
		}
		if err := r.spend(child, len(text)); err != nil {
			return nil, nil, err
		}
		order[i] = string(text)
		if _, found := keyed[order[i]]; found && r.foreign {
			return nil, nil, rollout.Unresolved(child.spelled(), "makes two sets of parameters with the same merge keys")
		} else if found {
			return nil, nil, rollout.Unresolved(child.spelled(), "makes two sets of parameters with the merge keys %s", rollout.Quote(order[i]))
		}
		keyed[order[i]] = sets[i]
	}
	return keyed, order, nil
}

// lay lays parameters over others as overlaid does, but in place: Argo CD's sets share what a matrix has
// made them of, so that what one is given others have, too (argo-cd issue 15444).
func lay(base, over map[string]any) {
	for key, above := range over {
		switch below := base[key].(type) {
		case map[string]any:
			if above, isObject := asObject(above); isObject {
				lay(below, above)
				continue
			}
		case map[string]string:
			if above, isTexts := above.(map[string]string); isTexts {
				maps.Copy(below, above)
				continue
			}
		}
		base[key] = above
	}
}

// copiedDeep returns an object that shares no object with another.
func copiedDeep(members map[string]any) map[string]any {
	all := make(map[string]any, len(members))
	for key, member := range members {
		switch member := member.(type) {
		case map[string]any:
			all[key] = copiedDeep(member)
		case map[string]string:
			all[key] = maps.Clone(member)
		default:
			all[key] = member
		}
	}
	return all
}

// covered is the set of one with another on top; the parameters of both have been made.
func (r *reading) covered(config value, base, over parameters, dialect dialect) (parameters, error) {
	weight := len(base.made) + len(over.made)
	var params map[string]any
	if dialect.goTemplate && unmergeable(base.made, over.made) {
		return parameters{}, &nothingError{rollout.Unresolved(config.spelled(), "merges objects of different types")}
	}
	if dialect.goTemplate {
		params = maps.Clone(base.made)
		lay(params, over.made)
	} else {
		params = make(map[string]any, weight)
		maps.Copy(params, base.made)
		maps.Copy(params, over.made)
	}
	origin := base.describe
	if base.cluster == (clusterRef{}) && over.cluster != (clusterRef{}) {
		origin = over.describe
	}
	set := madeOf(params, origin)
	set.cluster = cmp.Or(base.cluster, over.cluster)
	return set, r.spend(config, weight*parameterWeight)
}
