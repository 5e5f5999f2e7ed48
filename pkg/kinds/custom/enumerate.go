package custom

import (
	"slices"
	"strings"

	"github.com/seawall-dev/seawall/pkg/inventory"
	"github.com/seawall-dev/seawall/pkg/risk"
	"github.com/seawall-dev/seawall/pkg/rollout"
)

// The members of what environments may yield: of one environment its name and the object of the
// inventory that it stands for, and of those that cannot all be counted what is known of them.
const (
	nameMember    = "name"
	targetMember  = "target"
	atLeastMember = "atLeast"
	becauseMember = "because"
)

const wantEnvironments = "want a list of names or a number"

// enumerate reads what the expression of the environments yields: names, a number, or what is
// known where they cannot be counted.
func (r *reader) enumerate(result *side, value any, namespace string) error {
	switch value := value.(type) {
	case int64:
		var inRange bool
		if result.count, inRange = count(value); !inRange {
			return r.unresolved("spec.environments", "yields %s: want 0 to %d", r.number(value), risk.MaxEnvironments)
		}
		result.counted = true
		return nil
	case []any:
		return r.list(result, value, namespace)
	case map[string]any:
		return r.uncounted(value, namespace)
	default:
		return r.unresolved("spec.environments", "yields %s: "+wantEnvironments, r.spell(value))
	}
}

// list reads a list of environments, each of which is a name or an object with one.
func (r *reader) list(result *side, values []any, namespace string) error {
	result.environments = make(rollout.Environments, len(values))
	for _, value := range values {
		name, stands, is := named(value)
		if !is {
			return r.unresolved("spec.environments", "yields %s: "+wantEnvironments, r.spell(values))
		}
		environment, err := r.known(name, stands, namespace)
		if err != nil {
			return err
		}
		if known := result.environments[name]; known == (rollout.Environment{}) {
			result.environments[name] = environment
		}
	}
	result.names = make([]string, 0, len(result.environments))
	for name := range result.environments {
		result.names = append(result.names, name)
	}
	slices.Sort(result.names)
	return nil
}

// named returns the name of an environment and, where it says so, that of the object of the
// inventory that it stands for, as "name" or "namespace/name".
func named(value any) (name, target string, valid bool) {
	if name, valid = value.(string); valid {
		return name, "", name != ""
	}
	members, _ := value.(map[string]any)
	name, _ = members[nameMember].(string)
	switch stands := members[targetMember].(type) {
	case nil:
		return name, "", name != "" && len(members) == 1
	case string:
		return name, stands, name != "" && len(members) == 2
	default:
		return "", "", false
	}
}

// known returns what the inventory knows of an environment: of the object that it stands for or,
// where it does not say, the one of its name, in the namespace of the rollout unless the name has
// one. The errors are those of inventory.Collection.Get.
func (r *reader) known(name, target, namespace string) (rollout.Environment, error) {
	if r.targets == nil {
		return rollout.Environment{}, nil
	}
	if target == "" {
		target = name
	}
	places := [][2]string{{"", target}, {namespace, target}}
	if at := strings.IndexByte(target, '/'); at >= 0 {
		places = [][2]string{{target[:at], target[at+1:]}}
	}
	for _, place := range places {
		object, err := inventory.IfServed(r.targets.Get(place[0], place[1]))
		if err != nil {
			return rollout.Environment{}, err
		}
		if object != nil && object.SuccessRate != "" {
			return r.targets.Environment(object), nil
		}
	}
	return rollout.Environment{}, nil
}

// uncounted returns the finding of a RolloutKind that cannot count all environments.
func (r *reader) uncounted(members map[string]any, namespace string) error {
	because, says := members[becauseMember].(string)
	known := &side{}
	if !says || len(members) != 2 {
		return r.unresolved("spec.environments", "yields %s: want an object with %s and %s", r.spell(members), atLeastMember, becauseMember)
	}
	if _, nests := members[atLeastMember].(map[string]any); nests {
		return r.unresolved("spec.environments", "yields an object as %s: "+wantEnvironments, atLeastMember)
	}
	if err := r.enumerate(known, members[atLeastMember], namespace); err != nil {
		return err
	}
	found := r.incomplete("spec.environments", "cannot say them all")
	if r.none() || r.programs.says(because) {
		found.Problem += ": " + because
	} else {
		found.Withheld = rollout.Quote(because)
	}
	found.AtLeast = known.size()
	return found
}

// namespaceOf returns the namespace of an object.
func namespaceOf(object map[string]any) string {
	metadata, _ := object["metadata"].(map[string]any)
	namespace, _ := metadata["namespace"].(string)
	return namespace
}
