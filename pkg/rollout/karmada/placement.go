package karmada

import (
	"fmt"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"

	"github.com/seawall-dev/seawall/pkg/rollout"
)

// placement is spec.placement of a policy.
type placement struct {
	ClusterAffinity   *affinity `json:"clusterAffinity"`
	ClusterAffinities []struct {
		affinity

		OverflowAffinities []affinity `json:"overflowAffinities"`
	} `json:"clusterAffinities"`
	ClusterTolerations []corev1.Toleration `json:"clusterTolerations"`
	SpreadConstraints  []spread            `json:"spreadConstraints"`
	ReplicaScheduling  *struct {
		Type             string `json:"replicaSchedulingType"`
		Preference       string `json:"replicaDivisionPreference"`
		WeightPreference *struct {
			StaticWeightList []struct{} `json:"staticWeightList"`
			DynamicWeight    string     `json:"dynamicWeight"`
		} `json:"weightPreference"`
	} `json:"replicaScheduling"`
}

type spread struct {
	SpreadByField string `json:"spreadByField"`
	SpreadByLabel string `json:"spreadByLabel"`
	MaxGroups     int    `json:"maxGroups"`
	MinGroups     int    `json:"minGroups"`
}

// choose returns the clusters that the placement selects of those there are. Where it wants
// fewer than it may have, those that are targets already come first.
func (p *placement) choose(all []cluster, targeted map[string]bool) ([]cluster, error) {
	groups, err := p.groups()
	if err != nil {
		return nil, err
	}
	// The next group is a fallback for the one before.
	for _, selects := range groups {
		var feasible []cluster
		for _, candidate := range all {
			if selects(candidate) && (targeted[candidate.Name] || p.tolerates(candidate)) {
				feasible = append(feasible, candidate)
			}
		}
		slices.SortStableFunc(feasible, func(a, b cluster) int {
			if targeted[a.Name] != targeted[b.Name] {
				return map[bool]int{true: -1, false: 1}[targeted[a.Name]]
			}
			return strings.Compare(a.Name, b.Name)
		})
		chosen, err := p.spread(feasible)
		if err != nil || len(chosen) > 0 {
			return chosen, err
		}
	}
	return nil, nil
}

// groups returns whether each group of the affinity selects a cluster, its overflow included.
func (p *placement) groups() ([]func(cluster) bool, error) {
	if len(p.ClusterAffinities) == 0 {
		single := p.ClusterAffinity
		if single == nil {
			single = &affinity{}
		}
		selects, err := single.compile("spec.placement.clusterAffinity")
		return []func(cluster) bool{selects}, err
	}
	var groups []func(cluster) bool
	for i, group := range p.ClusterAffinities {
		path := fmt.Sprintf("spec.placement.clusterAffinities[%d]", i)
		var members []func(cluster) bool
		for o, member := range append([]affinity{group.affinity}, group.OverflowAffinities...) {
			memberPath := path
			if o > 0 {
				memberPath = fmt.Sprintf("%s.overflowAffinities[%d]", path, o-1)
			}
			selects, err := member.compile(memberPath)
			if err != nil {
				return nil, err
			}
			members = append(members, selects)
		}
		groups = append(groups, func(c cluster) bool {
			return slices.ContainsFunc(members, func(selects func(cluster) bool) bool { return selects(c) })
		})
	}
	return groups, nil
}

func (p *placement) tolerates(c cluster) bool {
	hard := slices.DeleteFunc(slices.Clone(c.Value.Spec.Taints), func(taint corev1.Taint) bool {
		return taint.Effect != corev1.TaintEffectNoSchedule && taint.Effect != corev1.TaintEffectNoExecute
	})
	return rollout.Tolerated(hard, p.ClusterTolerations)
}

// spread keeps the clusters that the spread constraints leave (Karmada's
// pkg/scheduler/core/spreadconstraint): the most that it could be.
func (p *placement) spread(feasible []cluster) ([]cluster, error) {
	if len(p.SpreadConstraints) == 0 || p.weighted() {
		return feasible, nil
	}
	var region, single *spread
	for i, constraint := range p.SpreadConstraints {
		switch constraint.SpreadByField {
		case "region":
			region = &p.SpreadConstraints[i]
		case "cluster":
			single = &p.SpreadConstraints[i]
		}
	}
	switch {
	case region != nil:
		return spreadByRegion(feasible, *region, single), nil
	case single != nil:
		if len(feasible) < single.MinGroups {
			return nil, nil
		}
		return feasible[:min(max(0, single.MaxGroups), len(feasible))], nil
	default:
		return nil, rollout.Unresolved("spec.placement.spreadConstraints",
			"spreads by neither cluster nor region, which are all that Karmada knows")
	}
}

// weighted tells whether replicas are divided by fixed weights: no constraint holds then.
func (p *placement) weighted() bool {
	scheduling := p.ReplicaScheduling
	if scheduling == nil || scheduling.Type != "Divided" || scheduling.Preference != "Weighted" {
		return false
	}
	weights := scheduling.WeightPreference
	return weights == nil || len(weights.StaticWeightList) > 0 && weights.DynamicWeight == ""
}

// spreadByRegion takes one cluster of each of the largest regions, and more of them up to
// the limit of clusters.
func spreadByRegion(feasible []cluster, byRegion spread, byCluster *spread) []cluster {
	regions := map[string][]cluster{}
	for _, candidate := range feasible {
		if name := candidate.Value.Spec.Region; name != "" {
			regions[name] = append(regions[name], candidate)
		}
	}
	largest := make([][]cluster, 0, len(regions))
	for _, members := range regions {
		largest = append(largest, members)
	}
	slices.SortFunc(largest, func(a, b []cluster) int {
		if len(a) != len(b) {
			return len(b) - len(a)
		}
		return strings.Compare(a[0].Name, b[0].Name)
	})
	if len(largest) < byRegion.MinGroups {
		return nil
	}
	var chosen, others []cluster
	for _, members := range largest[:min(max(0, byRegion.MaxGroups), len(largest))] {
		chosen, others = append(chosen, members[0]), append(others, members[1:]...)
	}
	if byCluster == nil {
		return chosen
	}
	if len(chosen)+len(others) < byCluster.MinGroups {
		return nil
	}
	more := min(len(others), byCluster.MaxGroups-len(chosen))
	return append(chosen, others[:max(0, more)]...)
}
