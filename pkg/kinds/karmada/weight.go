package karmada

import (
	"fmt"
	"slices"
)

// weight is an entry of a staticWeightList.
type weight struct {
	TargetCluster affinity `json:"targetCluster"`
	Weight        int64    `json:"weight"`
}

// resource is an entry of spec.resourceSelectors.
type resource struct {
	APIVersion string `json:"apiVersion"`
	Kind       string `json:"kind"`
}

// divisible tells whether Karmada itself knows that a resource has replicas. What has none goes to
// every cluster that is selected, whatever its weight.
func (r resource) divisible() bool {
	return slices.Contains([]resource{
		{"apps/v1", "Deployment"}, {"apps/v1", "StatefulSet"}, {"apps/v1", "ReplicaSet"}, {"batch/v1", "Job"},
	}, r)
}

func divisible(all []resource) bool {
	return len(all) > 0 && !slices.ContainsFunc(all, func(r resource) bool { return !r.divisible() })
}

// weighed keeps the clusters that get replicas by fixed weights: those with a weight above 0, or all
// where none has one (Karmada's pkg/scheduler/core/division_algorithm.go and util.go).
func (p *placement) weighed(feasible []cluster) ([]cluster, error) {
	if p.ReplicaScheduling.WeightPreference == nil || !p.workloads {
		return feasible, nil
	}
	rules := p.ReplicaScheduling.WeightPreference.StaticWeightList
	selects := make([]func(cluster) bool, len(rules))
	for i, rule := range rules {
		var err error
		path := fmt.Sprintf("spec.placement.replicaScheduling.weightPreference.staticWeightList[%d].targetCluster", i)
		if selects[i], err = rule.TargetCluster.compile(path); err != nil {
			return nil, err
		}
	}
	var weighty []cluster
	for _, candidate := range feasible {
		for i, rule := range rules {
			if rule.Weight > 0 && selects[i](candidate) {
				weighty = append(weighty, candidate)
				break
			}
		}
	}
	if len(weighty) == 0 {
		return feasible, nil
	}
	return weighty, nil
}
