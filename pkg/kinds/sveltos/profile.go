package sveltos

import (
	"context"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/intstr"

	"github.com/seawall-dev/seawall/pkg/budget"
	"github.com/seawall-dev/seawall/pkg/rollout"
)

const (
	paceRemedy   = "set spec.maxUpdate to " + rollout.PerWave
	dependRemedy = "set spec.maxUpdate of this profile and of those in spec.dependsOn to " + rollout.PerWave + " in all"
	splitRemedy  = "let spec.clusterSelector match at most " + rollout.PerWave + " of these clusters, and the others in later writes"
	apartRemedy  = ", and drop clusters in writes of their own, at most " + rollout.PerWave + " in each" +
		" (or set spec.stopMatchingBehavior to LeavePolicies)"
	removeRemedy = "drop at most " + rollout.PerWave + " clusters in one write, or set spec.stopMatchingBehavior to LeavePolicies"

	// pausedAnnotation makes Sveltos leave a profile alone.
	pausedAnnotation = "profile.projectsveltos.io/paused"
)

// ClusterProfile reads ClusterProfiles.
func ClusterProfile(inventory *Inventory) rollout.Kind {
	return kind(inventory, "clusterprofiles", "ClusterProfile", false)
}

// Profile reads Profiles, which reach the clusters of their namespace.
func Profile(inventory *Inventory) rollout.Kind {
	return kind(inventory, "profiles", "Profile", true)
}

func kind(inventory *Inventory, resource, name string, namespaced bool) rollout.Kind {
	return rollout.Kind{
		Group: profileGroup, Versions: []string{"v1beta1"}, Resource: resource, Name: name, Namespaced: namespaced,
		Reads: inventory.selecting(namespaced), Reader: reader{inventory},
	}
}

type profile struct {
	Metadata struct {
		ManagedFields rollout.Written `json:"managedFields"`
	} `json:"metadata"`
	Spec struct {
		ClusterSelector      *metav1.LabelSelector `json:"clusterSelector"`
		ClusterRefs          []reference           `json:"clusterRefs"`
		SetRefs              []string              `json:"setRefs"`
		SyncMode             string                `json:"syncMode"`
		DependsOn            []string              `json:"dependsOn"`
		MaxUpdate            *intstr.IntOrString   `json:"maxUpdate"`
		StopMatchingBehavior string                `json:"stopMatchingBehavior"`
	} `json:"spec"`
	Status struct {
		MatchingClusters []reference `json:"matchingClusters"`
		UpdatingClusters struct {
			Clusters []reference `json:"clusters"`
		} `json:"updatingClusters"`
		UpdatedClusters struct {
			Clusters []reference `json:"clusters"`
		} `json:"updatedClusters"`
	} `json:"status"`

	paused bool
	// matching are all its clusters, held those that do not sync. window is how many do
	// together; beside them, prerequisites deploy what the profile depends on.
	matching      rollout.Environments
	held          map[string]bool
	window        int
	prerequisites int
}

const dryRun, oneTime = "DryRun", "OneTime"

type reader struct{ inventory *Inventory }

// Read implements rollout.Reader.
func (r reader) Read(ctx context.Context, write rollout.Write) (rollout.Change, error) {
	if write.SameSpec() && paused(write.OldMetadata()) == paused(write.Metadata()) {
		return rollout.Change{}, nil
	}
	before, after, err := rollout.Sides(write, func(object *rollout.Object) (*profile, error) {
		side := &profile{paused: paused(&object.Metadata)}
		if err := object.Decode(side); err != nil {
			return nil, err
		}
		return side, r.match(budget.From(ctx), write, side)
	})
	if err != nil {
		return rollout.Change{}, err
	}
	if after == nil {
		change := rollout.Change{Environments: len(before.matching)}
		if before.Spec.SyncMode != dryRun {
			change.Steps = rollout.Steps(before.removal(rollout.Delta(before.deployed(write.Namespace), nil, nil)))
		}
		return change, nil
	}
	return after.change(write, before), nil
}

func paused(metadata *rollout.Metadata) bool {
	_, is := metadata.Annotations[pausedAnnotation]
	return is
}

func (r reader) match(account *budget.Account, write rollout.Write, side *profile) error {
	matching, total, err := r.inventory.matching(account, write.Namespace, write.Name, side)
	if err != nil {
		return err
	}
	if side.prerequisites, err = r.inventory.ofPrerequisites(account, write.Namespace, side.Spec.DependsOn, matching); err != nil {
		return err
	}
	side.matching, side.held = make(rollout.Environments, len(matching)), map[string]bool{}
	for ref, member := range matching {
		side.matching[ref.String()] = member.environment
		side.held[ref.String()] = member.paused || !member.ready || side.paused
	}
	side.window, err = window(side.Spec.MaxUpdate, total)
	return err
}
