package sveltos

import (
	"cmp"
	"context"
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/labels"

	"github.com/seawall-dev/seawall/pkg/budget"
	"github.com/seawall-dev/seawall/pkg/inventory"
	"github.com/seawall-dev/seawall/pkg/rollout"
)

const setRemedy = "let spec.maxReplicas and spec.clusterSelector take or drop at most " + rollout.PerWave + " clusters in one write"

// ClusterSet reads ClusterSets, whose clusters every ClusterProfile gets that refers to them.
func ClusterSet(inventory *Inventory) rollout.Kind {
	return setKind(inventory, "clustersets", "ClusterSet", false)
}

// Set reads Sets, which choose clusters of their namespace for Profiles.
func Set(inventory *Inventory) rollout.Kind { return setKind(inventory, "sets", "Set", true) }

func setKind(inventory *Inventory, resource, name string, namespaced bool) rollout.Kind {
	return rollout.Kind{
		Group: libraryGroup, Versions: []string{"v1beta1"}, Resource: resource, Name: name, Namespaced: namespaced,
		OneShot: true, Reads: inventory.following(namespaced), Reader: setReader{inventory},
	}
}

type setReader struct{ inventory *Inventory }

// Read implements rollout.Reader.
func (r setReader) Read(ctx context.Context, write rollout.Write) (rollout.Change, error) {
	if write.Rewritten || write.SameSpec() {
		return rollout.Change{}, nil // what its clusters get is for profiles to say
	}
	followers, err := r.followers(write.Namespace, write.Name)
	if err != nil || len(followers) == 0 {
		return rollout.Change{}, err
	}
	all, err := r.inventory.members(write.Namespace)
	if err != nil {
		return rollout.Change{}, err
	}
	before, after, err := rollout.Sides(write, func(object *rollout.Object) (*rollout.Environments, error) {
		return r.side(budget.From(ctx), write.Namespace, object, all)
	})
	if err != nil {
		return rollout.Change{}, err
	}
	old, now := rollout.Environments{}, rollout.Environments{}
	if before != nil {
		old = *before
	}
	if after != nil {
		now = *after
	}
	return following(old, now, followers), nil
}

// following takes new clusters in at the pace of the profiles together, and drops others at once.
func following(old, now rollout.Environments, followers []profileFields) rollout.Change {
	added, removed := rollout.Split(rollout.Delta(old, now, nil))
	step := rollout.AtOnce(added, setRemedy)
	step.InFlight = 0
	for _, follower := range followers {
		total := len(follower.Status.MatchingClusters) + len(added)
		atOnce, err := window(follower.Spec.MaxUpdate, total)
		if err != nil {
			atOnce = total // Sveltos takes what it cannot read for no limit
		}
		step.InFlight = min(len(added), step.InFlight+atOnce)
	}
	result := rollout.Change{Environments: len(now), Steps: rollout.Steps(step)}
	if slices.ContainsFunc(followers, func(f profileFields) bool { return f.Spec.StopMatchingBehavior != "LeavePolicies" }) {
		result.Steps = rollout.Removing(result.Steps, rollout.AtOnce(removed, setRemedy), "") // which counts both
	}
	return result
}

func rank(first bool) int {
	if first {
		return 0
	}
	return 1
}

// followers returns the profiles that refer to a set and deploy something. Where no profile refers to
// it, whatever else does is not known: it counts as one without a pace.
func (r setReader) followers(namespace, name string) ([]profileFields, error) {
	profiles, err := inventory.IfServed(r.inventory.others(namespace).List(namespace, labels.Everything()))
	if err != nil {
		return nil, err
	}
	var all []profileFields
	referred := false
	for _, profile := range profiles {
		if !slices.Contains(profile.Value.Spec.SetRefs, name) {
			continue
		}
		if referred = true; profile.Value.Spec.SyncMode != dryRun {
			all = append(all, profile.Value)
		}
	}
	if !referred {
		return []profileFields{{}}, nil
	}
	return all, nil
}

// side returns the clusters of a set: those that its status holds as far as its spec still selects
// them, and others up to spec.maxReplicas.
func (r setReader) side(
	account *budget.Account, namespace string, object *rollout.Object, all map[reference]member,
) (*rollout.Environments, error) {
	var set setFields
	if err := object.Decode(&set); err != nil {
		return nil, err
	}
	chosen, err := set.choose(account, namespace, all)
	if err != nil {
		return nil, err
	}
	environments := make(rollout.Environments, len(chosen))
	for _, ref := range chosen {
		environments[ref.String()] = all[ref].environment
	}
	return &environments, nil
}

// choose returns the clusters that the spec of a set selects, of which those stay first that the
// status holds.
func (s *setFields) choose(account *budget.Account, namespace string, all map[reference]member) ([]reference, error) {
	candidates, err := selected(account, all, "spec.clusterSelector", s.Spec.ClusterSelector)
	if err != nil {
		return nil, err
	}
	listed := distinct(namespace, s.Spec.ClusterRefs)
	candidates = append(candidates, listed.UnsortedList()...)
	held := distinct(namespace, s.Status.SelectedClusterRefs)
	slices.SortFunc(candidates, func(a, b reference) int {
		return cmp.Or(rank(held.Has(a))-rank(held.Has(b)), strings.Compare(a.String(), b.String()))
	})
	candidates = slices.Compact(candidates)
	return candidates[:min(max(0, s.Spec.MaxReplicas), len(candidates))], nil
}
