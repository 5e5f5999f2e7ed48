// Package kubefleet reads the rollouts of KubeFleet, which Azure Kubernetes Fleet Manager
// runs: staged update runs and resource placements.
package kubefleet

import (
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/util/sets"

	"github.com/seawall-dev/seawall/pkg/inventory"
)

const (
	placementGroup = "placement.kubernetes-fleet.io"
	clusterGroup   = "cluster.kubernetes-fleet.io"
)

func versions() []string { return []string{"v1beta1", "v1"} }

// Inventory is what KubeFleet places resources on, and what its runs refer to.
type Inventory struct {
	members                    *inventory.Collection[memberFields]
	clusterScope, inNamespaces scope
}

// scope is what belongs to the placements of the cluster, or to those in namespaces.
type scope struct {
	placements   *inventory.Collection[placementFields]
	strategies   *inventory.Collection[strategyFields]
	bindings     *inventory.Collection[bindingFields]
	strategyKind string
}

// NewInventory has the registry read what KubeFleet places on.
func NewInventory(registry *inventory.Registry) *Inventory {
	kind := func(resource, name string) inventory.Source {
		return inventory.Source{Group: placementGroup, Versions: versions(), Resource: resource, Kind: name}
	}
	members := kind("memberclusters", "MemberCluster")
	members.Group = clusterGroup
	scoped := func(prefix string) scope {
		lower := strings.ToLower(prefix)
		return scope{
			placements:   inventory.Register[placementFields](registry, kind(lower+"resourceplacements", prefix+"ResourcePlacement")),
			strategies:   inventory.Register[strategyFields](registry, kind(lower+"stagedupdatestrategies", prefix+"StagedUpdateStrategy")),
			bindings:     inventory.Register[bindingFields](registry, kind(lower+"resourcebindings", prefix+"ResourceBinding")),
			strategyKind: prefix + "StagedUpdateStrategy",
		}
	}
	return &Inventory{inventory.Register[memberFields](registry, members), scoped("Cluster"), scoped("")}
}

// placing are the resources that say where placements of a scope put what they place, and running those
// that say of its runs, too, in what order.
func (i *Inventory) placing(of scope) []string { return inventory.Resources(i.members, of.bindings) }

func (i *Inventory) running(of scope) []string {
	return append(i.placing(of), inventory.Resources(of.placements, of.strategies)...)
}

// overriding are the resources that say what overrides select.
func (i *Inventory) overriding() []string { return inventory.Resources(i.members) }

// bindingFields are of what ties a placement to one cluster.
type bindingFields struct {
	Spec struct {
		State         string `json:"state"`
		TargetCluster string `json:"targetCluster"`
	} `json:"spec"`
}

// placementLabel names, on a binding, the placement that it belongs to.
const placementLabel = "kubernetes-fleet.io/parent-CRP"

// bound returns the clusters that a placement is scheduled to, by its bindings, and those
// that it has dropped and that still hold its resources.
func (s scope) bound(namespace, placement string) (scheduled, dropped []string, err error) {
	bindings, err := inventory.IfServed(s.bindings.List(namespace, labels.SelectorFromSet(labels.Set{placementLabel: placement})))
	if err != nil {
		return nil, nil, err
	}
	for _, binding := range bindings {
		switch cluster := binding.Value.Spec.TargetCluster; {
		case binding.Deleting:
		case binding.Value.Spec.State == "Unscheduled":
			dropped = append(dropped, cluster)
		default:
			scheduled = append(scheduled, cluster)
		}
	}
	return scheduled, sets.List(sets.New(dropped...).Delete(scheduled...)), nil
}

// member is a cluster of the fleet.
type member = *inventory.Object[memberFields]

type memberFields struct {
	Spec struct {
		Taints []corev1.Taint `json:"taints"`
	} `json:"spec"`
	Status memberStatus `json:"status"`
}

type memberStatus struct {
	AgentStatus []struct {
		Type                  string             `json:"type"`
		LastReceivedHeartbeat metav1.Time        `json:"lastReceivedHeartbeat"`
		Conditions            []metav1.Condition `json:"conditions"`
	} `json:"agentStatus"`
	Properties map[string]struct {
		Value string `json:"value"`
	} `json:"properties"`
	ResourceUsage struct {
		Capacity    map[string]resource.Quantity `json:"capacity"`
		Allocatable map[string]resource.Quantity `json:"allocatable"`
		Available   map[string]resource.Quantity `json:"available"`
	} `json:"resourceUsage"`
}

// patience is for how long KubeFleet places on a cluster that is silent or not healthy
// (pkg/scheduler/clustereligibilitychecker).
const patience = 5 * time.Minute

func eligible(cluster member, now time.Time) bool {
	for _, agent := range cluster.Value.Status.AgentStatus {
		if agent.Type != "MemberAgent" {
			continue
		}
		healthy := meta.FindStatusCondition(agent.Conditions, "Healthy")
		return !cluster.Deleting && now.Sub(agent.LastReceivedHeartbeat.Time) <= patience &&
			meta.IsStatusConditionTrue(agent.Conditions, "Joined") &&
			healthy != nil && (healthy.Status == metav1.ConditionTrue || now.Sub(healthy.LastTransitionTime.Time) <= patience)
	}
	return false
}
