// Package ocm reads the rollouts of Open Cluster Management: ManifestWorkReplicaSet,
// ClusterManagementAddOn and Placement.
package ocm

import (
	"slices"
	"sync"

	"github.com/google/cel-go/cel"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/seawall-dev/seawall/pkg/inventory"
	"github.com/seawall-dev/seawall/pkg/inventory/argocd"
	"github.com/seawall-dev/seawall/pkg/rollout"
)

const (
	clusterGroup = "cluster.open-cluster-management.io"
	workGroup    = "work.open-cluster-management.io"
	addonGroup   = "addon.open-cluster-management.io"

	setLabel        = clusterGroup + "/clusterset"
	placementLabel  = clusterGroup + "/placement"
	groupNameLabel  = clusterGroup + "/decision-group-name"
	groupIndexLabel = clusterGroup + "/decision-group-index"
)

// Inventory is what placements select from, what they have decided, and who follows them.
type Inventory struct {
	governance

	argoCD      argoCD
	clusters    *inventory.Collection[managedCluster]
	sets        *inventory.Collection[clusterSet]
	bindings    *inventory.Collection[struct{}]
	placements  *inventory.Collection[placementObject]
	decisions   *inventory.Collection[placementDecision]
	replicaSets *inventory.Collection[replicaSetObject]
	addons      *inventory.Collection[addonObject]
	installed   *inventory.Collection[struct{}]

	expressions func() (*cel.Env, error)
}

type managedCluster struct {
	Spec struct {
		Taints []corev1.Taint `json:"taints"`
	} `json:"spec"`
	Status struct {
		ClusterClaims []struct {
			Name  string `json:"name"`
			Value string `json:"value"`
		} `json:"clusterClaims"`
		Version struct {
			Kubernetes string `json:"kubernetes"`
		} `json:"version"`
	} `json:"status"`
}

type clusterSet struct {
	Spec struct {
		ClusterSelector struct {
			SelectorType  string                `json:"selectorType"`
			LabelSelector *metav1.LabelSelector `json:"labelSelector"`
		} `json:"clusterSelector"`
	} `json:"spec"`
}

type placementDecision struct {
	Status struct {
		Decisions []struct {
			ClusterName string `json:"clusterName"`
		} `json:"decisions"`
	} `json:"status"`
}

// NewInventory has the registry read what Open Cluster Management selects from.
func NewInventory(registry *inventory.Registry) *Inventory {
	kind := func(group, resource, name string, versions ...string) inventory.Source {
		return inventory.Source{Group: group, Versions: versions, Resource: resource, Kind: name}
	}
	installed := kind(addonGroup, "managedclusteraddons", "ManagedClusterAddOn", "v1alpha1", "v1beta1")
	bindings := kind(clusterGroup, "managedclustersetbindings", "ManagedClusterSetBinding", "v1beta2")
	installed.MetadataOnly, bindings.MetadataOnly = true, true
	return &Inventory{
		clusters:   inventory.Register[managedCluster](registry, kind(clusterGroup, "managedclusters", "ManagedCluster", "v1")),
		sets:       inventory.Register[clusterSet](registry, kind(clusterGroup, "managedclustersets", "ManagedClusterSet", "v1beta2")),
		bindings:   inventory.Register[struct{}](registry, bindings),
		placements: inventory.Register[placementObject](registry, kind(clusterGroup, "placements", "Placement", "v1beta1")),
		decisions:  inventory.Register[placementDecision](registry, kind(clusterGroup, "placementdecisions", "PlacementDecision", "v1beta1")),
		replicaSets: inventory.Register[replicaSetObject](registry,
			kind(workGroup, "manifestworkreplicasets", "ManifestWorkReplicaSet", "v1alpha1")),
		addons: inventory.Register[addonObject](registry,
			kind(addonGroup, "clustermanagementaddons", "ClusterManagementAddOn", "v1alpha1", "v1beta1")),
		installed:  inventory.Register[struct{}](registry, installed),
		governance: newGovernance(registry),
		argoCD: argoCD{applicationSets: inventory.Register[applicationSetObject](registry,
			kind("argoproj.io", "applicationsets", "ApplicationSet", "v1alpha1"))},
		expressions: sync.OnceValues(newExpressions),
	}
}

// Decisions is the resource that decisions are mostly taken from by those who read a resource of their choice.
func (i *Inventory) Decisions() []string { return inventory.Resources(i.decisions) }

// deciding are the resources that say what placements decide.
func (i *Inventory) deciding() []string {
	return inventory.Resources(i.placements, i.decisions, i.bindings, i.sets, i.clusters)
}

// installing are those that say, too, where an add-on is, and governing those that say what policies bind.
func (i *Inventory) installing() []string {
	return append(i.deciding(), inventory.Resources(i.installed)...)
}

func (i *Inventory) governing() []string {
	return append(i.deciding(), inventory.Resources(i.policies, i.policySets, i.bound)...)
}

// followed are those that say, too, who follows a placement.
func (i *Inventory) followed() []string {
	following := inventory.Resources(i.replicaSets, i.addons, i.argoCD.applicationSets)
	return slices.Concat(i.governing(), following, []string{argocd.ConfigMaps})
}

// environments returns what is known of clusters; the decision alone names one that is not there.
func (i *Inventory) environments(names []string) (rollout.Environments, error) {
	return inventory.IfServed(i.clusters.Environments(names))
}
