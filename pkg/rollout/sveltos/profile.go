package sveltos

import (
	"context"
	"encoding/json"
	"math"
	"reflect"
	"strconv"
	"strings"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/intstr"

	"github.com/seawall-dev/seawall/pkg/rollout"
)

const (
	paceRemedy   = "set spec.maxUpdate to " + rollout.PerWave
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
				"once. Paused clusters, clusters that are not ready, and all of a paused profile are held.",
			Delta: "Clusters are added, removed (unless stopMatchingBehavior leaves policies), or all changed by anything else in the " +
				"spec; with syncMode OneTime none is changed, with DryRun none at all is affected. A larger maxUpdate, or lifting the " +
				"pause, releases all that the status does not show to be updated.",
			Inventory: "SveltosClusters, Cluster API Clusters, ClusterSets, Sets, and the profiles that depend on others.",
			Unknown: "Edits of the ConfigMaps, Secrets and sources that a profile refers to reach all its clusters at once, without any " +
				"write of the profile.",
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
	// matching are all its clusters, held those that do not sync, window how many do together.
	matching rollout.Environments
	held     map[string]bool
	window   int
}

func (p *profile) paused() bool {
	_, paused := p.Metadata.Annotations[pausedAnnotation]
	return paused
}

type reader struct{ inventory *Inventory }

// Read implements rollout.Reader.
func (r reader) Read(_ context.Context, write rollout.Write) (rollout.Change, error) {
	read := func(object []byte) (*profile, error) {
		side, err := decode(object)
		if err != nil {
			return nil, err
		}
		return side, r.match(write.Namespace, write.Name, side)
	}
	if write.SameSpec() && samePause(write) {
		return rollout.Change{}, nil
	}
	before, after, err := rollout.Sides(write, read)
	if err != nil {
		return rollout.Change{}, err
	}
	if after == nil {
		return rollout.Change{Environments: len(before.matching), Steps: before.removal(rollout.Delta(before.matching, nil, nil))}, nil
	}
	return after.change(write, before), nil
}

// samePause tells whether an update leaves the pause as it is.
func samePause(write rollout.Write) bool {
	old, err := rollout.ParseMetadata(write.OldObject)
	_, was := old.Annotations[pausedAnnotation]
	_, is := write.Metadata.Annotations[pausedAnnotation]
	return err == nil && was == is
}

func decode(object []byte) (*profile, error) {
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
	side.content, err = json.Marshal(members.Spec)
	return side, err //nolint:wrapcheck // what was just unmarshalled marshals
}

func (r reader) match(namespace, name string, side *profile) error {
	matching, err := r.inventory.matching(namespace, name, side)
	if err != nil {
		return err
	}
	side.matching, side.held = make(rollout.Environments, len(matching)), map[string]bool{}
	for ref, member := range matching {
		side.matching[ref.String()] = member.environment
		side.held[ref.String()] = member.paused || !member.ready || side.paused()
	}
	side.window, err = window(side.Spec.MaxUpdate, len(matching))
	return err
}

// window returns how many of all clusters are updated together (Sveltos'
// controllers/profile_utils.go, getMaxUpdate): all, if there is no limit.
func window(maxUpdate *intstr.IntOrString, total int) (int, error) {
	if maxUpdate == nil {
		return total, nil
	}
	value := maxUpdate.IntValue()
	if maxUpdate.Type == intstr.String {
		percent, err := strconv.Atoi(strings.TrimSuffix(maxUpdate.StrVal, "%"))
		if err != nil {
			return 0, rollout.Unresolved("spec.maxUpdate", "is %s: want an integer or a percentage such as 10%%", rollout.Quote(maxUpdate.StrVal))
		}
		value = int(math.Min(math.Ceil(float64(percent)*float64(total)/100), math.MaxInt32)) //nolint:mnd // percent
	}
	if value <= 0 {
		return total, nil
	}
	return min(value, total), nil
}

func (p *profile) change(write rollout.Write, before *profile) rollout.Change {
	if before == nil {
		before = &profile{}
	}
	result := rollout.Change{Environments: len(p.matching)}
	const dryRun, oneTime = "DryRun", "OneTime"
	if p.Spec.SyncMode == dryRun {
		return result
	}
	once := p.Spec.SyncMode == oneTime && before.Spec.SyncMode != dryRun
	rewritten, loosened := !once && write.Rewrites(before.content, p.content), p.looserThan(before)
	targets := rollout.Delta(before.matching, p.matching, func(string) (rollout.Effect, bool) {
		if rewritten {
			return rollout.Changed, true
		}
		return rollout.Released, loosened
	})
	staying, removed := rollout.Split(targets)
	step := rollout.Step{PaceRemedy: paceRemedy, SplitRemedy: splitRemedy}
	for _, target := range staying {
		if p.held[target.Name] {
			result.Held++
		} else {
			step.Targets = append(step.Targets, target)
		}
	}
	step.InFlight = min(p.window, len(step.Targets))
	if p.paused() {
		result.Held, removed = result.Held+len(removed), nil
	}
	result.Steps = append(rollout.Steps(step), before.removal(removed)...)
	return result
}

func (p *profile) looserThan(before *profile) bool {
	wider := p.window > before.window && !reflect.DeepEqual(p.Spec.MaxUpdate, before.Spec.MaxUpdate)
	return (wider || before.paused() && !p.paused()) && !before.updated()
}

// updated tells whether the status shows that no cluster waits.
func (p *profile) updated() bool {
	return !p.paused() && len(p.Status.MatchingClusters) > 0 && len(p.Status.UpdatingClusters.Clusters) == 0
}

func (p *profile) removal(removed []rollout.Target) []rollout.Step {
	if p.Spec.StopMatchingBehavior == "LeavePolicies" || p.Spec.SyncMode == "DryRun" {
		return nil
	}
	return rollout.Steps(rollout.AtOnce(removed, removeRemedy))
}
