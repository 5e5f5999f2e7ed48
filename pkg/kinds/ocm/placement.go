package ocm

import (
	"context"
	"slices"

	"github.com/seawall-dev/seawall/pkg/budget"
	"github.com/seawall-dev/seawall/pkg/rollout"
)

// placeRemedy counts what is new and what is dropped together, since both happen at once.
const placeRemedy = "set spec.numberOfClusters so that at most " + rollout.PerWave + " clusters are new or dropped in one write"

// Placement reads Placements, whose edits reach everything that follows them.
func Placement(inventory *Inventory) rollout.Kind {
	return rollout.Kind{
		Group: clusterGroup, Versions: []string{"v1beta1"}, Resource: "placements", Name: "Placement", Namespaced: true,
		OneShot: true, Reads: inventory.followed(), Reader: placementReader{inventory},
	}
}

type placementReader struct{ inventory *Inventory }

// Read implements rollout.Reader.
func (r placementReader) Read(ctx context.Context, write rollout.Write) (rollout.Change, error) {
	// What its clusters run is its followers' to say.
	if write.Rewritten || write.SameSpec() && !resumes(write) {
		return rollout.Change{}, nil
	}
	followers, err := r.inventory.followers(write.Namespace, write.Name)
	if err != nil || len(followers) == 0 {
		return rollout.Change{}, err
	}
	account := budget.From(ctx)
	old, err := r.inventory.decided(account, write.Namespace, write.Name)
	if err != nil && (!rollout.IsFinding(err) || write.Operation == rollout.Delete) {
		return rollout.Change{}, err
	}
	before, err := r.inventory.environments(old.clusters())
	if err != nil {
		return rollout.Change{}, err
	}
	if write.Operation == rollout.Delete {
		return deletion(followers, before), nil
	}
	if unscheduled(write.Metadata()) {
		return rollout.Change{Environments: len(before)}, nil
	}
	return r.written(account, write, followers, before, old)
}

// deletion takes add-ons and policies away; a ManifestWorkReplicaSet without its placement stands still.
func deletion(followers []follower, before rollout.Environments) rollout.Change {
	change := rollout.TornDown(before, placeRemedy)
	if !slices.ContainsFunc(followers, func(f follower) bool { return f.installs || f.governs }) {
		change.Steps = nil
	}
	return change
}

// written compares what the written placement decides with what is decided.
func (r placementReader) written(
	account *budget.Account, write rollout.Write, followers []follower, before rollout.Environments, old decided,
) (rollout.Change, error) {
	var spec placementSpec
	if err := write.Object.DecodeSpec(&spec); err != nil {
		return rollout.Change{}, err
	}
	groups, err := r.inventory.schedule(account, write.Namespace, &spec, old.groups, samePriorities(write))
	if err != nil {
		return rollout.Change{}, err
	}
	now := decided{groups: groups, perGroup: spec.DecisionStrategy.GroupStrategy.ClustersPerDecisionGroup}
	return r.change(account, write.Namespace+"/"+write.Name, followers, before, old, now)
}

// resumes tells whether an update lets OCM decide again.
func resumes(write rollout.Write) bool {
	return unscheduled(write.OldMetadata()) && !unscheduled(write.Metadata())
}

func unscheduled(metadata *rollout.Metadata) bool {
	return metadata.Annotations[schedulingDisabled] == "true"
}

// samePriorities tells whether an update leaves alone what decides which clusters are taken.
func samePriorities(write rollout.Write) bool {
	const field = "prioritizerPolicy"
	return write.Operation != rollout.Update || rollout.SameJSON(write.OldObject.Spec[field], write.Object.Spec[field])
}

// change compares the decisions of a placement before and after.
func (r placementReader) change(
	account *budget.Account, placement string, followers []follower, before rollout.Environments, old, now decided,
) (rollout.Change, error) {
	after, err := r.inventory.environments(now.clusters())
	if err != nil {
		return rollout.Change{}, err
	}
	added := map[string]bool{}
	for name := range after {
		if _, stays := before[name]; !stays {
			added[name] = true
		}
	}
	var plans []plan
	released := map[string]bool{}
	for _, follower := range followers {
		if err := account.Work(len(before) + len(after)); err != nil {
			return rollout.Change{}, err
		}
		own, err := follower.plans(placement, old, now, added, released)
		if err != nil {
			return rollout.Change{}, err
		}
		plans = append(plans, own...)
	}
	staying, removed := rollout.Split(rollout.Delta(before, after, func(name string) (rollout.Effect, bool) {
		return rollout.Released, released[name]
	}))
	change := rollout.Change{Environments: len(after), Steps: steps(plans, staying, placeRemedy)}
	for i := range change.Steps {
		change.Steps[i].PaceRemedy, change.Steps[i].SplitRemedy = placeRemedy, placeRemedy
	}
	change.Steps = rollout.Removing(change.Steps, rollout.AtOnce(removed, placeRemedy), "")
	return change, nil
}
