package ocm

import (
	"cmp"
	"errors"
	"slices"
	"strconv"

	"k8s.io/apimachinery/pkg/labels"

	"github.com/seawall-dev/seawall/pkg/rollout"
)

// decided is what a placement has decided, or would.
type decided struct {
	groups []group
	// perGroup is clustersPerDecisionGroup, which is some add-ons' maxConcurrency.
	perGroup size
	missing  bool
}

// group is a decision group: clusters sorted by name.
type group struct {
	name     string
	index    int
	clusters []string
}

func (d decided) clusters() []string {
	var names []string
	for _, group := range d.groups {
		names = append(names, group.clusters...)
	}
	return names
}

// decide returns the decisions of a placement as its spec makes them, and those that stand
// until then: all of which a consumer may sync. Where the spec cannot be evaluated here,
// those that stand are all that is known.
func (i *Inventory) decide(namespace, name string) (decided, error) {
	placement, err := i.placements.Get(namespace, name)
	if err != nil {
		return decided{}, err
	}
	standing, found, err := i.standing(namespace, name)
	if err != nil {
		return decided{}, err
	}
	if placement == nil {
		return decided{groups: standing, missing: !found}, nil
	}
	result := decided{groups: standing, perGroup: placement.Value.Spec.DecisionStrategy.GroupStrategy.ClustersPerDecisionGroup}
	if placement.Value.Metadata.unscheduled() {
		if !found {
			err = rollout.Unresolved("Placement "+namespace+"/"+name, "has decided nothing yet, and leaves it to another scheduler")
		}
		return result, err
	}
	coming, err := i.schedule(namespace, &placement.Value.Spec, standing, true)
	if _, unresolved := errors.AsType[*rollout.UnresolvedError](err); unresolved && found {
		return result, nil
	}
	result.groups = withRest(coming, standing)
	return result, err
}

// decided returns the decisions of a placement as they stand or, as long as there are none,
// as the stored spec makes them.
func (i *Inventory) decided(namespace, name string) (decided, error) {
	placement, err := i.placements.Get(namespace, name)
	if err != nil {
		return decided{}, err
	}
	standing, found, err := i.standing(namespace, name)
	result := decided{groups: standing}
	if err != nil || placement == nil {
		return result, err
	}
	result.perGroup = placement.Value.Spec.DecisionStrategy.GroupStrategy.ClustersPerDecisionGroup
	if !found && !placement.Value.Metadata.unscheduled() {
		result.groups, err = i.schedule(namespace, &placement.Value.Spec, nil, true)
	}
	return result, err
}

// withRest returns groups with one more for the clusters that are in others only.
func withRest(groups, others []group) []group {
	known := map[string]bool{}
	for _, name := range (decided{groups: groups}).clusters() {
		known[name] = true
	}
	rest := slices.DeleteFunc(decided{groups: others}.clusters(), func(name string) bool { return known[name] })
	if len(rest) == 0 {
		return groups
	}
	slices.Sort(rest)
	return append(groups, group{index: len(groups), clusters: slices.Compact(rest)})
}

// standing returns what the PlacementDecisions hold.
func (i *Inventory) standing(namespace, placement string) (groups []group, found bool, err error) {
	objects, err := i.decisions.List(namespace, labels.SelectorFromSet(labels.Set{placementLabel: placement}))
	if err != nil {
		return nil, false, err
	}
	byIndex := map[int]*group{}
	for _, object := range objects {
		index, err := strconv.Atoi(object.Labels.Get(groupIndexLabel))
		if err != nil {
			index = 0 // from before there were groups
		}
		if byIndex[index] == nil {
			byIndex[index] = &group{name: object.Labels.Get(groupNameLabel), index: index}
		}
		for _, decision := range object.Value.Status.Decisions {
			byIndex[index].clusters = append(byIndex[index].clusters, decision.ClusterName)
		}
	}
	for _, group := range byIndex {
		slices.Sort(group.clusters)
		groups = append(groups, *group)
	}
	slices.SortFunc(groups, func(a, b group) int { return cmp.Compare(a.index, b.index) })
	return groups, len(objects) > 0, nil
}
