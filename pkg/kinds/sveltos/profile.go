package sveltos

import (
	"context"
	"encoding/json"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/intstr"
	"k8s.io/apimachinery/pkg/util/sets"

	"github.com/seawall-dev/seawall/pkg/rollout"
)

const (
	paceRemedy   = "set spec.maxUpdate to " + rollout.PerWave
	dependRemedy = "set spec.maxUpdate of this profile and of those in spec.dependsOn to " + rollout.PerWave + " in all"
	splitRemedy  = "let spec.clusterSelector match at most " + rollout.PerWave + " of these clusters, and the others in later writes"
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
		Reader: reader{inventory},
		Meaning: rollout.Meaning{
			Environments: "The SveltosClusters and Cluster API Clusters that are ready and match spec.clusterSelector (an empty one " +
				"matches none), those of clusterRefs and setRefs, and those of the profiles that depend on this one; a Profile " +
				"reaches its own namespace only.",
			Waves: "spec.maxUpdate clusters are in flight, percentages rounded up, on the first deployment, too; 0 or unset is all at " +
				"once. The profiles in dependsOn deploy to clusters that are new to them at their own maxUpdate beside it. Paused " +
				"clusters, clusters that are not ready, and all of a paused profile are held.",
			Delta: "Clusters are added, removed (unless stopMatchingBehavior leaves policies), or all changed by anything else in the " +
				"spec; with syncMode OneTime none is changed, with DryRun none at all is affected. A larger maxUpdate, or lifting the " +
				"pause, releases all unless the status shows that none is being updated.",
			Inventory: "SveltosClusters, Cluster API Clusters, ClusterSets, Sets, and the profiles that depend on others.",
			Unknown: "Edits of the ConfigMaps, Secrets and sources that a profile refers to reach all its clusters at once, without any " +
				"write of the profile. Which clusters a dry run has dropped, when it ends; and, until Sveltos has seen a write, that " +
				"its clusters wait.",
		},
	}
}

type profile struct {
	Metadata struct {
		Annotations map[string]string `json:"annotations"`
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
	} `json:"status"`

	// content is the spec without the fields that choose and pace.
	content json.RawMessage
	// matching are all its clusters, held those that do not sync. window is how many do
	// together; beside them, prerequisites deploy what the profile depends on.
	matching      rollout.Environments
	held          map[string]bool
	window        int
	prerequisites int
}

const dryRun, oneTime = "DryRun", "OneTime"

func (p *profile) paused() bool {
	_, paused := p.Metadata.Annotations[pausedAnnotation]
	return paused
}

type reader struct{ inventory *Inventory }

// Read implements rollout.Reader.
func (r reader) Read(_ context.Context, write rollout.Write) (rollout.Change, error) {
	read := func(object *rollout.Object) (*profile, error) {
		side, err := decode(object)
		if err != nil {
			return nil, err
		}
		return side, r.match(write, side)
	}
	if write.SameSpec() && samePause(write) {
		return rollout.Change{}, nil
	}
	before, after, err := rollout.Sides(write, read)
	if err != nil {
		return rollout.Change{}, err
	}
	if after == nil {
		change := rollout.Change{Environments: len(before.matching)}
		if before.Spec.SyncMode != dryRun {
			change.Steps = before.removal(rollout.Delta(before.deployed(write.Namespace), nil, nil))
		}
		return change, nil
	}
	return after.change(write, before), nil
}

// samePause tells whether an update leaves the pause as it is.
func samePause(write rollout.Write) bool {
	_, was := write.OldMetadata().Annotations[pausedAnnotation]
	_, is := write.Metadata().Annotations[pausedAnnotation]
	return was == is
}

func decode(object *rollout.Object) (*profile, error) {
	side := &profile{}
	if err := rollout.Decode(object, side); err != nil {
		return nil, err
	}
	var members struct {
		Spec map[string]json.RawMessage `json:"spec"`
	}
	if err := rollout.Decode(object, &members); err != nil {
		return nil, err
	}
	for _, name := range []string{
		"clusterSelector", "clusterRefs", "setRefs", "maxUpdate", "stopMatchingBehavior", "maxConsecutiveFailures", "dependsOn",
	} {
		delete(members.Spec, name)
	}
	var err error
	dependencies := sets.List(sets.New(side.Spec.DependsOn...)) // in any order
	side.content, err = json.Marshal([]any{members.Spec, dependencies})
	return side, err //nolint:wrapcheck // what was just unmarshalled marshals
}

func (r reader) match(write rollout.Write, side *profile) error {
	matching, total, err := r.inventory.matching(write.Namespace, write.Name, side)
	if err != nil {
		return err
	}
	if side.prerequisites, err = r.inventory.ofPrerequisites(write.Namespace, side.Spec.DependsOn, matching); err != nil {
		return err
	}
	side.matching, side.held = make(rollout.Environments, len(matching)), map[string]bool{}
	for ref, member := range matching {
		side.matching[ref.String()] = member.environment
		side.held[ref.String()] = member.paused || !member.ready || side.paused()
	}
	side.window, err = window(side.Spec.MaxUpdate, total)
	return err
}
