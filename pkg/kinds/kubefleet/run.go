package kubefleet

import (
	"context"
	"fmt"

	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/sets"

	"github.com/seawall-dev/seawall/pkg/budget"
	"github.com/seawall-dev/seawall/pkg/rollout"
)

// ClusterStagedUpdateRun reads ClusterStagedUpdateRuns.
func ClusterStagedUpdateRun(inventory *Inventory) rollout.Kind {
	kind := runKind(runReader{inventory, inventory.clusterScope})
	kind.Resource, kind.Name = "clusterstagedupdateruns", "ClusterStagedUpdateRun"
	kind.Versions = append(kind.Versions, "v1alpha1")
	return kind
}

// StagedUpdateRun reads StagedUpdateRuns.
func StagedUpdateRun(inventory *Inventory) rollout.Kind {
	kind := runKind(runReader{inventory, inventory.inNamespaces})
	kind.Resource, kind.Name, kind.Namespaced = "stagedupdateruns", "StagedUpdateRun", true
	return kind
}

func runKind(reader runReader) rollout.Kind {
	return rollout.Kind{
		Group: placementGroup, Versions: versions(), OneShot: true, Reads: reader.inventory.running(reader.scope), Reader: reader,
	}
}

const (
	stateRun        = "Run"
	stateInitialize = "Initialize"
)

type run struct {
	Spec struct {
		PlacementName string  `json:"placementName"`
		StrategyName  string  `json:"stagedRolloutStrategyName"`
		State         *string `json:"state"`
	} `json:"spec"`
	Status struct {
		Strategy      strategySpec  `json:"stagedUpdateStrategySnapshot"`
		Stages        []stageStatus `json:"stagesStatus"`
		DeletionStage *stageStatus  `json:"deletionStageStatus"`
	} `json:"status"`
}

// state is Run where the CRD knows no states: such runs start when they are created.
func (r *run) state() string {
	if r.Spec.State == nil {
		return stateRun
	}
	return *r.Spec.State
}

type stageStatus struct {
	Clusters []struct {
		ClusterName string             `json:"clusterName"`
		Conditions  []metav1.Condition `json:"conditions"`
	} `json:"clusters"`
}

// pending returns the clusters of a stage that have not succeeded.
func (s stageStatus) pending() []string {
	var names []string
	for _, cluster := range s.Clusters {
		if !meta.IsStatusConditionTrue(cluster.Conditions, "Succeeded") {
			names = append(names, cluster.ClusterName)
		}
	}
	return names
}

type runReader struct {
	inventory *Inventory
	scope     scope
}

// Read implements rollout.Reader.
func (r runReader) Read(ctx context.Context, write rollout.Write) (rollout.Change, error) {
	if write.Operation == rollout.Delete || write.Rewritten || write.SameSpec() {
		return rollout.Change{}, nil // what has been updated stays so
	}
	before, after, err := rollout.Sides(write, func(object *rollout.Object) (*run, error) {
		side := &run{}
		return side, object.Decode(side)
	})
	if err != nil {
		return rollout.Change{}, err
	}
	switch after.state() {
	case stateRun:
	case stateInitialize, "Stop", "":
		return rollout.Change{}, nil
	default:
		return rollout.Change{}, rollout.Unresolved("spec.state", "is %s: want Initialize, Run or Stop", rollout.Quote(after.state()))
	}
	if before != nil && before.state() == stateRun {
		return rollout.Change{}, nil
	}
	plan, err := r.plan(budget.From(ctx), write.Namespace, before, after)
	if err != nil {
		return rollout.Change{}, err
	}
	return r.change(plan)
}

// plan returns the stages of a run that starts: those of its status if it is initialized.
func (r runReader) plan(account *budget.Account, namespace string, before, after *run) (*plan, error) {
	if before == nil || len(before.Status.Stages) == 0 {
		return r.initialize(account, namespace, after)
	}
	plan := &plan{strategy: r.scope.strategyKind + " " + after.Spec.StrategyName}
	for i, status := range before.Status.Stages {
		if i >= len(before.Status.Strategy.Stages) {
			return nil, rollout.Unresolved("status.stagesStatus", "has more stages than status.stagedUpdateStrategySnapshot")
		}
		plan.stages = append(plan.stages, before.Status.Strategy.Stages[i])
		plan.clusters = append(plan.clusters, status.pending())
		plan.sizes = append(plan.sizes, len(status.Clusters))
	}
	if before.Status.DeletionStage != nil {
		plan.dropped = before.Status.DeletionStage.pending()
	}
	return plan, nil
}

func (r runReader) change(plan *plan) (rollout.Change, error) {
	var result rollout.Change
	seen := sets.New[string]()
	once := func(names []string) []string {
		names = sets.List(sets.New(names...).Difference(seen)) // a status may say anything
		seen.Insert(names...)
		return names
	}
	for i, stage := range plan.stages {
		clusters, err := r.inventory.members.Environments(once(plan.clusters[i]))
		if err != nil {
			return rollout.Change{}, err
		}
		path := fmt.Sprintf("spec.stages[%d]", i)
		window, err := stage.window(path, plan.sizes[i])
		if err != nil {
			return rollout.Change{}, err
		}
		targets := rollout.Delta(clusters, clusters, rollout.Everything(rollout.Changed))
		result.Environments += len(targets)
		result.Steps = append(result.Steps, rollout.Step{
			Name: path, Targets: targets, InFlight: min(window, len(targets)),
			PaceRemedy:  fmt.Sprintf("set %s.maxConcurrency of %s to %s and start a new run", path, plan.strategy, rollout.PerWave),
			SplitRemedy: fmt.Sprintf("divide %s of %s into stages of at most %s clusters and start a new run", path, plan.strategy, rollout.PerWave),
		})
	}
	dropped, err := r.inventory.members.Environments(once(plan.dropped))
	if err != nil {
		return rollout.Change{}, err
	}
	result.Steps = rollout.Steps(append(result.Steps, rollout.AtOnce(rollout.Delta(dropped, nil, nil), removeRemedy))...)
	return result, nil
}
