// Package ocm reads the rollouts of Open Cluster Management: ManifestWorkReplicaSet,
// ClusterManagementAddOn and Placement.
package ocm

import (
	"cmp"
	"errors"
	"slices"
	"strconv"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"

	"github.com/seawall-dev/seawall/pkg/inventory"
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
	clusters    *inventory.Collection[managedCluster]
	sets        *inventory.Collection[clusterSet]
	bindings    *inventory.Collection[setBinding]
	placements  *inventory.Collection[placementObject]
	decisions   *inventory.Collection[placementDecision]
	replicaSets *inventory.Collection[replicaSetObject]
	addons      *inventory.Collection[addonObject]
	installed   *inventory.Collection[struct{}]
}

type managedCluster struct {
	Spec struct {
		Taints []taint `json:"taints"`
	} `json:"spec"`
	Status struct {
		ClusterClaims []struct {
			Name  string `json:"name"`
			Value string `json:"value"`
		} `json:"clusterClaims"`
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

type setBinding struct {
	Spec struct {
		ClusterSet string `json:"clusterSet"`
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
	installed.MetadataOnly = true
	return &Inventory{
		clusters: inventory.Register[managedCluster](registry, kind(clusterGroup, "managedclusters", "ManagedCluster", "v1")),
		sets:     inventory.Register[clusterSet](registry, kind(clusterGroup, "managedclustersets", "ManagedClusterSet", "v1beta2")),
		bindings: inventory.Register[setBinding](registry,
			kind(clusterGroup, "managedclustersetbindings", "ManagedClusterSetBinding", "v1beta2")),
		placements: inventory.Register[placementObject](registry, kind(clusterGroup, "placements", "Placement", "v1beta1")),
		decisions:  inventory.Register[placementDecision](registry, kind(clusterGroup, "placementdecisions", "PlacementDecision", "v1beta1")),
		replicaSets: inventory.Register[replicaSetObject](registry,
			kind(workGroup, "manifestworkreplicasets", "ManifestWorkReplicaSet", "v1alpha1")),
		addons: inventory.Register[addonObject](registry,
			kind(addonGroup, "clustermanagementaddons", "ClusterManagementAddOn", "v1alpha1", "v1beta1")),
		installed: inventory.Register[struct{}](registry, installed),
	}
}

// optional takes a resource that is not served for one without objects.
func optional[T any](objects []T, err error) ([]T, error) {
	if _, absent := errors.AsType[*inventory.AbsentError](err); absent {
		return nil, nil
	}
	return objects, err
}

// environment returns what is known of a cluster.
func (i *Inventory) environment(name string) (rollout.Environment, error) {
	object, err := i.clusters.Get("", name)
	if _, absent := errors.AsType[*inventory.AbsentError](err); absent || err == nil && object == nil {
		return rollout.Environment{}, nil // the decision alone names it
	}
	if err != nil {
		return rollout.Environment{}, err
	}
	return rollout.Environment{SuccessRate: object.SuccessRate, Source: "ManagedCluster " + name}, nil
}

func (i *Inventory) environments(names []string) (rollout.Environments, error) {
	all := make(rollout.Environments, len(names))
	for _, name := range names {
		environment, err := i.environment(name)
		if err != nil {
			return nil, err
		}
		all[name] = environment
	}
	return all, nil
}

// decided is what a placement has decided, or would.
type decided struct {
	groups []group
	// perGroup is clustersPerDecisionGroup, which is some add-ons' maxConcurrency.
	perGroup size
	missing  bool
}

// group is a decision group: clusters sorted by name.
type group struct {
	name     string
	index    int
	clusters []string
}

func (d decided) clusters() []string {
	var names []string
	for _, group := range d.groups {
		names = append(names, group.clusters...)
	}
	return names
}

// decide returns the decisions of a placement: as they stand or, if there are none yet, as
// its spec makes them.
func (i *Inventory) decide(namespace, name string) (decided, error) {
	placement, err := i.placements.Get(namespace, name)
	if err != nil {
		return decided{}, err
	}
	standing, found, err := i.standing(namespace, name)
	if err != nil {
		return decided{}, err
	}
	if placement == nil {
		return decided{groups: standing, missing: !found}, nil
	}
	result := decided{groups: standing, perGroup: placement.Value.Spec.DecisionStrategy.GroupStrategy.ClustersPerDecisionGroup}
	if !found {
		result.groups, err = i.schedule(namespace, &placement.Value.Spec, nil)
	}
	return result, err
}

// standing returns what the PlacementDecisions hold.
func (i *Inventory) standing(namespace, placement string) (groups []group, found bool, err error) {
	objects, err := i.decisions.List(namespace, labels.SelectorFromSet(labels.Set{placementLabel: placement}))
	if err != nil {
		return nil, false, err
	}
	byIndex := map[int]*group{}
	for _, object := range objects {
		index, err := strconv.Atoi(object.Labels[groupIndexLabel])
		if err != nil {
			index = 0 // from before there were groups
		}
		if byIndex[index] == nil {
			byIndex[index] = &group{name: object.Labels[groupNameLabel], index: index}
		}
		for _, decision := range object.Value.Status.Decisions {
			byIndex[index].clusters = append(byIndex[index].clusters, decision.ClusterName)
		}
	}
	for _, group := range byIndex {
		slices.Sort(group.clusters)
		groups = append(groups, *group)
	}
	slices.SortFunc(groups, func(a, b group) int { return cmp.Compare(a.index, b.index) })
	return groups, len(objects) > 0, nil
}
