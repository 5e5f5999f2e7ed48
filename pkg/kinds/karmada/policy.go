// Package karmada reads the rollouts of Karmada: PropagationPolicy and
// ClusterPropagationPolicy.
package karmada

import (
	"context"
	"encoding/json"
	"slices"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/labels"

	"github.com/seawall-dev/seawall/pkg/inventory"
	"github.com/seawall-dev/seawall/pkg/rollout"
)

const (
	suspendRemedy = "name all but " + rollout.PerWave + " of them in spec.suspension.dispatchingOnClusters.clusterNames, and fewer in " +
		"each later write"
	removeRemedy = "let spec.placement drop at most " + rollout.PerWave + " clusters in one write"
)

// Inventory is what Karmada propagates to.
type Inventory struct {
	clusters *inventory.Collection[clusterFields]
}

// cluster is a member of the federation.
type cluster = *inventory.Object[clusterFields]

type clusterFields struct {
	Spec struct {
		Provider string         `json:"provider"`
		Region   string         `json:"region"`
		Zones    []string       `json:"zones"`
		Taints   []corev1.Taint `json:"taints"`
	} `json:"spec"`
}

// NewInventory has the registry read the members of the federation.
func NewInventory(registry *inventory.Registry) *Inventory {
	return &Inventory{inventory.Register[clusterFields](registry, inventory.Source{
		Group: "cluster.karmada.io", Versions: []string{"v1alpha1"}, Resource: "clusters", Kind: "Cluster",
	})}
}

// PropagationPolicy reads PropagationPolicies.
func PropagationPolicy(inventory *Inventory) rollout.Kind {
	return kind(inventory, "propagationpolicies", "PropagationPolicy", true)
}

// ClusterPropagationPolicy reads ClusterPropagationPolicies.
func ClusterPropagationPolicy(inventory *Inventory) rollout.Kind {
	return kind(inventory, "clusterpropagationpolicies", "ClusterPropagationPolicy", false)
}

func kind(inventory *Inventory, resource, name string, namespaced bool) rollout.Kind {
	return rollout.Kind{
		Group: "policy.karmada.io", Versions: []string{"v1alpha1"}, Resource: resource, Name: name, Namespaced: namespaced,
		Reader: reader{inventory},
		Meaning: rollout.Meaning{
			Environments: "The member Clusters that spec.placement selects: by affinity (an empty one selects all), tolerations and " +
				"spread constraints, whatever number of resources the policy propagates. Of several clusterAffinities one is used at a " +
				"time: the one counts for which the write affects most clusters.",
			Waves: "None: every cluster syncs at once. Suspended clusters are held, and so are all with activationPreference Lazy.",
			Delta: "Clusters are added or removed; all are changed by other resourceSelectors, dependencies, conflict resolution or " +
				"division of replicas, and by another cluster among those that replicas are divided over; lifting a suspension or Lazy " +
				"releases those that it held. Deleting a policy leaves what it has propagated.",
			Inventory: "The Clusters of cluster.karmada.io.",
			Unknown: "Edits of the resources themselves and of override policies reach the same clusters without any write of the " +
				"policy. How replicas are divided: n is the most it can be. Which clusters a spread constraint picks: those count " +
				"as picked that the write would take away. Which clusters do not serve a resource's API: they are counted. Which " +
				"clusters a Lazy policy has dropped.",
		},
	}
}

type policy struct {
	Spec struct {
		Placement            placement `json:"placement"`
		ActivationPreference string    `json:"activationPreference"`
		Suspension           struct {
			Dispatching           bool `json:"dispatching"`
			DispatchingOnClusters struct {
				ClusterNames []string `json:"clusterNames"`
			} `json:"dispatchingOnClusters"`
		} `json:"suspension"`
	} `json:"spec"`

	// content is what reaches every cluster when it changes, and rewritten says that it does.
	content   json.RawMessage
	rewritten bool
	clusters  rollout.Environments
}

// holds tells whether a cluster gets nothing.
func (p *policy) holds(name string) bool {
	return p.lazy() || p.Spec.Suspension.Dispatching || slices.Contains(p.Spec.Suspension.DispatchingOnClusters.ClusterNames, name)
}

func (p *policy) lazy() bool { return p.Spec.ActivationPreference == "Lazy" }

type reader struct{ inventory *Inventory }

// Read implements rollout.Reader.
func (r reader) Read(_ context.Context, write rollout.Write) (rollout.Change, error) {
	if write.Operation == rollout.Delete || write.SameSpec() {
		return rollout.Change{}, nil
	}
	before, after, err := rollout.Sides(write, read)
	if err != nil {
		return rollout.Change{}, err
	}
	all, err := r.inventory.clusters.List("", labels.Everything())
	if err != nil {
		return rollout.Change{}, err
	}
	all = slices.DeleteFunc(slices.Clone(all), func(c cluster) bool { return c.Deleting })
	after.rewritten = write.Rewritten
	return after.worst(before, all)
}

func read(object *rollout.Object) (*policy, error) {
	side := &policy{}
	if err := rollout.Decode(object, side); err != nil {
		return nil, err
	}
	var content struct {
		Spec struct {
			ResourceSelectors  json.RawMessage `json:"resourceSelectors"`
			PropagateDeps      json.RawMessage `json:"propagateDeps"`
			Association        json.RawMessage `json:"association"`
			ConflictResolution json.RawMessage `json:"conflictResolution"`
			Placement          struct {
				ReplicaScheduling json.RawMessage `json:"replicaScheduling"`
				WorkloadAffinity  json.RawMessage `json:"workloadAffinity"`
			} `json:"placement"`
			Priority   json.RawMessage `json:"priority"`
			Preemption json.RawMessage `json:"preemption"`
		} `json:"spec"`
	}
	if err := rollout.Decode(object, &content); err != nil {
		return nil, err
	}
	var err error
	side.content, err = json.Marshal(content)
	return side, err //nolint:wrapcheck // what was just unmarshalled marshals
}

func (p *policy) change(before *policy) rollout.Change {
	rewritten := p.rewritten || !rollout.SameJSON(before.content, p.content) ||
		p.Spec.Placement.divided() && len(rollout.Delta(before.clusters, p.clusters, nil)) > 0
	targets := rollout.Delta(before.clusters, p.clusters, func(name string) (rollout.Effect, bool) {
		if rewritten {
			return rollout.Changed, true
		}
		return rollout.Released, before.holds(name) && !p.holds(name)
	})
	staying, removed := rollout.Split(targets)
	result := rollout.Change{Environments: len(p.clusters)}
	moving := slices.DeleteFunc(staying, func(target rollout.Target) bool { return p.holds(target.Name) })
	result.Held = len(targets) - len(removed) - len(moving)
	if p.lazy() {
		result.Held, removed = result.Held+len(removed), nil
	}
	if len(p.clusters) == 0 && len(p.Spec.Placement.SpreadConstraints) > 0 {
		result.Warnings = append(result.Warnings,
			"spec.placement.spreadConstraints leave no cluster: minGroups is more than there are, or maxGroups is 0")
	}
	result.Steps = rollout.Steps(rollout.AtOnce(moving, suspendRemedy), rollout.AtOnce(removed, removeRemedy))
	return result
}
