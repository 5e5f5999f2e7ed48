// Package fleet reads the rollouts of Rancher Fleet: Bundle, HelmOp and GitRepo.
package fleet

import (
	"slices"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"

	"github.com/seawall-dev/seawall/pkg/budget"
	"github.com/seawall-dev/seawall/pkg/inventory"
)

const group = "fleet.cattle.io"

// Inventory is what Fleet selects clusters from.
type Inventory struct {
	clusters   *inventory.Collection[clusterFields]
	groups     *inventory.Collection[groupFields]
	mappings   *inventory.Collection[mappingFields]
	namespaces *inventory.Namespaces
}

type clusterFields struct {
	Spec struct {
		Paused bool `json:"paused"`
	} `json:"spec"`
}

type groupFields struct {
	Spec struct {
		Selector *metav1.LabelSelector `json:"selector"`
	} `json:"spec"`
}

type mappingFields struct {
	BundleSelector    *metav1.LabelSelector `json:"bundleSelector"`
	NamespaceSelector *metav1.LabelSelector `json:"namespaceSelector"`
}

// NewInventory has the registry read what Fleet selects from.
func NewInventory(registry *inventory.Registry) *Inventory {
	return &Inventory{
		clusters:   inventory.Register[clusterFields](registry, source("clusters", "Cluster")),
		groups:     inventory.Register[groupFields](registry, source("clustergroups", "ClusterGroup")),
		mappings:   inventory.Register[mappingFields](registry, source("bundlenamespacemappings", "BundleNamespaceMapping")),
		namespaces: inventory.NewNamespaces(registry, nil), // which lists only those that are known
	}
}

func (i *Inventory) resources() []string {
	return inventory.Resources(i.clusters, i.groups, i.mappings, i.namespaces)
}

func source(resource, kind string) inventory.Source {
	return inventory.Source{Group: group, Versions: []string{"v1alpha1"}, Resource: resource, Kind: kind}
}

// cluster is a registered cluster and its membership of each group that it is in, or of none.
type cluster struct {
	*inventory.Object[clusterFields]

	groups []membership
}

// candidates returns the clusters that a Bundle may reach: those of its namespace and of the
// namespaces that a BundleNamespaceMapping opens to it (Fleet's target/builder.go).
func (i *Inventory) candidates(account *budget.Account, namespace string, bundleLabels labels.Set) ([]cluster, error) {
	namespaces, err := i.reachable(namespace, bundleLabels)
	if err != nil {
		return nil, err
	}
	var all []cluster
	for _, namespace := range namespaces {
		found, err := i.clusters.List(namespace, labels.Everything())
		if err != nil {
			return nil, err
		}
		groups, err := i.groupsOf(namespace)
		if err != nil {
			return nil, err
		}
		all = slices.Grow(all, len(found))
		for _, object := range found {
			if err := account.Work(1 + len(groups.selecting)); err != nil {
				return nil, err
			}
			all = append(all, cluster{object, groups.of(&object.Labels)})
		}
	}
	return all, nil
}

func (i *Inventory) reachable(namespace string, bundleLabels labels.Set) ([]string, error) {
	reachable := []string{namespace}
	mappings, err := i.mappings.List(namespace, labels.Everything())
	if err != nil {
		return nil, err
	}
	seen := map[string]bool{namespace: true}
	for _, mapping := range mappings {
		// Fleet skips a mapping with an invalid selector, or without one of the two.
		bundles, problem := metav1.LabelSelectorAsSelector(mapping.Value.BundleSelector)
		if problem != nil || !bundles.Matches(bundleLabels) {
			continue
		}
		selector, problem := metav1.LabelSelectorAsSelector(mapping.Value.NamespaceSelector)
		if problem != nil {
			continue
		}
		opened, err := i.namespaces.List("", selector)
		if err != nil {
			return nil, err
		}
		for _, object := range opened {
			if !seen[object.Name] {
				seen[object.Name] = true
				reachable = append(reachable, object.Name)
			}
		}
	}
	return reachable, nil
}

// groups are the ClusterGroups of a namespace that select any cluster.
type groups struct {
	selecting []selecting
	// none is the membership of clusters that are in none of them.
	none []membership
}

type selecting struct {
	membership

	selector labels.Selector
}

func (i *Inventory) groupsOf(namespace string) (*groups, error) {
	objects, err := i.groups.List(namespace, labels.Everything())
	if err != nil {
		return nil, err
	}
	all := &groups{none: []membership{{}}}
	for _, object := range objects {
		// A group without a selector holds no cluster, nor does one whose selector is invalid.
		if selector, problem := metav1.LabelSelectorAsSelector(object.Value.Spec.Selector); problem == nil {
			all.selecting = append(all.selecting, selecting{membership{object.Name, object.Labels}, selector})
		}
	}
	return all, nil
}

func (g *groups) of(clusterLabels *inventory.Pairs) []membership {
	var in []membership
	for _, group := range g.selecting {
		if group.selector.Matches(clusterLabels) {
			in = append(in, group.membership)
		}
	}
	if in == nil {
		return g.none
	}
	return in
}
