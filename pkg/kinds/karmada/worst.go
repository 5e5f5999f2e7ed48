package karmada

import (
	"slices"

	"github.com/seawall-dev/seawall/pkg/rollout"
)

// worst returns the change that affects most clusters. Which of the affinities is in force, and
// which clusters a spread constraint has picked, only Karmada's scheduler knows: it goes from
// the affinity that it has used to the next when that has too few clusters or too little room
// (pkg/scheduler, scheduleResourceBindingWithClusterAffinities).
func (p *policy) worst(before *policy, all []cluster) (rollout.Change, error) {
	groups, err := p.Spec.Placement.groups()
	if err != nil {
		return rollout.Change{}, err
	}
	var worst *rollout.Change
	consider := func(change rollout.Change, err error) error {
		if err == nil && (worst == nil || change.Affected() > worst.Affected()) {
			worst = &change
		}
		return err
	}
	for _, earlier := range before.inForce() {
		start := max(0, slices.IndexFunc(groups, func(g group) bool { return g.name == earlier.name }))
		targets, err := before.targets(earlier, p, groups[start], all)
		if err != nil {
			return rollout.Change{}, err
		}
		if len(targets) > 0 {
			if err := consider(p.from(before, targets, earlier, groups[start:], all)); err != nil {
				return rollout.Change{}, err
			}
		}
	}
	if worst != nil {
		return *worst, nil
	}
	for start := range groups { // nothing is propagated yet
		if err := consider(p.from(nil, nil, group{}, groups[start:], all)); err != nil {
			return rollout.Change{}, err
		}
	}
	return *worst, nil
}

// inForce returns the affinities of the stored policy, any of which may be in force. Where it
// cannot be read, Karmada propagates nothing by it.
func (p *policy) inForce() []group {
	if p == nil {
		return nil
	}
	groups, err := p.Spec.Placement.groups()
	if err != nil {
		return nil
	}
	return groups
}

// targets returns the clusters that the stored policy may have picked, those first that the
// written one takes away. A taint leaves a cluster where it is that was a target before: each
// may be one, unless it is the write that tolerates the taint.
func (p *policy) targets(earlier group, after *policy, next group, all []cluster) ([]cluster, error) {
	if err := p.account.Work(len(all) * earlier.rules); err != nil {
		return nil, err
	}
	feasible := slices.DeleteFunc(slices.Clone(all), func(c cluster) bool {
		return !earlier.selects(c) || !p.Spec.Placement.tolerates(c) && after.Spec.Placement.tolerates(c)
	})
	chosen, err := p.Spec.Placement.spread(feasible, order{first: func(c cluster) bool { return !next.selects(c) }})
	if err != nil {
		return nil, nil //nolint:nilerr // Karmada picks none by it, either
	}
	return chosen, nil
}

// from returns the change of a write while the targets of one affinity are in force: those
// that it selects stay first, taints or not.
func (p *policy) from(before *policy, targets []cluster, earlier group, groups []group, all []cluster) (rollout.Change, error) {
	targeted := environments(targets)
	stored := &policy{}
	if before != nil {
		same := *before
		stored = &same
	}
	stored.clusters = targeted
	written := *p
	for _, group := range groups {
		if err := p.account.Work(len(all) * group.rules); err != nil {
			return rollout.Change{}, err
		}
		feasible := slices.DeleteFunc(slices.Clone(all), func(c cluster) bool {
			return !group.selects(c) || !p.Spec.Placement.tolerates(c) && (before == nil || !earlier.selects(c))
		})
		chosen, err := p.Spec.Placement.spread(feasible, order{largeFirst: true, first: func(c cluster) bool {
			_, is := targeted[c.Name]
			return is
		}})
		if err != nil {
			return rollout.Change{}, err
		}
		if written.clusters = environments(chosen); len(chosen) > 0 {
			break
		}
	}
	return written.change(stored), nil
}

func environments(clusters []cluster) rollout.Environments {
	all := make(rollout.Environments, len(clusters))
	for _, c := range clusters {
		all[c.Name] = rollout.Environment{SuccessRate: c.SuccessRate, Source: "Cluster " + c.Name}
	}
	return all
}
