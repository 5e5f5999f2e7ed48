package fleet

import (
	"encoding/json"
	"slices"
	"strconv"
	"strings"

	kjson "sigs.k8s.io/json"
)

// target is an entry of spec.targets.
type target struct {
	criteria

	DoNotDeploy bool

	// options are the fields that change what is deployed, as JSON.
	options json.RawMessage
}

// UnmarshalJSON reads the criteria and keeps everything else as options.
func (t *target) UnmarshalJSON(text []byte) error {
	var selection struct {
		criteria

		DoNotDeploy bool `json:"doNotDeploy"`
	}
	if err := kjson.UnmarshalCaseSensitivePreserveInts(text, &selection); err != nil {
		return err //nolint:wrapcheck // the decoder of the whole object wraps it
	}
	var err error
	t.criteria, t.DoNotDeploy = selection.criteria, selection.DoNotDeploy
	t.options, err = without(text, "name", "clusterName", "clusterSelector", "clusterGroup", "clusterGroupSelector", "doNotDeploy")
	return err
}

// without returns a JSON object without some of its members, its keys in order.
func without(text []byte, names ...string) (json.RawMessage, error) {
	var members map[string]json.RawMessage
	if err := json.Unmarshal(text, &members); err != nil {
		return nil, err //nolint:wrapcheck // as above
	}
	for _, name := range names {
		delete(members, name)
	}
	return json.Marshal(members) //nolint:wrapcheck // what was just unmarshalled marshals
}

// selection says which clusters a Bundle deploys to, and with which targets' options.
type selection struct {
	targets      []target
	matchers     []matcher
	restrictions []matcher
	// customizations is how many of the first targets only add options: Fleet puts those
	// of fleet.yaml before those of the GitRepo, of which each is a restriction, too.
	customizations int
	allMatches     bool
}

func newSelection(s *spec) (*selection, error) {
	matchers, err := compileAll("spec.targets", s.Targets, func(t target) criteria { return t.criteria })
	if err != nil {
		return nil, err
	}
	restrictions, err := compileAll("spec.targetRestrictions", s.TargetRestrictions, func(c criteria) criteria { return c })
	if err != nil {
		return nil, err
	}
	selection := &selection{targets: s.Targets, matchers: matchers, restrictions: restrictions}
	selection.allMatches = s.TargetCustomizationMode == "AllMatches"
	if len(restrictions) > 0 {
		selection.customizations = max(0, len(s.Targets)-len(restrictions))
	}
	return selection, nil
}

// rules is how many criteria a cluster may have to be held against.
func (s *selection) rules() int { return len(s.matchers) * (1 + len(s.restrictions)) }

// chosen returns the targets whose options apply to a cluster, as a key that is equal for
// equal choices, and whether it is deployed to at all (Fleet's target/builder.go).
func (s *selection) chosen(c cluster) (indices string, deploys bool) {
	first := s.first(c)
	if first < 0 || s.targets[first].DoNotDeploy {
		return "", false
	}
	if s.customizations == 0 {
		return strconv.Itoa(first), true
	}
	var applied []string
	for i := range s.customizations {
		if !s.matchers[i].matches(c) {
			continue
		}
		if s.targets[i].DoNotDeploy {
			return "", false
		}
		applied = append(applied, strconv.Itoa(i))
		if !s.allMatches {
			break
		}
	}
	// With AllMatches the customizations are merged over the target, else they replace it.
	if s.allMatches || len(applied) == 0 {
		applied = slices.Insert(applied, 0, strconv.Itoa(first))
	}
	return strings.Join(applied, " "), true
}

// first returns the first target that matches and is no customization, or -1. Where there are
// restrictions, one of them must match, too.
func (s *selection) first(c cluster) int {
	for i := s.customizations; i < len(s.matchers); i++ {
		if slices.ContainsFunc(c.groups, func(in membership) bool {
			return s.matchers[i].admits(c, in) && (len(s.restrictions) == 0 ||
				slices.ContainsFunc(s.restrictions, func(restriction matcher) bool { return restriction.admits(c, in) }))
		}) {
			return i
		}
	}
	return -1
}

// options returns what the chosen targets deploy with, as text to compare.
func (s *selection) options(indices string) string {
	var all strings.Builder
	for index := range strings.FieldsSeq(indices) {
		i, _ := strconv.Atoi(index)
		all.Write(s.targets[i].options)
		all.WriteByte('\n')
	}
	return all.String()
}
