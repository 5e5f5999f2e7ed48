package applicationset

import (
	"encoding/json"
	"maps"

	"github.com/seawall-dev/seawall/pkg/rollout"
)

// merge makes the sets of parameters of the first child, with those of the others on top
// that are equal in all merge keys (Argo CD's generators/merge.go).
func merge(reading *reading, config value, spec *specification) ([]parameters, error) {
	children, err := reading.children(config)
	if err != nil {
		return nil, err
	}
	if len(children) < 2 {
		return nil, config.field("generators").wrongCount(len(children), "at least 2 generators")
	}
	keys, err := config.field("mergeKeys").texts()
	if err != nil {
		return nil, err
	}
	if len(keys) == 0 {
		return nil, config.field("mergeKeys").wrongCount(0, "at least 1 parameter that tells the sets apart")
	}
	var base []parameters
	var baseKeys []string
	for i, child := range children {
		sets, err := reading.child(child, spec, nil)
		if err != nil {
			return nil, err
		}
		keyed, order, err := reading.byMergeKey(child, keys, sets)
		if err != nil {
			return nil, err
		}
		if i == 0 {
			base, baseKeys = sets, order
			continue
		}
		for n, key := range baseKeys {
			if over, found := keyed[key]; found {
				if base[n], err = reading.covered(config, base[n], over, spec.dialect); err != nil {
					return nil, err
				}
			}
		}
	}
	return base, nil
}

// byMergeKey returns the sets by what tells them apart, and that of each in their order.
func (r *reading) byMergeKey(child value, keys []string, sets []parameters) (map[string]parameters, []string, error) {
	keyed, order := make(map[string]parameters, len(sets)), make([]string, len(sets))
	for i, set := range sets {
		members := make(map[string]any, len(keys))
		for _, key := range keys {
			members[key] = set.values[key]
		}
		text, err := json.Marshal(members)
		if err != nil {
			return nil, nil, rollout.Unresolved(child.path, "has merge keys that are no JSON: %s", oneLine(err))
		}
		if err := r.spend(child, len(text)); err != nil {
			return nil, nil, err
		}
		order[i] = string(text)
		if _, found := keyed[order[i]]; found {
			return nil, nil, rollout.Unresolved(child.path, "makes two sets of parameters with the merge keys %s", rollout.Quote(order[i]))
		}
		keyed[order[i]] = set
	}
	return keyed, order, nil
}

// covered is the set of one with another on top.
func (r *reading) covered(config value, base, over parameters, dialect dialect) (parameters, error) {
	set := parameters{cluster: base.cluster, origin: base.describe}
	if set.cluster == nil {
		set.cluster = over.cluster
	}
	made := len(base.values) + len(over.values)
	if dialect.goTemplate {
		set.values = overlaid(base.values, over.values, &made)
	} else {
		set.values = make(map[string]any, made)
		maps.Copy(set.values, base.values)
		maps.Copy(set.values, over.values)
	}
	return set, r.spend(config, made*parameterWeight)
}
