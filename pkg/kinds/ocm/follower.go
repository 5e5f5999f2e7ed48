package ocm

import (
	"maps"

	"k8s.io/apimachinery/pkg/labels"

	"github.com/seawall-dev/seawall/pkg/inventory"
	"github.com/seawall-dev/seawall/pkg/rollout"
)

// follower is a consumer of a placement: a ManifestWorkReplicaSet, an add-on, which is installed
// at once, or policies or an ApplicationSet, which go everywhere at once.
type follower struct {
	installs, governs bool
	// path is that of its strategy for a message.
	path     string
	strategy installPlacement
	// complete says that no cluster waits for another.
	complete bool
}

// followers returns the consumers of a placement. Those of a kind that is not served are none.
func (i *Inventory) followers(namespace, name string) ([]follower, error) {
	sets, err := inventory.IfServed(i.replicaSets.List(namespace, labels.Everything()))
	if err != nil {
		return nil, err
	}
	addons, err := inventory.IfServed(i.addons.List("", labels.Everything()))
	if err != nil {
		return nil, err
	}
	var all []follower
	for _, set := range sets {
		path := "ManifestWorkReplicaSet " + namespace + "/" + set.Name + ": spec.placementRefs[].rolloutStrategy"
		for _, ref := range set.Value.Spec.PlacementRefs {
			if ref.Name == name {
				all = append(all, follower{path: path, strategy: installPlacement{RolloutStrategy: ref.RolloutStrategy}, complete: set.Value.complete()})
			}
		}
	}
	for _, addon := range addons {
		path := "a ClusterManagementAddOn on the Placement: spec.installStrategy.placements[].rolloutStrategy"
		for _, placement := range addon.Value.Spec.InstallStrategy.installing() {
			if placement.Namespace == namespace && placement.Name == name {
				all = append(all, follower{installs: true, path: path, strategy: placement, complete: addon.Value.complete()})
			}
		}
	}
	policies, err := i.view(namespace)
	if err != nil {
		return nil, err
	}
	if policies.enforcesFor(name) {
		all = append(all, follower{governs: true})
	}
	decisions, err := i.decisions.List(namespace, labels.SelectorFromSet(labels.Set{placementLabel: name}))
	if err != nil {
		return nil, err
	}
	applicationSets, err := i.argoCD.followers(namespace, name, decisions)
	return append(all, applicationSets...), err
}

// plans returns how the follower goes on: to the clusters that are added, and to those that
// it releases, which it marks.
func (f follower) plans(placement string, old, now decided, added, released map[string]bool) ([]plan, error) {
	after, err := f.plan(placement, now)
	if err != nil {
		return nil, rollout.Withhold(err, f.path, "is not understood")
	}
	freed := map[string]bool{}
	if before, err := f.plan(placement, old); err == nil && !f.complete {
		places := before.places()
		for name, place := range after.places() {
			if place.soonerThan(places[name]) {
				freed[name] = true
			}
		}
	}
	maps.Copy(released, freed)
	if f.installs {
		return []plan{plan{waves: []wave{together(now.groups, placeRemedy, placeRemedy)}}.of(added), after.of(freed)}, nil
	}
	maps.Copy(freed, added)
	return []plan{after.of(freed)}, nil
}

func (f follower) plan(placement string, decided decided) (plan, error) {
	if f.installs {
		return f.strategy.plan(f.path, decided)
	}
	return f.strategy.RolloutStrategy.plan(f.path, placement, decided)
}
