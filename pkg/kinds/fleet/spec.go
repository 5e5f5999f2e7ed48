package fleet

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"

	"github.com/seawall-dev/seawall/pkg/rollout"
)

// spec is what Seawall reads of the spec of a Bundle, and of a HelmOp, which holds one.
type spec struct {
	Targets                 []target   `json:"targets"`
	TargetRestrictions      []criteria `json:"targetRestrictions"`
	TargetCustomizationMode string     `json:"targetCustomizationMode"`
	RolloutStrategy         *strategy  `json:"rolloutStrategy"`
	Paused                  bool       `json:"paused"`
	KeepResources           bool       `json:"keepResources"`
	// DependsOn are the Bundles that clusters wait for, which deploy nothing by themselves.
	DependsOn []json.RawMessage `json:"dependsOn"`
	// Labels are those of a HelmOp's Bundle.
	Labels map[string]string `json:"labels"`
}

// side is the rollout before or after a write.
type side struct {
	spec

	// content is what is deployed to every cluster, as JSON.
	content json.RawMessage
	// unavailable and settled are what the status tells: how many clusters are not ready,
	// and that all of them run what this generation of the rollout says.
	unavailable int
	settled     bool
	// estimate says that the strategy is not in the object.
	estimate bool
	// clusters are those that it deploys to, sorted by name, and choices the targets whose
	// options each gets.
	clusters  []cluster
	choices   []string
	selection *selection
}

// pace returns the strategy, which is empty where there is none.
func (s *side) pace() *strategy {
	if s.RolloutStrategy == nil {
		return &strategy{}
	}
	return s.RolloutStrategy
}

// decoded is the shape that the objects of all kinds share.
type decoded struct {
	Metadata struct {
		Name       string            `json:"name"`
		Labels     map[string]string `json:"labels"`
		Generation int64             `json:"generation"`
	} `json:"metadata"`
	Spec   json.RawMessage `json:"spec"`
	Status struct {
		Unavailable int `json:"unavailable"`
		Summary     struct {
			DesiredReady int `json:"desiredReady"`
			Ready        int `json:"ready"`
			NotReady     int `json:"notReady"`
			ErrApplied   int `json:"errApplied"`
		} `json:"summary"`
		ObservedGeneration int64 `json:"observedGeneration"`
	} `json:"status"`
}

// side reads a rollout.
func (r reader) side(namespace string, object *rollout.Object) (*side, error) {
	var read decoded
	if err := rollout.Decode(object, &read); err != nil {
		return nil, err
	}
	if len(read.Spec) == 0 {
		read.Spec = json.RawMessage("{}")
	}
	summary := read.Status.Summary
	side := &side{
		// A HelmOp has only the summary, which leaves out those that are just being updated.
		unavailable: max(0, read.Status.Unavailable, summary.NotReady+summary.ErrApplied),
		settled: summary.DesiredReady > 0 && summary.Ready == summary.DesiredReady &&
			read.Status.ObservedGeneration > 0 && read.Status.ObservedGeneration == read.Metadata.Generation,
	}
	var wrapped struct {
		Spec *spec `json:"spec"`
	}
	wrapped.Spec = &side.spec
	if err := rollout.Decode(object, &wrapped); err != nil {
		return nil, err
	}
	if wrapped.Spec == nil { // "spec: null"
		read.Spec = json.RawMessage("{}")
	}
	if len(side.Targets) == 0 {
		side.Targets = r.defaultTargets
	}
	var err error
	if side.content, err = without(read.Spec, r.unrolled...); err != nil {
		return nil, rollout.Unresolved("spec", "cannot be read: %s", rollout.Quote(err.Error()))
	}
	return side, r.inventory.match(side, namespace, r.bundleLabels(read, side))
}

// bundleLabels returns the labels of the Bundles that Fleet makes of a rollout, which
// BundleNamespaceMappings select by.
func (r reader) bundleLabels(read decoded, side *side) map[string]string {
	labels := maps.Clone(read.Metadata.Labels)
	if r.specLabels {
		labels = maps.Clone(side.Labels)
	}
	if r.nameLabel == "" {
		return labels
	}
	if labels == nil {
		labels = map[string]string{}
	}
	labels[r.nameLabel] = read.Metadata.Name
	return labels
}

// match finds the clusters.
func (i *Inventory) match(side *side, namespace string, bundleLabels map[string]string) error {
	var err error
	if side.selection, err = newSelection(&side.spec); err != nil {
		return err
	}
	candidates, err := i.candidates(namespace, bundleLabels)
	if err != nil {
		return err
	}
	slices.SortStableFunc(candidates, func(a, b cluster) int { return strings.Compare(a.Name, b.Name) })
	for _, candidate := range candidates {
		if choice, deploys := side.selection.chosen(candidate); deploys {
			side.clusters = append(side.clusters, candidate)
			side.choices = append(side.choices, choice)
		}
	}
	return nil
}

// environments returns the clusters as environments, and what each of them gets.
func (s *side) environments(namespace string) (environments rollout.Environments, options map[string]string) {
	environments, options = rollout.Environments{}, map[string]string{}
	if s == nil {
		return environments, options
	}
	texts := map[string]string{}
	for index, cluster := range s.clusters {
		choice := s.choices[index]
		if _, known := texts[choice]; !known {
			texts[choice] = s.selection.options(choice)
		}
		name := cluster.name(namespace)
		environments[name], options[name] = cluster.environment(), texts[choice]
	}
	return environments, options
}
