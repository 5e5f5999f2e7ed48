package applicationset

import (
	"slices"

	"github.com/seawall-dev/seawall/pkg/rollout"
)

// yieldFunc takes one set of parameters, which is its own as long as it runs: who keeps it copies
// it. A generator ends with the error of yield.
type yieldFunc func(set *parameters) error

// generator is one sort of generator: the key of its entry and how it makes parameters.
type generator struct {
	key      string
	generate func(reading *reading, config value, spec *specification, yield yieldFunc) error
}

// registry lists the generators in the order in which Argo CD runs those of one entry: that
// of the fields of ApplicationSetGenerator.
func registry() []generator {
	return []generator{
		{"list", list},
		{"clusters", clusters},
		{"git", git},
		{"oci", overNetwork},
		{"scmProvider", overNetwork},
		{"clusterDecisionResource", clusterDecisions},
		{"pullRequest", overNetwork},
		{"matrix", matrix},
		{"merge", merge},
		{"plugin", overNetwork},
	}
}

// overNetwork stands for the generators that ask a server Seawall must not wait for.
func overNetwork(_ *reading, config value, _ *specification, _ yieldFunc) error {
	return open(config, "is resolved over the network")
}

// openError says that a generator yields Applications that cannot be counted, although
// Argo CD creates them all the same.
type openError struct {
	*rollout.UnresolvedError

	// beside is set when all that is open is one child of a matrix.
	beside *closedChild
	// least is how many sets of parameters there are at least.
	least int
}

// closedChild is the child of a matrix beside one that is open.
type closedChild struct {
	index int
	// sets are the parameters that it makes, as JSON.
	sets []string
}

func (e *openError) Unwrap() error { return e.UnresolvedError }

func open(config value, problem string) error {
	return &openError{UnresolvedError: rollout.Unresolved(config.spelled(), "%s", problem)}
}

// expand runs the generators of one entry of spec.generators. Each has a template of its own,
// for which use makes what takes its parameters.
func (r *reading) expand(entry value, spec *specification, use func(config value, template map[string]any) yieldFunc) error {
	filter, err := decodeFilter(entry.field("selector"))
	if err != nil {
		return err
	}
	if err := unknownGenerator(r.generators, entry); err != nil {
		return err
	}
	for _, generator := range r.generators {
		config := entry.field(generator.key)
		if config.absent() {
			continue
		}
		if _, err := config.object(); err != nil {
			return err
		}
		template := spec.template
		if own := config.field("template"); !own.absent() {
			if err := checkTemplate(own); err != nil {
				return err
			}
			template, _ = merged(own.raw, spec.template).(map[string]any)
		}
		if err := generator.generate(r, config, spec, r.counted(config, filter, use(config, template))); err != nil {
			return err
		}
	}
	return nil
}

// counted counts the sets of parameters of a generator and drops those that a filter does not
// match.
func (r *reading) counted(config value, filter filter, yield yieldFunc) yieldFunc {
	return func(set *parameters) error {
		if err := r.count(config); err != nil {
			return err
		}
		matches, err := filter.matches(r, set)
		if err != nil || !matches {
			return err
		}
		return yield(set)
	}
}

// unknownGenerator guards against generators of a later Argo CD: its CRD let the entry
// through, so that it means something.
func unknownGenerator(known []generator, entry value) error {
	unknown, found := "", false
	for key, member := range entry.members() {
		if key != "selector" && member != nil && !knows(known, key) && (!found || key < unknown) {
			unknown, found = key, true
		}
	}
	if !found {
		return nil
	}
	return open(entry.member(unknown), "is a generator that this version does not know")
}

func knows(known []generator, key string) bool {
	return slices.ContainsFunc(known, func(generator generator) bool { return generator.key == key })
}
