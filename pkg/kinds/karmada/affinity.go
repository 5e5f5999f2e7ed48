package karmada

import (
	"cmp"
	"fmt"
	"slices"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/selection"
	"k8s.io/apimachinery/pkg/util/sets"

	"github.com/seawall-dev/seawall/pkg/rollout"
)

// affinity selects clusters; an empty one selects all (Karmada's pkg/util/selector.go,
// ClusterMatches).
type affinity struct {
	LabelSelector *metav1.LabelSelector `json:"labelSelector"`
	FieldSelector struct {
		MatchExpressions []corev1.NodeSelectorRequirement `json:"matchExpressions"`
	} `json:"fieldSelector"`
	ClusterNames []string `json:"clusterNames"`
	Exclude      []string `json:"exclude"`
}

func (a affinity) rules() int { return 1 + len(a.FieldSelector.MatchExpressions) }

// compile returns whether the affinity selects a cluster.
func (a affinity) compile(path string) (func(cluster) bool, error) {
	byLabel, err := rollout.Selector(path+".labelSelector", cmp.Or(a.LabelSelector, &metav1.LabelSelector{}))
	if err != nil {
		return nil, err
	}
	fields := make([]func(cluster) bool, len(a.FieldSelector.MatchExpressions))
	for i, expression := range a.FieldSelector.MatchExpressions {
		if fields[i], err = field(fmt.Sprintf("%s.fieldSelector.matchExpressions[%d]", path, i), expression); err != nil {
			return nil, err
		}
	}
	excluded, listed := sets.New(a.Exclude...), sets.New(a.ClusterNames...)
	return func(c cluster) bool {
		return !excluded.Has(c.Name) && byLabel.Matches(c.Labels) &&
			!slices.ContainsFunc(fields, func(matches func(cluster) bool) bool { return !matches(c) }) &&
			(len(listed) == 0 || listed.Has(c.Name))
	}, nil
}

func field(path string, expression corev1.NodeSelectorRequirement) (func(cluster) bool, error) {
	if expression.Key == "zone" {
		return zone(path, expression)
	}
	operator := map[corev1.NodeSelectorOperator]selection.Operator{
		corev1.NodeSelectorOpIn: selection.In, corev1.NodeSelectorOpNotIn: selection.NotIn,
		corev1.NodeSelectorOpExists: selection.Exists, corev1.NodeSelectorOpDoesNotExist: selection.DoesNotExist,
		corev1.NodeSelectorOpGt: selection.GreaterThan, corev1.NodeSelectorOpLt: selection.LessThan,
	}[expression.Operator]
	requirement, err := labels.NewRequirement(expression.Key, operator, expression.Values)
	if err != nil {
		return nil, rollout.Unresolved(path, "cannot be matched: %s", rollout.Quote(err.Error()))
	}
	return func(c cluster) bool {
		known := labels.Set{}
		for name, value := range map[string]string{"provider": c.Value.Spec.Provider, "region": c.Value.Spec.Region} {
			if value != "" {
				known[name] = value
			}
		}
		return requirement.Matches(known)
	}, nil
}

// zone matches where any zone of the cluster is listed, or with NotIn none.
func zone(path string, expression corev1.NodeSelectorRequirement) (func(cluster) bool, error) {
	listed := func(c cluster) bool {
		return slices.ContainsFunc(c.Value.Spec.Zones, func(zone string) bool { return slices.Contains(expression.Values, zone) })
	}
	switch expression.Operator {
	case corev1.NodeSelectorOpIn:
		return listed, nil
	case corev1.NodeSelectorOpNotIn:
		return func(c cluster) bool { return !listed(c) }, nil
	case corev1.NodeSelectorOpExists:
		return func(c cluster) bool { return len(c.Value.Spec.Zones) > 0 }, nil
	case corev1.NodeSelectorOpDoesNotExist:
		return func(c cluster) bool { return len(c.Value.Spec.Zones) == 0 }, nil
	case corev1.NodeSelectorOpGt, corev1.NodeSelectorOpLt:
	}
	return nil, rollout.Unresolved(path+".operator", "is %s: want In, NotIn, Exists or DoesNotExist for zones",
		rollout.Quote(string(expression.Operator)))
}
