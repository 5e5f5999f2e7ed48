// Package sveltos reads the rollouts of Sveltos: ClusterProfile and Profile.
package sveltos

import (
	"slices"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/util/intstr"

	"github.com/seawall-dev/seawall/pkg/inventory"
	"github.com/seawall-dev/seawall/pkg/rollout"
)

const (
	profileGroup = "config.projectsveltos.io"
	libraryGroup = "lib.projectsveltos.io"
)

// Inventory is what Sveltos selects from.
type Inventory struct {
	sveltosClusters *inventory.Collection[sveltosCluster]
	capiClusters    *inventory.Collection[capiCluster]
	clusterSets     *inventory.Collection[setFields]
	sets            *inventory.Collection[setFields]
	clusterProfiles *inventory.Collection[profileFields]
	profiles        *inventory.Collection[profileFields]
}

type sveltosCluster struct {
	Spec struct {
		Paused bool `json:"paused"`
	} `json:"spec"`
	Status struct {
		Ready bool `json:"ready"`
	} `json:"status"`
}

type capiCluster struct {
	Spec struct {
		Paused bool `json:"paused"`
	} `json:"spec"`
	Status struct {
		Initialization struct {
			ControlPlaneInitialized bool `json:"controlPlaneInitialized"`
		} `json:"initialization"`
		ControlPlaneReady bool               `json:"controlPlaneReady"` // as v1beta1 calls it
		Conditions        []metav1.Condition `json:"conditions"`
	} `json:"status"`
}

func (c capiCluster) ready() bool {
	return c.Status.Initialization.ControlPlaneInitialized || c.Status.ControlPlaneReady ||
		slices.ContainsFunc(c.Status.Conditions, func(condition metav1.Condition) bool {
			return condition.Type == "ControlPlaneInitialized" && condition.Status == metav1.ConditionTrue
		})
}

type setFields struct {
	Spec struct {
		ClusterSelector *metav1.LabelSelector `json:"clusterSelector"`
		ClusterRefs     []reference           `json:"clusterRefs"`
		MaxReplicas     int                   `json:"maxReplicas"`
	} `json:"spec"`
	Status struct {
		SelectedClusterRefs []reference `json:"selectedClusterRefs"`
	} `json:"status"`
}

type profileFields struct {
	Spec struct {
		DependsOn            []string            `json:"dependsOn"`
		SetRefs              []string            `json:"setRefs"`
		SyncMode             string              `json:"syncMode"`
		StopMatchingBehavior string              `json:"stopMatchingBehavior"`
		MaxUpdate            *intstr.IntOrString `json:"maxUpdate"`
	} `json:"spec"`
	Status struct {
		MatchingClusters []reference `json:"matchingClusters"`
	} `json:"status"`
}

// reference names a cluster.
type reference struct {
	Kind      string `json:"kind"`
	Namespace string `json:"namespace"`
	Name      string `json:"name"`
}

// String returns a name that is unique among clusters of both kinds.
func (r reference) String() string {
	if r.Kind == "SveltosCluster" {
		return r.Namespace + "/" + r.Name
	}
	return r.Kind + " " + r.Namespace + "/" + r.Name
}

// NewInventory has the registry read what Sveltos selects from.
func NewInventory(registry *inventory.Registry) *Inventory {
	kind := func(group, resource, name string) inventory.Source {
		return inventory.Source{Group: group, Versions: []string{"v1beta1"}, Resource: resource, Kind: name}
	}
	capi := kind("cluster.x-k8s.io", "clusters", "Cluster")
	capi.Versions = []string{"v1beta2", "v1beta1"}
	return &Inventory{
		sveltosClusters: inventory.Register[sveltosCluster](registry, kind(libraryGroup, "sveltosclusters", "SveltosCluster")),
		capiClusters:    inventory.Register[capiCluster](registry, capi),
		clusterSets:     inventory.Register[setFields](registry, kind(libraryGroup, "clustersets", "ClusterSet")),
		sets:            inventory.Register[setFields](registry, kind(libraryGroup, "sets", "Set")),
		clusterProfiles: inventory.Register[profileFields](registry, kind(profileGroup, "clusterprofiles", "ClusterProfile")),
		profiles:        inventory.Register[profileFields](registry, kind(profileGroup, "profiles", "Profile")),
	}
}

// following are the resources that say which clusters a set of the scope has, and who follows it, and
// selecting those that say which a profile has.
func (i *Inventory) following(namespaced bool) []string {
	if namespaced {
		return inventory.Resources(i.sveltosClusters, i.capiClusters, i.profiles)
	}
	return inventory.Resources(i.sveltosClusters, i.capiClusters, i.clusterProfiles)
}

func (i *Inventory) selecting(namespaced bool) []string {
	if namespaced {
		return append(i.following(namespaced), inventory.Resources(i.sets)...)
	}
	return append(i.following(namespaced), inventory.Resources(i.clusterSets)...)
}

// member is a cluster that Sveltos manages.
type member struct {
	reference

	labels        inventory.Pairs
	ready, paused bool
	environment   rollout.Environment
}

// members returns all clusters of a namespace, or of all if it is empty.
func (i *Inventory) members(namespace string) (map[reference]member, error) {
	all := map[reference]member{}
	registered, err := i.sveltosClusters.List(namespace, labels.Everything())
	if err != nil {
		return nil, err
	}
	for _, c := range registered {
		add(all, i.sveltosClusters, "SveltosCluster", c, c.Value.Status.Ready, c.Value.Spec.Paused)
	}
	machines, err := inventory.IfServed(i.capiClusters.List(namespace, labels.Everything()))
	if err != nil {
		return nil, err
	}
	for _, c := range machines {
		add(all, i.capiClusters, "Cluster", c, c.Value.ready(), c.Value.Spec.Paused)
	}
	return all, nil
}

func add[T any](
	all map[reference]member, of *inventory.Collection[T], kind string, object *inventory.Object[T], ready, paused bool,
) {
	ref := reference{kind, object.Namespace, object.Name}
	all[ref] = member{
		reference: ref, labels: object.Labels, ready: ready && !object.Deleting, paused: paused, environment: of.Environment(object),
	}
}
