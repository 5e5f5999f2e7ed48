package karmada

import (
	"cmp"
	"fmt"
	"maps"
	"slices"

	corev1 "k8s.io/api/core/v1"

	"github.com/seawall-dev/seawall/pkg/rollout"
)

// placement is spec.placement of a policy.
type placement struct {
	ClusterAffinity   *affinity `json:"clusterAffinity"`
	ClusterAffinities []struct {
		affinity

		AffinityName       string     `json:"affinityName"`
		OverflowAffinities []affinity `json:"overflowAffinities"`
	} `json:"clusterAffinities"`
	ClusterTolerations []corev1.Toleration `json:"clusterTolerations"`
	SpreadConstraints  []spread            `json:"spreadConstraints"`
	ReplicaScheduling  *struct {
		Type             string `json:"replicaSchedulingType"`
		Preference       string `json:"replicaDivisionPreference"`
		WeightPreference *struct {
			StaticWeightList []weight `json:"staticWeightList"`
			DynamicWeight    string   `json:"dynamicWeight"`
		} `json:"weightPreference"`
	} `json:"replicaScheduling"`

	// workloads says that everything that is propagated has replicas to divide.
	workloads bool
}

type spread struct {
	SpreadByField string `json:"spreadByField"`
	SpreadByLabel string `json:"spreadByLabel"`
	MaxGroups     int    `json:"maxGroups"`
	MinGroups     int    `json:"minGroups"`
}

// group is an affinity of a placement, its overflow included; a later one is the fallback of
// those before it.
type group struct {
	name    string
	selects func(cluster) bool
	// rules is how many conditions a cluster may have to be held against.
	rules int
}

// groups compiles the affinities; without any all clusters are selected.
func (p *placement) groups() ([]group, error) {
	if len(p.ClusterAffinities) == 0 {
		single := p.ClusterAffinity
		if single == nil {
			single = &affinity{}
		}
		selects, err := single.compile("spec.placement.clusterAffinity")
		return []group{{"", selects, single.rules()}}, err
	}
	var groups []group
	for i, term := range p.ClusterAffinities {
		path := fmt.Sprintf("spec.placement.clusterAffinities[%d]", i)
		var members []func(cluster) bool
		rules := 0
		for o, member := range append([]affinity{term.affinity}, term.OverflowAffinities...) {
			memberPath := path
			if o > 0 {
				memberPath = fmt.Sprintf("%s.overflowAffinities[%d]", path, o-1)
			}
			selects, err := member.compile(memberPath)
			if err != nil {
				return nil, err
			}
			members, rules = append(members, selects), rules+member.rules()
		}
		groups = append(groups, group{term.AffinityName, func(c cluster) bool {
			return slices.ContainsFunc(members, func(selects func(cluster) bool) bool { return selects(c) })
		}, rules})
	}
	return groups, nil
}

func (p *placement) tolerates(c cluster) bool {
	hard := slices.DeleteFunc(slices.Clone(c.Value.Spec.Taints), func(taint corev1.Taint) bool {
		return taint.Effect != corev1.TaintEffectNoSchedule && taint.Effect != corev1.TaintEffectNoExecute
	})
	return rollout.Tolerated(hard, p.ClusterTolerations)
}

// divided tells whether another cluster changes what the others get.
func (p *placement) divided() bool {
	return p.ReplicaScheduling != nil && p.ReplicaScheduling.Type != "Duplicated"
}

// order says which clusters come first where a placement wants fewer than it may have, and
// whether large regions come before those with many of these.
type order struct {
	first      func(cluster) bool
	largeFirst bool
}

// spread keeps the clusters that the spread constraints leave (Karmada's
// pkg/scheduler/core/spreadconstraint): the most that it could be.
func (p *placement) spread(feasible []cluster, order order) ([]cluster, error) {
	switch {
	case p.weighted():
		return p.weighed(feasible)
	case len(p.SpreadConstraints) == 0:
		return feasible, nil
	}
	var region, single *spread
	for i, constraint := range p.SpreadConstraints {
		switch {
		case constraint.SpreadByField == "region":
			region = &p.SpreadConstraints[i]
		case constraint.SpreadByField == "cluster", constraint.SpreadByField == "" && constraint.SpreadByLabel == "":
			single = &p.SpreadConstraints[i]
		}
	}
	slices.SortStableFunc(feasible, func(a, b cluster) int {
		return cmp.Or(cmp.Compare(order.rank(b), order.rank(a)), cmp.Compare(a.Name, b.Name))
	})
	switch {
	case region != nil:
		return spreadByRegion(feasible, *region, single, order), nil
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

// rank counts the clusters that come first.
func (o order) rank(clusters ...cluster) int {
	n := 0
	for _, c := range clusters {
		if o.first(c) {
			n++
		}
	}
	return n
}

// weighted tells whether replicas are divided by fixed weights: no constraint holds then.
func (p *placement) weighted() bool {
	if !p.divided() || p.ReplicaScheduling.Preference != "Weighted" {
		return false
	}
	weights := p.ReplicaScheduling.WeightPreference
	return weights == nil || len(weights.StaticWeightList) > 0 && weights.DynamicWeight == ""
}

// spreadByRegion takes one cluster of each of the first regions, and more of them up to the
// limit of clusters.
func spreadByRegion(feasible []cluster, byRegion spread, byCluster *spread, order order) []cluster {
	regions := map[string][]cluster{}
	for _, candidate := range feasible {
		if name := candidate.Value.Spec.Region; name != "" {
			regions[name] = append(regions[name], candidate)
		}
	}
	sorted := slices.SortedFunc(maps.Values(regions), func(a, b []cluster) int {
		bySize, byRank := cmp.Compare(len(b), len(a)), cmp.Compare(order.rank(b...), order.rank(a...))
		if !order.largeFirst {
			bySize, byRank = byRank, bySize
		}
		return cmp.Or(bySize, byRank, cmp.Compare(a[0].Value.Spec.Region, b[0].Value.Spec.Region))
	})
	if len(sorted) < byRegion.MinGroups {
		return nil
	}
	var chosen, others []cluster
	for _, members := range sorted[:min(max(0, byRegion.MaxGroups), len(sorted))] {
		chosen, others = append(chosen, members[0]), append(others, members[1:]...)
	}
	if byCluster == nil {
		return chosen
	}
	if len(chosen)+len(others) < byCluster.MinGroups {
		return nil
	}
	slices.SortStableFunc(others, func(a, b cluster) int { return cmp.Compare(order.rank(b), order.rank(a)) })
	more := min(len(others), byCluster.MaxGroups-len(chosen))
	return append(chosen, others[:max(0, more)]...)
}
