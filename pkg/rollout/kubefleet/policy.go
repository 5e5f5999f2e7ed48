package kubefleet

import (
	"fmt"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"

	"github.com/seawall-dev/seawall/pkg/rollout"
)

// policy is spec.policy of a placement.
type policy struct {
	PlacementType    string              `json:"placementType"`
	ClusterNames     []string            `json:"clusterNames"`
	NumberOfClusters *int                `json:"numberOfClusters"`
	Tolerations      []corev1.Toleration `json:"tolerations"`
	Affinity         struct {
		ClusterAffinity struct {
			Required struct {
				ClusterSelectorTerms []term `json:"clusterSelectorTerms"`
			} `json:"requiredDuringSchedulingIgnoredDuringExecution"`
		} `json:"clusterAffinity"`
	} `json:"affinity"`
}

type term struct {
	LabelSelector    *metav1.LabelSelector `json:"labelSelector"`
	PropertySelector struct {
		MatchExpressions []propertyRequirement `json:"matchExpressions"`
	} `json:"propertySelector"`
}

type propertyRequirement struct {
	Name     string   `json:"name"`
	Operator string   `json:"operator"`
	Values   []string `json:"values"`
}

// choose returns the names of the clusters that the policy picks, those that are placed on
// first where it picks a number of them.
func (i *Inventory) choose(p *policy, placed []string) ([]string, error) {
	eligible, err := i.eligible()
	if err != nil {
		return nil, err
	}
	if p == nil {
		p = &policy{}
	}
	if p.PlacementType == "PickFixed" {
		eligible = slices.DeleteFunc(eligible, func(cluster member) bool { return !slices.Contains(p.ClusterNames, cluster.Name) })
		return names(eligible), nil
	}
	selects, err := p.selects()
	if err != nil {
		return nil, err
	}
	var feasible []member
	for _, cluster := range eligible {
		matches, err := selects(cluster)
		if err != nil {
			return nil, err
		}
		if matches && rollout.Tolerated(cluster.Value.Spec.Taints, p.Tolerations) {
			feasible = append(feasible, cluster)
		}
	}
	switch p.PlacementType {
	case "", "PickAll":
		return names(feasible), nil
	case "PickN":
		return p.first(names(feasible), placed)
	default:
		return nil, rollout.Unresolved("spec.policy.placementType", "is %s: want PickAll, PickN or PickFixed", rollout.Quote(p.PlacementType))
	}
}

func names(clusters []member) []string {
	all := make([]string, len(clusters))
	for i, cluster := range clusters {
		all[i] = cluster.Name
	}
	return all
}

func (p *policy) first(feasible, placed []string) ([]string, error) {
	if p.NumberOfClusters == nil || *p.NumberOfClusters < 0 {
		return nil, rollout.Unresolved("spec.policy.numberOfClusters", "is not set: want an integer of at least 0 with PickN")
	}
	slices.SortStableFunc(feasible, func(a, b string) int {
		switch there, also := slices.Contains(placed, a), slices.Contains(placed, b); {
		case there == also:
			return strings.Compare(a, b)
		case there:
			return -1
		default:
			return 1
		}
	})
	chosen := feasible[:min(*p.NumberOfClusters, len(feasible))]
	slices.Sort(chosen)
	return chosen, nil
}

// selects compiles the affinity: any term may match, and all clusters do without one.
func (p *policy) selects() (func(member) (bool, error), error) {
	terms := p.Affinity.ClusterAffinity.Required.ClusterSelectorTerms
	selectors := make([]labels.Selector, len(terms))
	const path = "spec.policy.affinity.clusterAffinity.requiredDuringSchedulingIgnoredDuringExecution.clusterSelectorTerms"
	for i, term := range terms {
		selectors[i] = labels.Everything()
		if term.LabelSelector == nil {
			continue
		}
		var err error
		if selectors[i], err = metav1.LabelSelectorAsSelector(term.LabelSelector); err != nil {
			return nil, rollout.Unresolved(fmt.Sprintf("%s[%d].labelSelector", path, i), "is no label selector: %s", rollout.Quote(err.Error()))
		}
	}
	return func(cluster member) (bool, error) {
		for i, term := range terms {
			has, err := term.hasProperties(fmt.Sprintf("%s[%d].propertySelector", path, i), cluster)
			if err != nil || has && selectors[i].Matches(labels.Set(cluster.Labels)) {
				return true, err
			}
		}
		return len(terms) == 0, nil
	}, nil
}

// hasProperties tells whether a cluster has all properties (KubeFleet's
// pkg/scheduler/framework/plugins/clusteraffinity).
func (t term) hasProperties(path string, cluster member) (bool, error) {
	for _, want := range t.PropertySelector.MatchExpressions {
		matches, err := want.compare()
		if err != nil {
			return false, rollout.Unresolved(path, "has an expression on %s that %s", rollout.Quote(want.Name), err)
		}
		text, found := cluster.Value.Status.property(want.Name)
		if !found {
			return false, nil
		}
		value, err := resource.ParseQuantity(text)
		if err != nil {
			return false, rollout.Unresolved("MemberCluster "+cluster.Name, "has the property %s with the value %s: want a quantity",
				rollout.Quote(want.Name), rollout.Quote(text))
		}
		if !matches(value) {
			return false, nil
		}
	}
	return true, nil
}

// property returns a property, or a resource such as
// "resources.kubernetes-fleet.io/allocatable-cpu".
func (s memberStatus) property(name string) (value string, found bool) {
	usage, isUsage := strings.CutPrefix(name, "resources.kubernetes-fleet.io/")
	if !isUsage {
		property, found := s.Properties[name]
		return property.Value, found
	}
	kind, what, _ := strings.Cut(usage, "-")
	value, found = map[string]map[string]string{
		"total": s.ResourceUsage.Capacity, "allocatable": s.ResourceUsage.Allocatable, "available": s.ResourceUsage.Available,
	}[kind][what]
	return value, found
}

func (r propertyRequirement) compare() (func(resource.Quantity) bool, error) {
	if len(r.Values) != 1 {
		return nil, fmt.Errorf("has %d values: want 1", len(r.Values))
	}
	want, err := resource.ParseQuantity(r.Values[0])
	if err != nil {
		return nil, fmt.Errorf("has the value %s: want a quantity", rollout.Quote(r.Values[0]))
	}
	accepted := map[string][]int{"Eq": {0}, "Ne": {-1, 1}, "Gt": {1}, "Ge": {0, 1}, "Lt": {-1}, "Le": {-1, 0}}[r.Operator]
	if accepted == nil {
		return nil, fmt.Errorf("has the operator %s: want Eq, Ne, Gt, Ge, Lt or Le", rollout.Quote(r.Operator))
	}
	return func(value resource.Quantity) bool { return slices.Contains(accepted, value.Cmp(want)) }, nil
}
