package kubefleet

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/seawall-dev/seawall/pkg/rollout"
)

// term selects clusters by label and by property: both must match.
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

// hasProperties tells whether a cluster has all properties (KubeFleet's
// pkg/scheduler/framework/plugins/clusteraffinity).
func (t term) hasProperties(path string, cluster member) (bool, error) {
	for _, want := range t.PropertySelector.MatchExpressions {
		matches, err := want.compare()
		if err != nil {
			return false, rollout.Unresolved(path, "has an expression on %s that %s", rollout.Quote(want.Name), err)
		}
		value, found, err := cluster.Value.Status.property(want.Name)
		if errors.Is(err, errNoProperty) {
			return false, rollout.Unresolved(path, "has an expression on %s, which %s", rollout.Quote(want.Name), err)
		}
		if err != nil {
			return false, unequalled(path, want.Name, cluster, err)
		}
		if !found || !matches(value) {
			return false, nil
		}
	}
	return true, nil
}

// unequalled is the finding of a property that has no quantity. On which cluster, and what it has
// instead, is not for the writer.
func unequalled(path, property string, cluster member, err error) error {
	found := rollout.Unresolved(path, "has an expression on %s, which is no quantity on every MemberCluster", rollout.Quote(property))
	found.Withheld = "MemberCluster " + cluster.Name + ": the property " + err.Error()
	return found
}

var errNoProperty = errors.New("is no property: want total-, allocatable- or available- and the name of a resource without a hyphen")

// property returns a property, or a resource such as
// "resources.kubernetes-fleet.io/allocatable-cpu".
func (s memberStatus) property(name string) (value resource.Quantity, found bool, err error) {
	usage, isUsage := strings.CutPrefix(name, "resources.kubernetes-fleet.io/")
	if !isUsage {
		property, found := s.Properties[name]
		if !found {
			return value, false, nil
		}
		if value, err = resource.ParseQuantity(property.Value); err != nil {
			return value, false, fmt.Errorf("has the value %s: want a quantity", rollout.Quote(property.Value))
		}
		return value, true, nil
	}
	kind, what, _ := strings.Cut(usage, "-")
	amounts, known := map[string]map[string]resource.Quantity{
		"total": s.ResourceUsage.Capacity, "allocatable": s.ResourceUsage.Allocatable, "available": s.ResourceUsage.Available,
	}[kind]
	if !known || what == "" || strings.Contains(what, "-") {
		return value, false, errNoProperty
	}
	value, found = amounts[what]
	return value, found, nil
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
