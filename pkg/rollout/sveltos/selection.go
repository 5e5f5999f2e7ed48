package sveltos

import (
	"errors"
	"slices"
	"strings"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"

	"github.com/seawall-dev/seawall/pkg/inventory"
	"github.com/seawall-dev/seawall/pkg/rollout"
)

// matching returns the clusters of a profile: those that are ready and selected, those that
// are listed, those of its sets, and those of the profiles that depend on it (Sveltos'
// controllers/clusterprofile_controller.go).
func (i *Inventory) matching(namespace, name string, side *profile) (map[reference]member, error) {
	all, err := i.members(namespace)
	if err != nil {
		return nil, err
	}
	found, err := selected(all, "spec.clusterSelector", side.Spec.ClusterSelector)
	if err != nil {
		return nil, err
	}
	ofSets, err := i.ofSets(namespace, all, side.Spec.SetRefs)
	if err != nil {
		return nil, err
	}
	ofOthers, err := i.ofDependents(namespace, name)
	if err != nil {
		return nil, err
	}
	matches := map[reference]member{}
	for _, ref := range slices.Concat(found, side.Spec.ClusterRefs, ofSets, ofOthers) {
		ref = ref.in(namespace)
		if c, exists := all[ref]; exists {
			matches[ref] = c
		}
	}
	return matches, nil
}

// in puts a reference into the namespace of a Profile, which reaches no other.
func (r reference) in(namespace string) reference {
	if namespace != "" {
		r.Namespace = namespace
	}
	return r
}

// selected returns the clusters that are ready and match; an empty selector matches none.
func selected(all map[reference]member, path string, selector *metav1.LabelSelector) ([]reference, error) {
	compiled, err := metav1.LabelSelectorAsSelector(selector)
	if err != nil {
		return nil, rollout.Unresolved(path, "is no label selector: %s", rollout.Quote(err.Error()))
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
func (i *Inventory) ofSets(namespace string, all map[reference]member, names []string) ([]reference, error) {
	sets := i.clusterSets
	if namespace != "" {
		sets = i.sets
	}
	var refs []reference
	for _, name := range names {
		set, err := sets.Get(namespace, name)
		if err != nil {
			return nil, err
		}
		if set == nil {
			continue // Sveltos goes on without it
		}
		chosen := set.Value.Status.SelectedClusterRefs
		if len(chosen) == 0 {
			if chosen, err = selected(all, "clusterSelector of set "+name, set.Value.Spec.ClusterSelector); err != nil {
				return nil, err
			}
			chosen = append(chosen, set.Value.Spec.ClusterRefs...)
			chosen = chosen[:min(max(0, set.Value.Spec.MaxReplicas), len(chosen))]
		}
		refs = append(refs, chosen...)
	}
	return refs, nil
}

// ofDependents returns the clusters of the profiles that depend on the named one.
func (i *Inventory) ofDependents(namespace, name string) ([]reference, error) {
	profiles := i.clusterProfiles
	if namespace != "" {
		profiles = i.profiles
	}
	others, err := profiles.List(namespace, labels.Everything())
	if _, absent := errors.AsType[*inventory.AbsentError](err); err != nil && !absent {
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
