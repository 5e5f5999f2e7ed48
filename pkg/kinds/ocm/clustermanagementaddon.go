package ocm

import (
	"context"
	"fmt"
	"maps"
	"reflect"
	"slices"

	"k8s.io/apimachinery/pkg/labels"

	"github.com/seawall-dev/seawall/pkg/budget"
	"github.com/seawall-dev/seawall/pkg/rollout"
)

const (
	installRemedy  = "let the placements of spec.installStrategy decide at most " + rollout.PerWave + " more clusters in one write"
	strategyRemedy = "set the rolloutStrategy of all spec.installStrategy.placements, and decide new clusters in later writes, " +
		"so that at most " + rollout.PerWave + " clusters are in flight together"
	// Without placements each ManagedClusterAddOn is somebody's own.
	manualRemedy    = "set spec.configs of at most " + rollout.PerWave + " of its ManagedClusterAddOns at a time, instead of a default for all"
	uninstallRemedy = "delete at most " + rollout.PerWave + " of its ManagedClusterAddOns at a time, and it when it has no more than those"
)

// ClusterManagementAddOn reads ClusterManagementAddOns.
func ClusterManagementAddOn(inventory *Inventory) rollout.Kind {
	return rollout.Kind{
		Group: addonGroup, Versions: []string{"v1alpha1", "v1beta1"}, Resource: "clustermanagementaddons", Name: "ClusterManagementAddOn",
		Reads: inventory.installing(), Reader: addonReader{inventory},
	}
}

// addonObject is what a Placement wants to know of the add-ons that it installs, too.
type addonObject struct {
	Metadata written `json:"metadata"`
	Spec     struct {
		InstallStrategy  installStrategy   `json:"installStrategy"`
		SupportedConfigs []supportedConfig `json:"supportedConfigs"`
		DefaultConfigs   []addonConfig     `json:"defaultConfigs"` // as v1beta1 calls them
	} `json:"spec"`
	Status struct {
		InstallProgressions []struct {
			Conditions []condition `json:"conditions"`
		} `json:"installProgressions"`
	} `json:"status"`
}

type installStrategy struct {
	Type       string             `json:"type"`
	Placements []installPlacement `json:"placements"`
}

type installPlacement struct {
	Namespace       string        `json:"namespace"`
	Name            string        `json:"name"`
	Configs         []addonConfig `json:"configs"`
	RolloutStrategy strategy      `json:"rolloutStrategy"`
}

// byPlacements tells whether placements install the add-on, and take it away.
func (s installStrategy) byPlacements() bool { return s.Type != "" && s.Type != "Manual" }

// installing returns the placements that install the add-on.
func (s installStrategy) installing() []installPlacement {
	if !s.byPlacements() {
		return nil
	}
	return s.Placements
}

type addon struct {
	addonObject

	clusters  []string
	byDefault configs
	// placed are those of them that a placement has decided.
	placed map[string]placed
	plans  []plan
}

// placed is what the last placement that decides for a cluster says of it.
type placed struct {
	placement int
	place     place
	configs   configs
}

type addonReader struct{ inventory *Inventory }

// Read implements rollout.Reader.
func (r addonReader) Read(ctx context.Context, write rollout.Write) (rollout.Change, error) {
	if write.SameSpec() {
		return rollout.Change{}, nil
	}
	before, after, err := rollout.Sides(write, func(object *rollout.Object) (*addon, error) {
		return r.read(budget.From(ctx), object)
	})
	if err != nil {
		return rollout.Change{}, err
	}
	installed, err := r.installed(write.Name)
	if err != nil {
		return rollout.Change{}, err
	}
	if before == nil {
		before = &addon{byDefault: configs{}}
		// Who has it by chance gets it anew.
		installed = slices.DeleteFunc(installed, func(name string) bool { _, placed := after.placed[name]; return placed })
	}
	old, err := r.inventory.environments(append(installed, before.clusters...))
	if err != nil {
		return rollout.Change{}, err
	}
	if after == nil {
		return rollout.TornDown(old, before.remedy(removeRemedy, uninstallRemedy)), nil
	}
	stay := after.clusters
	if !after.Spec.InstallStrategy.byPlacements() {
		stay = slices.AppendSeq(stay, maps.Keys(old))
	} // else it is taken off every cluster that no placement decides, whoever put it there
	now, err := r.inventory.environments(stay)
	if err != nil {
		return rollout.Change{}, err
	}
	staying, removed := rollout.Split(rollout.Delta(old, now, after.effect(write, before)))
	steps := rollout.Removing(after.steps(staying), rollout.AtOnce(removed, removeRemedy), apartRemedy)
	return rollout.Change{Environments: len(now), Steps: steps}, nil
}

// effect tells what happens to the clusters that stay.
func (a *addon) effect(write rollout.Write, before *addon) func(string) (rollout.Effect, bool) {
	complete := before.complete()
	rewritten := write.Rewrites("installStrategy", "supportedConfigs", "defaultConfigs", "addOnMeta", "addOnConfiguration")
	return func(name string) (rollout.Effect, bool) {
		if rewritten || !reflect.DeepEqual(before.configs(name), a.configs(name)) {
			return rollout.Changed, true
		}
		return rollout.Released, !complete && a.placed[name].place.soonerThan(before.placed[name].place)
	}
}

// configs returns the configurations of a cluster.
func (a *addon) configs(name string) configs {
	if placed, is := a.placed[name]; is {
		return placed.configs
	}
	return a.byDefault
}

// read reads an add-on and what its placements have decided.
func (r addonReader) read(account *budget.Account, object *rollout.Object) (*addon, error) {
	side := &addon{placed: map[string]placed{}}
	if err := object.Decode(&side.addonObject); err != nil {
		return nil, err
	}
	side.byDefault = defaults(side.Spec.SupportedConfigs, side.Spec.DefaultConfigs)
	for i, placement := range side.Spec.InstallStrategy.installing() {
		decided, err := r.inventory.decide(account, placement.Namespace, placement.Name)
		if err != nil {
			return nil, err
		}
		plan, err := placement.plan(fmt.Sprintf("spec.installStrategy.placements[%d].rolloutStrategy", i), decided)
		if err != nil {
			return nil, err
		}
		side.plans = append(side.plans, plan)
		configs := side.byDefault.with(placement.Configs)
		for name, place := range plan.places() {
			side.placed[name] = placed{i, place, configs}
		}
		side.clusters = append(side.clusters, decided.clusters()...)
	}
	return side, nil
}

// plan returns how another configuration goes to the clusters of a placement.
func (p installPlacement) plan(path string, decided decided) (plan, error) {
	strategy := p.RolloutStrategy
	if maxConcurrency := &strategy.Progressive.MaxConcurrency; *maxConcurrency == (size{}) {
		*maxConcurrency = decided.perGroup
	}
	return strategy.plan(path, p.Namespace+"/"+p.Name, decided)
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
func (a *addon) steps(staying []rollout.Target) []rollout.Step {
	var atOnce []string
	followers := make([]map[string]bool, len(a.plans))
	for i := range followers {
		followers[i] = map[string]bool{}
	}
	for _, target := range staying {
		if placed, is := a.placed[target.Name]; is && target.Effect != rollout.Added {
			followers[placed.placement][target.Name] = true
		} else {
			atOnce = append(atOnce, target.Name)
		}
	}
	plans := make([]plan, len(a.plans), len(a.plans)+1)
	for i, plan := range a.plans {
		plans[i] = plan.of(followers[i])
	}
	remedy := a.remedy(installRemedy, manualRemedy)
	unpaced := wave{clusters: atOnce, window: len(atOnce), pace: remedy, divide: remedy}
	return steps(append(plans, plan{waves: []wave{unpaced}}), staying, strategyRemedy)
}

// remedy returns the one for an add-on that placements install, or else for one that is installed by hand.
func (a *addon) remedy(placed, byHand string) string {
	if a.Spec.InstallStrategy.byPlacements() {
		return placed
	}
	return byHand
}
