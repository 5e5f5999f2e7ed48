// Package kubefleet reads the rollouts of KubeFleet, which Azure Kubernetes Fleet Manager
// runs: staged update runs and resource placements.
package kubefleet

import (
	"slices"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"

	"github.com/seawall-dev/seawall/pkg/inventory"
	"github.com/seawall-dev/seawall/pkg/rollout"
)

const (
	placementGroup = "placement.kubernetes-fleet.io"
	clusterGroup   = "cluster.kubernetes-fleet.io"
)

func versions() []string { return []string{"v1beta1", "v1"} }

// Inventory is what KubeFleet places resources on, and what its runs refer to.
type Inventory struct {
	members           *inventory.Collection[memberFields]
	clusterPlacements *inventory.Collection[placementFields]
	placements        *inventory.Collection[placementFields]
	clusterStrategies *inventory.Collection[strategyFields]
	strategies        *inventory.Collection[strategyFields]
}

// NewInventory has the registry read what KubeFleet places on.
func NewInventory(registry *inventory.Registry) *Inventory {
	kind := func(resource, name string) inventory.Source {
		return inventory.Source{Group: placementGroup, Versions: versions(), Resource: resource, Kind: name}
	}
	members := kind("memberclusters", "MemberCluster")
	members.Group = clusterGroup
	return &Inventory{
		members:           inventory.Register[memberFields](registry, members),
		clusterPlacements: inventory.Register[placementFields](registry, kind("clusterresourceplacements", "ClusterResourcePlacement")),
		placements:        inventory.Register[placementFields](registry, kind("resourceplacements", "ResourcePlacement")),
		clusterStrategies: inventory.Register[strategyFields](registry, kind("clusterstagedupdatestrategies", "ClusterStagedUpdateStrategy")),
		strategies:        inventory.Register[strategyFields](registry, kind("stagedupdatestrategies", "StagedUpdateStrategy")),
	}
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
		Capacity    map[string]string `json:"capacity"`
		Allocatable map[string]string `json:"allocatable"`
		Available   map[string]string `json:"available"`
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
		joined, healthy := condition(agent.Conditions, "Joined"), condition(agent.Conditions, "Healthy")
		return !cluster.Deleting && now.Sub(agent.LastReceivedHeartbeat.Time) <= patience &&
			joined != nil && joined.Status == metav1.ConditionTrue &&
			healthy != nil && (healthy.Status == metav1.ConditionTrue || now.Sub(healthy.LastTransitionTime.Time) <= patience)
	}
	return false
}

func condition(all []metav1.Condition, name string) *metav1.Condition {
	i := slices.IndexFunc(all, func(c metav1.Condition) bool { return c.Type == name })
	if i < 0 {
		return nil
	}
	return &all[i]
}

// environments returns the clusters of the names; of one that has left only the name is known.
func (i *Inventory) environments(names []string) (rollout.Environments, error) {
	all := make(rollout.Environments, len(names))
	for _, name := range names {
		cluster, err := i.members.Get("", name)
		if err != nil {
			return nil, err
		}
		all[name] = rollout.Environment{}
		if cluster != nil {
			all[name] = rollout.Environment{SuccessRate: cluster.SuccessRate, Source: "MemberCluster " + name}
		}
	}
	return all, nil
}

// eligible returns all clusters that anything may be placed on, by name.
func (i *Inventory) eligible() ([]member, error) {
	all, err := i.members.List("", labels.Everything())
	if err != nil {
		return nil, err
	}
	now := time.Now()
	return slices.DeleteFunc(slices.Clone(all), func(cluster member) bool { return !eligible(cluster, now) }), nil
}
