// Package karmada reads the rollouts of Karmada: PropagationPolicy and
// ClusterPropagationPolicy.
package karmada

import (
	"context"
	"slices"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/util/sets"

	"github.com/seawall-dev/seawall/pkg/budget"
	"github.com/seawall-dev/seawall/pkg/inventory"
	"github.com/seawall-dev/seawall/pkg/rollout"
)

const (
	suspendRemedy = "name all but " + rollout.PerWave + " of them in spec.suspension.dispatchingOnClusters.clusterNames, and fewer in " +
		"each later write"
	// To drop a cluster changes the others, too, where replicas are divided among them.
	apartRemedy  = ", and drop clusters while all others are named there, at most " + rollout.PerWave + " in one write"
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

func (i *Inventory) resources() []string { return inventory.Resources(i.clusters) }

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
		Reads: inventory.resources(), Reader: reader{inventory},
	}
}

type policy struct {
	Spec struct {
		ResourceSelectors    []resource `json:"resourceSelectors"`
		Placement            placement  `json:"placement"`
		ActivationPreference string     `json:"activationPreference"`
		Suspension           struct {
			Dispatching           bool `json:"dispatching"`
			DispatchingOnClusters struct {
				ClusterNames []string `json:"clusterNames"`
			} `json:"dispatchingOnClusters"`
		} `json:"suspension"`
	} `json:"spec"`

	account *budget.Account
	// suspended are the clusters that get nothing.
	suspended sets.Set[string]
	// rewritten says that what reaches every cluster changes.
	rewritten bool
	clusters  rollout.Environments
}

// holds tells whether a cluster gets nothing.
func (p *policy) holds(name string) bool {
	return p.lazy() || p.Spec.Suspension.Dispatching || p.suspended.Has(name)
}

func (p *policy) lazy() bool { return p.Spec.ActivationPreference == "Lazy" }

type reader struct{ inventory *Inventory }

// Read implements rollout.Reader.
func (r reader) Read(ctx context.Context, write rollout.Write) (rollout.Change, error) {
	if write.Operation == rollout.Delete || write.SameSpec() {
		return rollout.Change{}, nil
	}
	before, after, err := rollout.Sides(write, func(object *rollout.Object) (*policy, error) {
		side := &policy{account: budget.From(ctx)}
		err := object.Decode(side)
		side.Spec.Placement.workloads = divisible(side.Spec.ResourceSelectors)
		side.suspended = sets.New(side.Spec.Suspension.DispatchingOnClusters.ClusterNames...)
		return side, err
	})
	if err != nil {
		return rollout.Change{}, err
	}
	all, err := r.inventory.clusters.List("", labels.Everything())
	if err != nil {
		return rollout.Change{}, err
	}
	all = slices.DeleteFunc(slices.Clone(all), func(c cluster) bool { return c.Deleting })
	after.rewritten = before != nil && rewrites(write)
	return after.worst(before, all)
}

// rewrites tells whether an update changes what reaches every cluster: all but who gets it, and
// when.
func rewrites(write rollout.Write) bool {
	const placement = "placement"
	return write.Rewrites(placement, "suspension", "activationPreference", "preserveResourcesOnDeletion", "schedulePriority") ||
		!write.OldObject.Spec.Within(placement).Same(write.Object.Spec.Within(placement),
			"clusterAffinity", "clusterAffinities", "clusterTolerations", "spreadConstraints")
}

func (p *policy) change(before *policy) rollout.Change {
	rewritten := p.rewritten ||
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
	result.Steps = rollout.Removing(rollout.Steps(rollout.AtOnce(moving, suspendRemedy)), rollout.AtOnce(removed, removeRemedy), apartRemedy)
	return result
}
