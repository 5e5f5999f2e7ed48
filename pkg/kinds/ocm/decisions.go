package ocm

import (
	"cmp"
	"slices"
	"strconv"

	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/util/sets"

	"github.com/seawall-dev/seawall/pkg/budget"
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
	all := make([][]string, len(d.groups))
	for i, group := range d.groups {
		all[i] = group.clusters
	}
	return slices.Concat(all...)
}

// decide returns the decisions of a placement as its spec makes them, and those that stand
// until then: all of which a consumer may sync. Where the spec cannot be evaluated here,
// those that stand are all that is known.
func (i *Inventory) decide(account *budget.Account, namespace, name string) (decided, error) {
	placement, result, found, err := i.stored(namespace, name)
	switch {
	case err != nil:
		return decided{}, err
	case placement == nil:
		result.missing = !found
		return result, nil
	case placement.unscheduled() && found:
		return result, nil
	case placement.unscheduled():
		return result, rollout.Unresolved("Placement "+namespace+"/"+name, "has decided nothing yet, and leaves it to another scheduler")
	}
	coming, err := i.schedule(account, namespace, &placement.Spec, result.groups, true)
	if found && rollout.IsFinding(err) {
		return result, nil
	}
	result.groups = withRest(coming, result.groups)
	return result, notScheduled(err, namespace, name)
}

// decided returns the decisions of a placement as they stand or, as long as there are none,
// as the stored spec makes them.
func (i *Inventory) decided(account *budget.Account, namespace, name string) (decided, error) {
	placement, result, found, err := i.stored(namespace, name)
	if err == nil && placement != nil && !found && !placement.unscheduled() {
		result.groups, err = i.schedule(account, namespace, &placement.Spec, nil, true)
	}
	return result, err
}

// notScheduled is the finding about a placement that its consumer's writer need not be able to read.
func notScheduled(err error, namespace, name string) error {
	return rollout.Withhold(err, "Placement "+namespace+"/"+name, "has a spec that Seawall cannot decide by")
}

// stored returns a placement, which may be nil, and the decisions that stand.
func (i *Inventory) stored(namespace, name string) (placement *placementObject, result decided, found bool, err error) {
	object, err := i.placements.Get(namespace, name)
	if err != nil {
		return nil, result, false, err
	}
	if object != nil {
		placement, result.perGroup = &object.Value, object.Value.Spec.DecisionStrategy.GroupStrategy.ClustersPerDecisionGroup
	}
	result.groups, found, err = i.standing(namespace, name)
	return placement, result, found, err
}

// withRest returns groups with one more for the clusters that are in others only.
func withRest(groups, others []group) []group {
	rest := sets.New(decided{groups: others}.clusters()...).Delete(decided{groups: groups}.clusters()...)
	if len(rest) == 0 {
		return groups
	}
	return append(groups, group{index: len(groups), clusters: sets.List(rest)})
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
