package applicationset

import (
	"github.com/seawall-dev/seawall/pkg/inventory/argocd"
	"github.com/seawall-dev/seawall/pkg/rollout"
)

// parameters is one set of parameters of a generator.
type parameters struct {
	values map[string]any
	// cluster is the inventory object that the set comes from; nil if there is none.
	cluster *argocd.Cluster
	// origin names the set when it comes from no cluster, such as elements[3].
	origin func() string
}

// generator is one sort of generator: the key of its entry and how it makes parameters.
type generator struct {
	key      string
	generate func(reading *reading, config value, spec *specification) ([]parameters, error)
}

// registry lists the generators in the order in which Argo CD runs those of one entry: that
// of the fields of ApplicationSetGenerator.
func registry() []generator {
	return []generator{
		{"list", list},
		{"clusters", clusters},
		{"git", overNetwork},
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
func overNetwork(_ *reading, config value, _ *specification) ([]parameters, error) {
	return nil, open(config, "is resolved over the network")
}

// openError says that a generator yields Applications that cannot be counted, although
// Argo CD creates them all the same.
type openError struct {
	*rollout.UnresolvedError

	// beside is set when all that is open is one child of a matrix.
	beside *closedChild
}

// closedChild is the child of a matrix beside one that is open.
type closedChild struct {
	index int
	// sets are the parameters that it makes, as JSON.
	sets []string
}

func (e *openError) Unwrap() error { return e.UnresolvedError }

func open(config value, problem string) error {
	return &openError{UnresolvedError: rollout.Unresolved(config.path, "%s", problem)}
}

// generated is what one generator of an entry makes.
type generated struct {
	config   value
	template map[string]any
	sets     []parameters
}

// expand runs the generators of one entry of spec.generators.
func (r *reading) expand(entry value, spec *specification) ([]generated, error) {
	filter, err := decodeFilter(entry.field("selector"))
	if err != nil {
		return nil, err
	}
	var all []generated
	for _, generator := range r.generators {
		config := entry.field(generator.key)
		if config.absent() {
			continue
		}
		if _, err := config.object(); err != nil {
			return nil, err
		}
		made, err := r.run(generator, config, spec)
		if err != nil {
			return nil, err
		}
		made.sets = filter.apply(made.sets)
		all = append(all, made)
	}
	return all, unknownGenerator(r.generators, entry)
}

func (r *reading) run(generator generator, config value, spec *specification) (generated, error) {
	made := generated{config: config, template: spec.template}
	if own := config.field("template"); !own.absent() {
		if err := checkTemplate(own); err != nil {
			return made, err
		}
		template, _ := merged(own.raw, spec.template).(map[string]any)
		made.template = template
	}
	var err error
	if made.sets, err = generator.generate(r, config, spec); err != nil {
		return made, err
	}
	return made, r.count(config, len(made.sets))
}

// unknownGenerator guards against generators of a later Argo CD: its CRD let the entry
// through, so that it means something.
func unknownGenerator(known []generator, entry value) error {
	members, _ := entry.object()
	for _, key := range sorted(members) {
		if key == "selector" || members[key] == nil {
			continue
		}
		found := false
		for _, generator := range known {
			found = found || generator.key == key
		}
		if !found {
			return open(entry.field(key), "is a generator that this version does not know")
		}
	}
	return nil
}
