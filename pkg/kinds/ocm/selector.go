package ocm

import (
	"fmt"
	"slices"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"

	"github.com/seawall-dev/seawall/pkg/inventory"
	"github.com/seawall-dev/seawall/pkg/rollout"
)

type clusterSelector struct {
	LabelSelector metav1.LabelSelector `json:"labelSelector"`
	ClaimSelector struct {
		MatchExpressions []metav1.LabelSelectorRequirement `json:"matchExpressions"`
	} `json:"claimSelector"`
	CELSelector struct {
		CELExpressions []string `json:"celExpressions"`
	} `json:"celSelector"`
}

// managed is a cluster of the hub.
type managed = *inventory.Object[managedCluster]

// selects compiles a selector: labels, claims and expressions must all match.
func (s clusterSelector) selects(with selecting, path string) (func(managed) bool, error) {
	byExpression, err := with.compile(path+".celSelector.celExpressions", s.CELSelector.CELExpressions)
	if err != nil {
		return nil, err
	}
	byLabel, err := rollout.Selector(path+".labelSelector", &s.LabelSelector)
	if err != nil {
		return nil, err
	}
	byClaim, err := rollout.Selector(path+".claimSelector", &metav1.LabelSelector{MatchExpressions: s.ClaimSelector.MatchExpressions})
	if err != nil {
		return nil, err
	}
	return func(cluster managed) bool {
		claims := labels.Set{}
		for _, claim := range cluster.Value.Status.ClusterClaims {
			claims[claim.Name] = claim.Value
		}
		return byLabel.Matches(cluster.Labels) && byClaim.Matches(claims) &&
			(len(s.CELSelector.CELExpressions) == 0 || byExpression(cluster))
	}, nil
}

// predicates returns whether any predicate selects a cluster; without one all are.
func (s *placementSpec) predicates(with selecting) (func(managed) bool, error) {
	terms := make([]func(managed) bool, len(s.Predicates))
	for i, predicate := range s.Predicates {
		var err error
		path := fmt.Sprintf("spec.predicates[%d].requiredClusterSelector", i)
		if terms[i], err = predicate.RequiredClusterSelector.selects(with, path); err != nil {
			return nil, err
		}
	}
	return func(cluster managed) bool {
		return len(terms) == 0 || slices.ContainsFunc(terms, func(selects func(managed) bool) bool { return selects(cluster) })
	}, nil
}
