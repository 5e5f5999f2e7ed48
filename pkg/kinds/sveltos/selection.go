package sveltos

import (
	"slices"
	"strings"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/util/sets"

	"github.com/seawall-dev/seawall/pkg/budget"
	"github.com/seawall-dev/seawall/pkg/inventory"
	"github.com/seawall-dev/seawall/pkg/rollout"
)

// matching returns the clusters of a profile: those that are ready and selected, those that
// are listed, those of its sets, and those of the profiles that depend on it (Sveltos'
// controllers/clusterprofile_controller.go). Sveltos also counts those that do not exist, which
// are in the total only.
func (i *Inventory) matching(
	account *budget.Account, namespace, name string, side *profile,
) (matches map[reference]member, total int, err error) {
	all, err := i.members(namespace)
	if err != nil {
		return nil, 0, err
	}
	found, err := selected(account, all, "spec.clusterSelector", side.Spec.ClusterSelector)
	if err != nil {
		return nil, 0, err
	}
	ofSets, err := i.ofSets(account, namespace, all, side.Spec.SetRefs)
	if err != nil {
		return nil, 0, err
	}
	ofOthers, err := i.ofDependents(namespace, name)
	if err != nil {
		return nil, 0, err
	}
	refs := distinct(namespace, slices.Concat(found, side.Spec.ClusterRefs, ofSets, ofOthers))
	matches = map[reference]member{}
	for ref := range refs {
		if c, exists := all[ref]; exists {
			matches[ref] = c
		}
	}
	return matches, len(refs), nil
}

// distinct returns the references once each.
func distinct(namespace string, refs []reference) sets.Set[reference] {
	all := sets.New[reference]()
	for _, ref := range refs {
		all.Insert(ref.in(namespace))
	}
	return all
}

// in puts a reference into the namespace of a Profile, which reaches no other.
func (r reference) in(namespace string) reference {
	if namespace != "" {
		r.Namespace = namespace
	}
	return r
}

// selected returns the clusters that are ready and match; an empty selector matches none.
func selected(account *budget.Account, all map[reference]member, path string, selector *metav1.LabelSelector) ([]reference, error) {
	compiled, err := rollout.Selector(path, selector)
	if err != nil {
		return nil, err
	}
	if err := account.Work(len(all)); err != nil {
		return nil, err
	}
	var refs []reference
	for ref, c := range all {
		if c.ready && !compiled.Empty() && compiled.Matches(c.labels) {
			refs = append(refs, ref)
		}
	}
	slices.SortFunc(refs, func(a, b reference) int { return strings.Compare(a.String(), b.String()) })
	return refs, nil
}

// ofSets returns the clusters that sets have selected or, while they have not, would.
func (i *Inventory) ofSets(account *budget.Account, namespace string, all map[reference]member, names []string) ([]reference, error) {
	source := i.clusterSets
	if namespace != "" {
		source = i.sets
	}
	var refs []reference
	for _, name := range sets.List(sets.New(names...)) {
		set, err := source.Get(namespace, name)
		if err != nil {
			return nil, err
		}
		if set == nil {
			continue // Sveltos goes on without it
		}
		// The status may be of an older spec: what either says.
		chosen, err := set.Value.choose(account, namespace, all)
		if err != nil {
			return nil, rollout.Withhold(err, "a set of spec.setRefs", "has a clusterSelector that is none")
		}
		chosen = append(chosen, set.Value.Status.SelectedClusterRefs...)
		if err := account.Work(len(chosen)); err != nil {
			return nil, err
		}
		refs = append(refs, chosen...)
	}
	return refs, nil
}

func (i *Inventory) others(namespace string) *inventory.Collection[profileFields] {
	if namespace == "" {
		return i.clusterProfiles
	}
	return i.profiles
}

// ofDependents returns the clusters of the profiles that depend on the named one.
func (i *Inventory) ofDependents(namespace, name string) ([]reference, error) {
	others, err := inventory.IfServed(i.others(namespace).List(namespace, labels.Everything()))
	if err != nil {
		return nil, err
	}
	var refs []reference
	for _, other := range others {
		if slices.Contains(other.Value.Spec.DependsOn, name) {
			refs = append(refs, other.Value.Status.MatchingClusters...)
		}
	}
	return refs, nil
}

// ofPrerequisites returns how many clusters the profiles that a profile depends on deploy to
// together because of it: they come to its clusters first, each at a pace of its own.
func (i *Inventory) ofPrerequisites(
	account *budget.Account, namespace string, names []string, clusters map[reference]member,
) (inFlight int, err error) {
	for name := range sets.New(names...) {
		other, err := inventory.IfServed(i.others(namespace).Get(namespace, name))
		if err != nil {
			return 0, err
		}
		if other == nil {
			continue // it is counted when it is created
		}
		if err := account.Work(len(clusters) + len(other.Value.Status.MatchingClusters)); err != nil {
			return 0, err
		}
		matching := distinct(namespace, other.Value.Status.MatchingClusters)
		joining := 0
		for ref := range clusters {
			if !matching.Has(ref) {
				joining++
			}
		}
		atOnce, err := window(other.Value.Spec.MaxUpdate, len(matching)+joining)
		if err != nil {
			atOnce = joining // Sveltos takes what it cannot read for no limit
		}
		inFlight += min(atOnce, joining)
	}
	return inFlight, nil
}
