package ocm

import (
	"context"
	"errors"
	"slices"

	"k8s.io/apimachinery/pkg/labels"

	"github.com/seawall-dev/seawall/pkg/rollout"
)

const placeRemedy = "set spec.numberOfClusters so that at most " + rollout.PerWave + " clusters are new or dropped in one write"

// Placement reads Placements, whose edits reach everything that follows them.
func Placement(inventory *Inventory) rollout.Kind {
	return rollout.Kind{
		Group: clusterGroup, Versions: []string{"v1beta1"}, Resource: "placements", Name: "Placement", Namespaced: true,
		OneShot: true, Reader: placementReader{inventory},
		Meaning: rollout.Meaning{
			Environments: "The ManagedClusters that the Placement decides, as long as a ManifestWorkReplicaSet of its namespace or a " +
				"ClusterManagementAddOn follows it: none otherwise.",
			Waves: "New clusters follow the rolloutStrategy of each ManifestWorkReplicaSet; an add-on is installed on all of them " +
				"at once. Several followers act side by side.",
			Delta: "The decisions as they stand, against those that the new spec makes: clusters are added or removed. Other decision " +
				"groups change nothing by themselves.",
			Inventory: "PlacementDecisions, ManagedClusters, ManagedClusterSets and their bindings, and who follows: " +
				"ManifestWorkReplicaSets and ClusterManagementAddOns.",
			Unknown: "Which clusters numberOfClusters picks among more: those that are decided are taken to stay. A celSelector cannot " +
				"be evaluated. Followers of other kinds, such as policies and ApplicationSets, are not counted.",
		},
	}
}

type placementReader struct{ inventory *Inventory }

// Read implements rollout.Reader.
func (r placementReader) Read(_ context.Context, write rollout.Write) (rollout.Change, error) {
	if write.Rewritten || write.SameSpec() { // what its clusters run is its followers' to say
		return rollout.Change{}, nil
	}
	followers, err := r.followers(write.Namespace, write.Name)
	if err != nil || followers.none() {
		return rollout.Change{}, err
	}
	old, err := r.inventory.decide(write.Namespace, write.Name)
	if _, uncounted := errors.AsType[*rollout.UnresolvedError](err); err != nil && (!uncounted || write.Operation == rollout.Delete) {
		return rollout.Change{}, err
	}
	before, err := r.inventory.environments(old.clusters())
	if err != nil {
		return rollout.Change{}, err
	}
	if write.Operation == rollout.Delete {
		return followers.deletion(before), nil
	}
	return r.change(write, followers, before, old.groups)
}

// change schedules the written placement, whose decisions stand as groups.
func (r placementReader) change(
	write rollout.Write, followers followers, before rollout.Environments, groups []group,
) (rollout.Change, error) {
	var placement placementObject
	if err := rollout.Decode(write.Object, &placement); err != nil {
		return rollout.Change{}, err
	}
	groups, err := r.inventory.schedule(write.Namespace, &placement.Spec, groups)
	if err != nil {
		return rollout.Change{}, err
	}
	after, err := r.inventory.environments(decided{groups: groups}.clusters())
	if err != nil {
		return rollout.Change{}, err
	}
	plans, err := followers.plans(write.Namespace+"/"+write.Name, decided{groups: groups})
	if err != nil {
		return rollout.Change{}, err
	}
	staying, removed := rollout.Split(rollout.Delta(before, after, nil))
	change := rollout.Change{Environments: len(after), Steps: steps(plans, staying)}
	for i := range change.Steps {
		change.Steps[i].PaceRemedy, change.Steps[i].SplitRemedy = placeRemedy, placeRemedy
	}
	change.Steps = append(change.Steps, rollout.Steps(rollout.AtOnce(removed, placeRemedy))...)
	return change, nil
}

// followers are the consumers of a placement.
type followers struct {
	strategies []strategy
	addons     int
}

func (f followers) none() bool { return len(f.strategies) == 0 && f.addons == 0 }

func (r placementReader) followers(namespace, name string) (followers, error) {
	var all followers
	sets, err := optional(r.inventory.replicaSets.List(namespace, labels.Everything()))
	if err != nil {
		return all, err
	}
	for _, set := range sets {
		for _, ref := range set.Value.Spec.PlacementRefs {
			if ref.Name == name {
				all.strategies = append(all.strategies, ref.RolloutStrategy)
			}
		}
	}
	addons, err := optional(r.inventory.addons.List("", labels.Everything()))
	if err != nil {
		return all, err
	}
	for _, addon := range addons {
		strategy := addon.Value.Spec.InstallStrategy
		if strategy.byPlacements() && slices.ContainsFunc(strategy.Placements, func(p installPlacement) bool {
			return p.Namespace == namespace && p.Name == name
		}) {
			all.addons++
		}
	}
	return all, nil
}

func (f followers) plans(placement string, decided decided) ([]plan, error) {
	var plans []plan
	for _, strategy := range f.strategies {
		waves, err := strategy.waves("spec.placementRefs[].rolloutStrategy of a ManifestWorkReplicaSet", placement, decided)
		if err != nil {
			return nil, err
		}
		plans = append(plans, waves)
	}
	for range f.addons {
		plans = append(plans, plan{together(decided.groups, placeRemedy, placeRemedy)})
	}
	return plans, nil
}

// deletion takes add-ons away; a ManifestWorkReplicaSet without its placement stands still.
func (f followers) deletion(before rollout.Environments) rollout.Change {
	change := rollout.Change{Environments: len(before)}
	if f.addons > 0 {
		change.Steps = rollout.Steps(rollout.AtOnce(rollout.Delta(before, nil, nil), placeRemedy))
	}
	return change
}
