package ocm

import (
	"context"
	"encoding/json"
	"fmt"

	"k8s.io/apimachinery/pkg/labels"

	"github.com/seawall-dev/seawall/pkg/rollout"
)

const installRemedy = "let the placements of spec.installStrategy decide at most " + rollout.PerWave + " more clusters in one write"

// ClusterManagementAddOn reads ClusterManagementAddOns.
func ClusterManagementAddOn(inventory *Inventory) rollout.Kind {
	return rollout.Kind{
		Group: addonGroup, Versions: []string{"v1alpha1", "v1beta1"}, Resource: "clustermanagementaddons", Name: "ClusterManagementAddOn",
		Reader: addonReader{inventory},
		Meaning: rollout.Meaning{
			Environments: "Each ManagedCluster that a Placement of spec.installStrategy has decided, and each that has the add-on already.",
			Waves: "A first install goes to all clusters at once. Another configuration follows the rolloutStrategy of the cluster's " +
				"last placement, whose maxConcurrency is clustersPerDecisionGroup of the Placement if it is not set; add-ons outside " +
				"of all placements change at once.",
			Delta: "Clusters are added, removed, or changed by another default configuration or by other configs of their placement.",
			Inventory: "Placements, PlacementDecisions, ManagedClusters, ManagedClusterSets and their bindings, and the metadata of " +
				"ManagedClusterAddOns.",
			Unknown: "An edit of the AddOnTemplate or AddOnDeploymentConfig that a configuration names starts a rollout without any " +
				"write of the ClusterManagementAddOn. Configurations that single ManagedClusterAddOns set for themselves are not read.",
		},
	}
}

type addonObject struct {
	Spec struct {
		InstallStrategy installStrategy `json:"installStrategy"`
	} `json:"spec"`
}

type installStrategy struct {
	Type       string             `json:"type"`
	Placements []installPlacement `json:"placements"`
}

type installPlacement struct {
	Namespace       string          `json:"namespace"`
	Name            string          `json:"name"`
	Configs         json.RawMessage `json:"configs"`
	RolloutStrategy strategy        `json:"rolloutStrategy"`
}

// byPlacements tells whether placements install the add-on.
func (s installStrategy) byPlacements() bool { return s.Type == "Placements" }

type addon struct {
	Spec struct {
		InstallStrategy  installStrategy `json:"installStrategy"`
		SupportedConfigs json.RawMessage `json:"supportedConfigs"`
		DefaultConfigs   json.RawMessage `json:"defaultConfigs"` // as v1beta1 calls them
	} `json:"spec"`

	clusters []string
	// configs are those of a cluster's last placement, and of is that placement's index.
	configs map[string]json.RawMessage
	of      map[string]int
	decided []decided
}

type addonReader struct{ inventory *Inventory }

// Read implements rollout.Reader.
func (r addonReader) Read(_ context.Context, write rollout.Write) (rollout.Change, error) {
	if write.SameSpec() {
		return rollout.Change{}, nil
	}
	before, after, err := rollout.Sides(write, r.read)
	if err != nil {
		return rollout.Change{}, err
	}
	installed, err := r.installed(write.Name)
	if err != nil {
		return rollout.Change{}, err
	}
	if after == nil {
		gone, err := r.inventory.environments(append(installed, before.clusters...))
		return rollout.Change{Environments: len(gone), Steps: rollout.Steps(rollout.AtOnce(rollout.Delta(gone, nil, nil), removeRemedy))}, err
	}
	if before == nil {
		before, installed = &addon{}, nil // who has it by chance gets it anew
	}
	return r.change(write, before, after, installed)
}

func (r addonReader) change(write rollout.Write, before, after *addon, installed []string) (rollout.Change, error) {
	old, err := r.inventory.environments(append(installed, before.clusters...))
	if err != nil {
		return rollout.Change{}, err
	}
	stay := after.clusters
	for name := range old {
		// Only placements take an add-on away, and only where they put it.
		if _, placed := before.of[name]; !placed || !after.Spec.InstallStrategy.byPlacements() {
			stay = append(stay, name)
		}
	}
	now, err := r.inventory.environments(stay)
	if err != nil {
		return rollout.Change{}, err
	}
	rewritten := write.Rewrites(before.Spec.SupportedConfigs, after.Spec.SupportedConfigs) ||
		!rollout.SameJSON(before.Spec.DefaultConfigs, after.Spec.DefaultConfigs)
	staying, removed := rollout.Split(rollout.Delta(old, now, func(name string) (rollout.Effect, bool) {
		return rollout.Changed, rewritten || !rollout.SameJSON(before.configs[name], after.configs[name])
	}))
	result := rollout.Change{Environments: len(now)}
	if result.Steps, err = after.steps(staying); err != nil {
		return rollout.Change{}, err
	}
	result.Steps = append(result.Steps, rollout.Steps(rollout.AtOnce(removed, removeRemedy))...)
	return result, nil
}

// read reads an add-on and what its placements have decided.
func (r addonReader) read(object []byte) (*addon, error) {
	side := &addon{configs: map[string]json.RawMessage{}, of: map[string]int{}}
	if err := rollout.Decode(object, side); err != nil {
		return nil, err
	}
	if !side.Spec.InstallStrategy.byPlacements() {
		return side, nil
	}
	for i, placement := range side.Spec.InstallStrategy.Placements {
		decided, err := r.inventory.decide(placement.Namespace, placement.Name)
		if err != nil {
			return nil, err
		}
		side.decided = append(side.decided, decided)
		for _, name := range decided.clusters() {
			side.configs[name], side.of[name] = placement.Configs, i
		}
		side.clusters = append(side.clusters, decided.clusters()...)
	}
	return side, nil
}

// installed returns the clusters that have the add-on.
func (r addonReader) installed(name string) ([]string, error) {
	objects, err := r.inventory.installed.List("", labels.Everything())
	if err != nil {
		return nil, err
	}
	var clusters []string
	for _, object := range objects {
		if object.Name == name {
			clusters = append(clusters, object.Namespace)
		}
	}
	return clusters, nil
}

// steps runs the plans of the placements over the clusters that follow them. First installs
// and add-ons outside of all placements sync at once, beside the first waves.
func (a *addon) steps(staying []rollout.Target) ([]rollout.Step, error) {
	var atOnce []string
	followers := make([][]rollout.Target, len(a.decided))
	for _, target := range staying {
		if placement, placed := a.of[target.Name]; placed && target.Effect != rollout.Added {
			followers[placement] = append(followers[placement], target)
		} else {
			atOnce = append(atOnce, target.Name)
		}
	}
	plans := []plan{{{clusters: atOnce, window: len(atOnce), pace: installRemedy, divide: installRemedy}}}
	for i, placement := range a.Spec.InstallStrategy.Placements {
		if i >= len(a.decided) {
			break // not installed by placements
		}
		plan, err := placement.plan(i, a.decided[i], followers[i])
		if err != nil {
			return nil, err
		}
		plans = append(plans, plan)
	}
	return steps(plans, staying), nil
}

// plan returns the waves of those clusters that follow a placement.
func (p installPlacement) plan(index int, decided decided, followers []rollout.Target) (plan, error) {
	strategy := p.RolloutStrategy
	if maxConcurrency := &strategy.Progressive.MaxConcurrency; *maxConcurrency == (size{}) {
		*maxConcurrency = decided.perGroup
	}
	path := fmt.Sprintf("spec.installStrategy.placements[%d].rolloutStrategy", index)
	waves, err := strategy.waves(path, p.Namespace+"/"+p.Name, decided)
	if err != nil {
		return nil, err
	}
	follows := make(map[string]bool, len(followers))
	for _, target := range followers {
		follows[target.Name] = true
	}
	for i, wave := range waves {
		var own []string
		for _, name := range wave.clusters {
			if follows[name] {
				own = append(own, name)
			}
		}
		waves[i].clusters = own
	}
	return waves, nil
}
