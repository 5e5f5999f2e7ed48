package ocm

import (
	"context"
	"fmt"
	"slices"

	"github.com/seawall-dev/seawall/pkg/budget"
	"github.com/seawall-dev/seawall/pkg/rollout"
)

const (
	besideRemedy = "set the rolloutStrategy of all spec.placementRefs so that they have at most " + rollout.PerWave +
		" clusters in flight together"
	removeRemedy = "drop at most " + rollout.PerWave + " clusters in one write"
	// What goes in one reconcile with what syncs is paced by no strategy.
	apartRemedy = ", and drop clusters in writes of their own, at most " + rollout.PerWave + " in each"
)

// ManifestWorkReplicaSet reads ManifestWorkReplicaSets.
func ManifestWorkReplicaSet(inventory *Inventory) rollout.Kind {
	return rollout.Kind{
		Group: workGroup, Versions: []string{"v1alpha1"}, Resource: "manifestworkreplicasets", Name: "ManifestWorkReplicaSet", Namespaced: true,
		Reads: inventory.deciding(), Reader: replicaSetReader{inventory},
	}
}

// replicaSetObject is what a Placement wants to know of those that follow it, too.
type replicaSetObject struct {
	Metadata written `json:"metadata"`
	Spec     struct {
		PlacementRefs []placementRef `json:"placementRefs"`
	} `json:"spec"`
	Status struct {
		Conditions []condition `json:"conditions"`
	} `json:"status"`
}

type placementRef struct {
	Name            string   `json:"name"`
	RolloutStrategy strategy `json:"rolloutStrategy"`
}

type replicaSet struct {
	replicaSetObject

	// orphans says that what the work made stays behind when the work is deleted.
	orphans      bool
	environments rollout.Environments
	// works are the names of the placements that decide for each cluster, and places where
	// it stands in the plan of each.
	works    map[string][]string
	places   map[string]map[string]place
	plans    []plan
	warnings []string
}

type replicaSetReader struct{ inventory *Inventory }

// Read implements rollout.Reader.
func (r replicaSetReader) Read(ctx context.Context, write rollout.Write) (rollout.Change, error) {
	if write.SameSpec() {
		return rollout.Change{}, nil
	}
	before, after, err := rollout.Sides(write, func(object *rollout.Object) (*replicaSet, error) {
		return r.read(budget.From(ctx), write.Namespace, object)
	})
	if err != nil {
		return rollout.Change{}, err
	}
	if after == nil {
		removal := before.removal(rollout.Delta(before.environments, nil, nil))
		return rollout.Change{Environments: len(before.environments), Steps: rollout.Steps(removal)}, nil
	}
	if before == nil {
		before = &replicaSet{}
	}
	change := rollout.Change{Environments: len(after.environments), Warnings: after.warnings}
	targets := rollout.Delta(before.environments, after.environments, after.effect(write, before))
	paced, tornDown := make([]rollout.Target, 0, len(targets)), []rollout.Target(nil)
	for _, target := range targets {
		if target.Effect == rollout.Removed || before.uproots(target.Name, after) {
			tornDown = append(tornDown, target)
		} else {
			paced = append(paced, target)
		}
	}
	change.Steps = rollout.Removing(steps(after.plans, paced, besideRemedy), before.removal(tornDown), apartRemedy)
	return change, nil
}

// read reads a side, and what its placements have decided.
func (r replicaSetReader) read(account *budget.Account, namespace string, object *rollout.Object) (*replicaSet, error) {
	side := &replicaSet{works: map[string][]string{}, places: map[string]map[string]place{}}
	if err := object.Decode(&side.replicaSetObject); err != nil {
		return nil, err
	}
	var option struct {
		PropagationPolicy string `json:"propagationPolicy"`
	}
	err := rollout.DecodeJSON(object.Spec.Within("manifestWorkTemplate")["deleteOption"], &option)
	side.orphans = err == nil && option.PropagationPolicy == "Orphan"
	var names []string
	for i, ref := range side.Spec.PlacementRefs {
		decided, err := r.inventory.decide(account, namespace, ref.Name)
		if err != nil {
			return nil, err
		}
		if decided.missing {
			side.warnings = append(side.warnings, fmt.Sprintf("there is no Placement %s/%s: nothing is synced before there is", namespace, ref.Name))
		}
		path := fmt.Sprintf("spec.placementRefs[%d].rolloutStrategy", i)
		plan, err := ref.RolloutStrategy.plan(path, namespace+"/"+ref.Name, decided)
		if err != nil {
			return nil, err
		}
		side.plans = append(side.plans, plan)
		side.places[ref.Name] = plan.places()
		clusters, only := decided.clusters(), []string{ref.Name}
		names = append(names, clusters...)
		for _, name := range clusters {
			if works := side.works[name]; works != nil {
				side.works[name] = append(works, ref.Name)
			} else {
				side.works[name] = slices.Clip(only) // most clusters have no other
			}
		}
	}
	side.environments, err = r.inventory.environments(names)
	return side, err
}

// effect tells what happens to the clusters that stay. Work that came with another placement
// is deleted and made anew.
func (s *replicaSet) effect(write rollout.Write, before *replicaSet) func(string) (rollout.Effect, bool) {
	rewritten, complete := write.Rewrites("placementRefs", "cascadeDeletionPolicy"), before.complete()
	return func(name string) (rollout.Effect, bool) {
		if rewritten || !slices.Equal(before.works[name], s.works[name]) {
			return rollout.Changed, true
		}
		return rollout.Released, !complete && slices.ContainsFunc(s.works[name], func(placement string) bool {
			return s.places[placement][name].soonerThan(before.places[placement][name])
		})
	}
}

// uproots tells whether a cluster loses work with a placement that is no longer followed: at
// once, even where another placement brings it anew at its own pace.
func (s *replicaSet) uproots(name string, after *replicaSet) bool {
	return !s.orphans && slices.ContainsFunc(s.works[name], func(placement string) bool {
		_, followed := after.places[placement]
		return !followed
	})
}

// removal is the step that takes the work off clusters, unless that leaves what it made.
func (s *replicaSet) removal(tornDown []rollout.Target) rollout.Step {
	if s.orphans {
		return rollout.Step{}
	}
	return rollout.AtOnce(tornDown, removeRemedy)
}
