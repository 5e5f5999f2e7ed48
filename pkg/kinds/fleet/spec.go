package fleet

import (
	"encoding/json"
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/labels"

	"github.com/seawall-dev/seawall/pkg/budget"
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

// status is how far a rollout says that it is.
type status struct {
	Unavailable int `json:"unavailable"`
	Summary     struct {
		DesiredReady int `json:"desiredReady"`
		Ready        int `json:"ready"`
		NotReady     int `json:"notReady"`
		ErrApplied   int `json:"errApplied"`
	} `json:"summary"`
	ObservedGeneration int64 `json:"observedGeneration"`
}

// side is the rollout before or after a write.
type side struct {
	spec

	account *budget.Account
	// unavailable and settled are what the status tells: how many clusters are not ready,
	// and that all of them run what this generation of the rollout says.
	unavailable int
	settled     bool
	// estimate says that the strategy is not in the object.
	estimate bool
	// clusters are those that it deploys to, sorted by name, and names what they are called
	// as environments. Each gets the options of some targets, as text to compare.
	clusters     []cluster
	names        []string
	environments rollout.Environments
	options      map[string]string
}

// pace returns the strategy, which is empty where there is none.
func (s *side) pace() *strategy {
	if s.RolloutStrategy == nil {
		return &strategy{}
	}
	return s.RolloutStrategy
}

// side reads a rollout.
func (r reader) side(account *budget.Account, namespace string, object *rollout.Object) (*side, error) {
	var read struct {
		Spec   spec   `json:"spec"`
		Status status `json:"status"`
	}
	if err := object.Decode(&read); err != nil {
		return nil, err
	}
	status, summary := read.Status, read.Status.Summary
	side := &side{
		spec: read.Spec, account: account,
		// A HelmOp has only the summary, which leaves out those that are just being updated.
		unavailable: max(0, status.Unavailable, summary.NotReady+summary.ErrApplied),
		settled: summary.DesiredReady > 0 && summary.Ready == summary.DesiredReady &&
			status.ObservedGeneration > 0 && status.ObservedGeneration == object.Metadata.Generation,
		estimate: r.estimates,
	}
	if r.estimates {
		side.RolloutStrategy, side.settled = nil, false // the repository may have moved on
	}
	if len(side.Targets) == 0 {
		side.Targets = r.defaultTargets
	}
	return side, r.inventory.match(side, namespace, r.bundleLabels(object.Metadata, side))
}

// bundleLabels returns the labels of the Bundles that Fleet makes of a rollout, which
// BundleNamespaceMappings select by.
func (r reader) bundleLabels(metadata rollout.Metadata, side *side) labels.Set {
	own := metadata.Labels
	if r.specLabels {
		own = side.Labels
	}
	if r.nameLabel == "" {
		return own
	}
	return labels.Merge(own, labels.Set{r.nameLabel: metadata.Name})
}

// match finds the clusters.
func (i *Inventory) match(side *side, namespace string, bundleLabels labels.Set) error {
	selection, err := newSelection(&side.spec)
	if err != nil {
		return err
	}
	candidates, err := i.candidates(side.account, namespace, bundleLabels)
	if err != nil {
		return err
	}
	slices.SortStableFunc(candidates, func(a, b cluster) int { return strings.Compare(a.Name, b.Name) })
	texts := map[string]string{}
	var options []string
	for _, candidate := range candidates {
		if err := side.account.Work(selection.rules() * len(candidate.groups)); err != nil {
			return err
		}
		choice, deploys := selection.chosen(candidate)
		if !deploys {
			continue
		}
		if _, known := texts[choice]; !known {
			texts[choice] = selection.options(choice)
		}
		side.clusters, options = append(side.clusters, candidate), append(options, texts[choice])
	}
	count := len(side.clusters)
	side.environments, side.options = make(rollout.Environments, count), make(map[string]string, count)
	side.names = make([]string, count)
	for n, chosen := range side.clusters {
		name := chosen.Name
		if chosen.Namespace != namespace {
			name = chosen.Namespace + "/" + name
		}
		side.names[n], side.environments[name], side.options[name] = name, i.clusters.Environment(chosen.Object), options[n]
	}
	return nil
}
