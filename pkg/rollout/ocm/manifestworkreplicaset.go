package ocm

import (
	"context"
	"encoding/json"
	"fmt"
	"reflect"

	"github.com/seawall-dev/seawall/pkg/rollout"
)

const removeRemedy = "drop at most " + rollout.PerWave + " clusters in one write"

// ManifestWorkReplicaSet reads ManifestWorkReplicaSets.
func ManifestWorkReplicaSet(inventory *Inventory) rollout.Kind {
	return rollout.Kind{
		Group: workGroup, Versions: []string{"v1alpha1"}, Resource: "manifestworkreplicasets", Name: "ManifestWorkReplicaSet", Namespaced: true,
		Reader: replicaSetReader{inventory},
		Meaning: rollout.Meaning{
			Environments: "Each ManagedCluster that a Placement of spec.placementRefs has decided, as the PlacementDecisions stand; " +
				"while a Placement has none, as its spec decides over sets, predicates, taints and numberOfClusters.",
			Waves: "rolloutStrategy: All at once; Progressive with each mandatory decision group as a gate and then maxConcurrency " +
				"clusters in flight, all the rest if it is not set; ProgressivePerGroup with each decision group as a gate. Several " +
				"placements roll out side by side.",
			Delta: "Clusters are added, removed (unless deletions orphan), or changed: all by another manifestWorkTemplate, some by " +
				"another placement that decides for them. A looser strategy releases all unless the condition PlacementRolledOut is Complete.",
			Inventory: "Placements, PlacementDecisions, ManagedClusters, ManagedClusterSets and their bindings.",
			Unknown: "Which clusters numberOfClusters picks among more, when a Placement is new: the number is exact. A Placement with " +
				"a celSelector that has decided nothing yet cannot be counted. maxFailures lets a rollout go on after failures.",
		},
	}
}

type replicaSetObject struct {
	Spec struct {
		PlacementRefs []placementRef `json:"placementRefs"`
	} `json:"spec"`
}

type placementRef struct {
	Name            string   `json:"name"`
	RolloutStrategy strategy `json:"rolloutStrategy"`
}

type replicaSet struct {
	Spec struct {
		PlacementRefs        []placementRef  `json:"placementRefs"`
		ManifestWorkTemplate json.RawMessage `json:"manifestWorkTemplate"`
	} `json:"spec"`
	Status struct {
		Conditions []struct {
			Type   string `json:"type"`
			Reason string `json:"reason"`
		} `json:"conditions"`
	} `json:"status"`

	environments rollout.Environments
	// placements are the names of those that decide for each cluster.
	placements map[string]string
	plans      []plan
	warnings   []string
}

type replicaSetReader struct{ inventory *Inventory }

// Read implements rollout.Reader.
func (r replicaSetReader) Read(_ context.Context, write rollout.Write) (rollout.Change, error) {
	if write.SameSpec() {
		return rollout.Change{}, nil
	}
	before, after, err := rollout.Sides(write, func(object []byte) (*replicaSet, error) {
		side := &replicaSet{}
		if err := rollout.Decode(object, side); err != nil {
			return nil, err
		}
		return side, r.follow(write.Namespace, side)
	})
	if err != nil {
		return rollout.Change{}, err
	}
	if after == nil {
		_, removed := rollout.Split(rollout.Delta(before.environments, nil, nil))
		return rollout.Change{Environments: len(before.environments), Steps: before.removal(removed)}, nil
	}
	if before == nil {
		before = &replicaSet{}
	}
	change := rollout.Change{Environments: len(after.environments), Warnings: after.warnings}
	staying, removed := rollout.Split(rollout.Delta(before.environments, after.environments, after.effect(write, before)))
	change.Steps = append(steps(after.plans, staying), before.removal(removed)...)
	return change, nil
}

// follow reads what the placements have decided.
func (r replicaSetReader) follow(namespace string, side *replicaSet) error {
	var names []string
	side.placements = map[string]string{}
	for i, ref := range side.Spec.PlacementRefs {
		decided, err := r.inventory.decide(namespace, ref.Name)
		if err != nil {
			return err
		}
		if decided.missing {
			side.warnings = append(side.warnings, fmt.Sprintf("there is no Placement %s/%s: nothing is synced before there is", namespace, ref.Name))
		}
		path := fmt.Sprintf("spec.placementRefs[%d].rolloutStrategy", i)
		waves, err := ref.RolloutStrategy.waves(path, namespace+"/"+ref.Name, decided)
		if err != nil {
			return err
		}
		side.plans = append(side.plans, waves)
		for _, name := range decided.clusters() {
			names = append(names, name)
			side.placements[name] += ref.Name + " "
		}
	}
	var err error
	side.environments, err = r.inventory.environments(names)
	return err
}

// effect tells what happens to the clusters that stay. Work that came with another placement
// is deleted and made anew.
func (s *replicaSet) effect(write rollout.Write, before *replicaSet) func(string) (rollout.Effect, bool) {
	rewritten, released := write.Rewrites(before.Spec.ManifestWorkTemplate, s.Spec.ManifestWorkTemplate), s.looserThan(before)
	return func(name string) (rollout.Effect, bool) {
		if rewritten || before.placements[name] != s.placements[name] {
			return rollout.Changed, true
		}
		return rollout.Released, released
	}
}

func (s *replicaSet) looserThan(before *replicaSet) bool {
	if before.complete() || reflect.DeepEqual(before.Spec.PlacementRefs, s.Spec.PlacementRefs) {
		return false
	}
	old, _ := rollout.Split(rollout.Delta(nil, before.environments, nil))
	all, _ := rollout.Split(rollout.Delta(nil, s.environments, nil))
	return len(old) > 0 && looser(steps(before.plans, old), steps(s.plans, all))
}

func (s *replicaSet) complete() bool {
	for _, condition := range s.Status.Conditions {
		if condition.Type == "PlacementRolledOut" {
			return condition.Reason == "Complete"
		}
	}
	return false
}

// removal is the step that takes the work off clusters, unless that leaves what it made.
func (s *replicaSet) removal(removed []rollout.Target) []rollout.Step {
	var template struct {
		DeleteOption struct {
			PropagationPolicy string `json:"propagationPolicy"`
		} `json:"deleteOption"`
	}
	if json.Unmarshal(s.Spec.ManifestWorkTemplate, &template) == nil && template.DeleteOption.PropagationPolicy == "Orphan" {
		return nil
	}
	return rollout.Steps(rollout.AtOnce(removed, removeRemedy))
}
