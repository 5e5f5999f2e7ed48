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
	var all []follower
	for _, find := range []func(namespace, name string) ([]follower, error){
		i.followingSets, i.followingAddOns, i.followingPolicies, i.followingApplicationSets,
	} {
		found, err := find(namespace, name)
		if err != nil {
			return nil, err
		}
		all = append(all, found...)
	}
	return all, nil
}

func (i *Inventory) followingSets(namespace, name string) (all []follower, err error) {
	sets, err := inventory.IfServed(i.replicaSets.List(namespace, labels.Everything()))
	for _, set := range sets {
		path := "ManifestWorkReplicaSet " + namespace + "/" + set.Name + ": spec.placementRefs[].rolloutStrategy"
		for _, ref := range set.Value.Spec.PlacementRefs {
			if ref.Name == name {
				strategy := installPlacement{RolloutStrategy: ref.RolloutStrategy}
				all = append(all, follower{path: path, strategy: strategy, complete: set.Value.complete()})
			}
		}
	}
	return all, err
}

func (i *Inventory) followingAddOns(namespace, name string) (all []follower, err error) {
	addons, err := inventory.IfServed(i.addons.List("", labels.Everything()))
	for _, addon := range addons {
		path := "a ClusterManagementAddOn on the Placement: spec.installStrategy.placements[].rolloutStrategy"
		for _, placement := range addon.Value.Spec.InstallStrategy.installing() {
			if placement.Namespace == namespace && placement.Name == name {
				all = append(all, follower{installs: true, path: path, strategy: placement, complete: addon.Value.complete()})
			}
		}
	}
	return all, err
}

func (i *Inventory) followingPolicies(namespace, name string) ([]follower, error) {
	policies, err := i.view(namespace)
	if err != nil || !policies.enforcesFor(name) {
		return nil, err
	}
	return []follower{{governs: true}}, nil
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
