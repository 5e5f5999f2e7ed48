package ocm

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/util/sets"

	"github.com/seawall-dev/seawall/pkg/budget"
	"github.com/seawall-dev/seawall/pkg/inventory"
	"github.com/seawall-dev/seawall/pkg/rollout"
)

// schedulingDisabled is the annotation of a placement whose decisions OCM leaves to somebody
// else.
const schedulingDisabled = clusterGroup + "/experimental-scheduling-disable"

type placementObject struct {
	Metadata struct {
		Annotations struct {
			Disabled string `json:"cluster.open-cluster-management.io/experimental-scheduling-disable"`
		} `json:"annotations"`
	} `json:"metadata"`
	Spec placementSpec `json:"spec"`
}

func (o placementObject) unscheduled() bool { return o.Metadata.Annotations.Disabled == "true" }

type placementSpec struct {
	ClusterSets      []string `json:"clusterSets"`
	NumberOfClusters *int     `json:"numberOfClusters"`
	Predicates       []struct {
		RequiredClusterSelector clusterSelector `json:"requiredClusterSelector"`
	} `json:"predicates"`
	Tolerations      tolerations `json:"tolerations"`
	DecisionStrategy struct {
		GroupStrategy struct {
			ClustersPerDecisionGroup size `json:"clustersPerDecisionGroup"`
			DecisionGroups           []struct {
				GroupName            string          `json:"groupName"`
				GroupClusterSelector clusterSelector `json:"groupClusterSelector"`
			} `json:"decisionGroups"`
		} `json:"groupStrategy"`
	} `json:"decisionStrategy"`
}

// schedule makes the decisions of a placement. Of more clusters than it wants, which ones it
// takes depends on scores: first those that it has, if it keeps them, else all others first,
// and then by name.
func (i *Inventory) schedule(
	account *budget.Account, namespace string, spec *placementSpec, before []group, keeps bool,
) ([]group, error) {
	if err := spec.Tolerations.check(); err != nil {
		return nil, err
	}
	available, err := i.available(namespace, spec.ClusterSets)
	if err != nil {
		return nil, err
	}
	if err := account.Work(len(available) * (1 + len(spec.Predicates) + len(spec.Tolerations))); err != nil {
		return nil, err
	}
	chosen, with := sets.New(decided{groups: before}.clusters()...), selecting{account, i.expressions}
	predicates, err := spec.predicates(with)
	if err != nil {
		return nil, err
	}
	now := time.Now()
	available = slices.DeleteFunc(available, func(cluster managed) bool {
		return !predicates(cluster) || !spec.Tolerations.tolerate(cluster.Value.Spec.Taints, chosen.Has(cluster.Name), now)
	})
	if err := account.Work(0); err != nil {
		return nil, err // which may have ended while expressions were evaluated
	}
	if wanted := spec.NumberOfClusters; wanted != nil && max(0, *wanted) < len(available) {
		slices.SortStableFunc(available, func(a, b managed) int {
			return rank(chosen.Has(a.Name) == keeps) - rank(chosen.Has(b.Name) == keeps)
		})
		available = available[:max(0, *wanted)]
	}
	slices.SortFunc(available, byName)
	return spec.divide(with, available)
}

func byName(a, b managed) int { return strings.Compare(a.Name, b.Name) }

func rank(first bool) int {
	if first {
		return 0
	}
	return 1
}

// available returns the clusters of the sets that are bound to the namespace, by name; of
// those that are named only, if any are.
func (i *Inventory) available(namespace string, named []string) ([]managed, error) {
	bindings, err := i.bindings.List(namespace, labels.Everything())
	if err != nil {
		return nil, err
	}
	found := map[string]managed{}
	for _, binding := range bindings {
		set, err := i.sets.Get("", binding.Name) // a binding has the name of its set
		if err != nil {
			return nil, err
		}
		if set == nil || len(named) > 0 && !slices.Contains(named, set.Name) {
			continue
		}
		members, err := i.members(set)
		if err != nil {
			return nil, err
		}
		for _, cluster := range members {
			if !cluster.Deleting {
				found[cluster.Name] = cluster
			}
		}
	}
	return slices.SortedFunc(maps.Values(found), byName), nil
}

func (i *Inventory) members(set *inventory.Object[clusterSet]) ([]managed, error) {
	switch selector := set.Value.Spec.ClusterSelector; selector.SelectorType {
	case "", "ExclusiveClusterSetLabel":
		return i.clusters.List("", labels.SelectorFromSet(labels.Set{setLabel: set.Name}))
	case "LabelSelector":
		compiled, err := metav1.LabelSelectorAsSelector(selector.LabelSelector)
		if err != nil {
			return nil, unselecting(set, err.Error())
		}
		return i.clusters.List("", compiled)
	default:
		return nil, unselecting(set, "selectorType "+selector.SelectorType)
	}
}

// unselecting is the finding of a set whose selector is not understood; which it is, and what stands
// there, is for the log.
func unselecting(set *inventory.Object[clusterSet], what string) error {
	found := rollout.Unresolved("a ManagedClusterSet that is bound to the namespace",
		"has no selector: want selectorType ExclusiveClusterSetLabel, or LabelSelector and a label selector")
	found.Withheld = "ManagedClusterSet " + set.Name + ": " + rollout.Quote(what)
	return found
}

// divide puts the clusters into decision groups: those that are named first, then the rest,
// all cut to the size of a group.
func (s *placementSpec) divide(with selecting, clusters []managed) ([]group, error) {
	strategy := s.DecisionStrategy.GroupStrategy
	const field = "spec.decisionStrategy.groupStrategy.clustersPerDecisionGroup"
	length, err := strategy.ClustersPerDecisionGroup.of(field, len(clusters), len(clusters))
	if err != nil {
		return nil, err
	}
	var groups []group
	add := func(name string, names []string) {
		for chunk := range slices.Chunk(names, max(1, length)) {
			groups = append(groups, group{name: name, index: len(groups), clusters: chunk})
		}
	}
	if err := with.account.Work(len(clusters) * len(strategy.DecisionGroups)); err != nil {
		return nil, err
	}
	taken := make(map[string]bool, len(clusters))
	for g, named := range strategy.DecisionGroups {
		path := fmt.Sprintf("spec.decisionStrategy.groupStrategy.decisionGroups[%d].groupClusterSelector", g)
		selects, err := named.GroupClusterSelector.selects(with, path)
		if len(named.GroupClusterSelector.CELSelector.CELExpressions) > 0 && rollout.IsFinding(err) {
			// Whoever is in it is among the rest: nobody can be more clusters together than those.
			add(named.GroupName, untaken(clusters, taken, func(managed) bool { return true }))
			break
		}
		if err != nil {
			return nil, err
		}
		add(named.GroupName, untaken(clusters, taken, selects))
	}
	add("", untaken(clusters, taken, func(managed) bool { return true }))
	return groups, nil
}

func untaken(clusters []managed, taken map[string]bool, selects func(managed) bool) []string {
	names := make([]string, 0, len(clusters)-len(taken))
	for _, cluster := range clusters {
		if !taken[cluster.Name] && selects(cluster) {
			taken[cluster.Name] = true
			names = append(names, cluster.Name)
		}
	}
	return names
}
