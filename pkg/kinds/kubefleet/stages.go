package kubefleet

import (
	"fmt"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/util/intstr"
	"k8s.io/apimachinery/pkg/util/sets"

	"github.com/seawall-dev/seawall/pkg/budget"
	"github.com/seawall-dev/seawall/pkg/rollout"
)

type strategyFields struct {
	Spec strategySpec `json:"spec"`
}

type strategySpec struct {
	Stages []stage `json:"stages"`
}

type stage struct {
	Name           string                `json:"name"`
	LabelSelector  *metav1.LabelSelector `json:"labelSelector"`
	MaxConcurrency *intstr.IntOrString   `json:"maxConcurrency"`
}

// window returns how many clusters of a stage are updated together (KubeFleet's
// pkg/controllers/updaterun/execution.go, calculateMaxConcurrencyValue).
func (s stage) window(path string, clusters int) (int, error) {
	size := intstr.ValueOrDefault(s.MaxConcurrency, intstr.FromInt32(1))
	window, err := rollout.Percentages{}.Of(path+".maxConcurrency", *size, clusters)
	if err != nil {
		return 0, rollout.Withhold(err, path+".maxConcurrency", "is neither an integer nor a percentage such as 10%")
	}
	return max(1, window), nil
}

// plan is what a run does.
type plan struct {
	// strategy names the strategy for a message.
	strategy string
	stages   []stage
	// clusters are those of each stage that are not up to date, of sizes in all.
	clusters [][]string
	sizes    []int
	dropped  []string
}

// initialize makes the stages as KubeFleet does when it initializes a run.
func (r runReader) initialize(account *budget.Account, namespace string, run *run) (*plan, error) {
	placement, err := r.scope.placements.Get(namespace, run.Spec.PlacementName)
	if err != nil {
		return nil, err
	}
	if placement == nil {
		return nil, rollout.Unresolved("spec.placementName", "is %s: there is no such placement", rollout.Quote(run.Spec.PlacementName))
	}
	strategy, err := r.scope.strategies.Get(namespace, run.Spec.StrategyName)
	if err != nil {
		return nil, err
	}
	if strategy == nil {
		return nil, rollout.Unresolved("spec.stagedRolloutStrategyName", "is %s: there is no such %s",
			rollout.Quote(run.Spec.StrategyName), r.scope.strategyKind)
	}
	scheduled, dropped, err := r.scheduled(account, namespace, run.Spec.PlacementName, placement.Value)
	if err != nil {
		return nil, err
	}
	plan := &plan{strategy: r.scope.strategyKind + " " + run.Spec.StrategyName, stages: strategy.Value.Spec.Stages, dropped: dropped}
	return plan, r.divide(account, plan, scheduled)
}

// scheduled returns the clusters that a placement is on, or is to be: by its bindings or its
// status, and by its policy as long as KubeFleet has not scheduled that.
func (r runReader) scheduled(
	account *budget.Account, namespace, name string, placement placementFields,
) (scheduled, dropped []string, err error) {
	scheduled, dropped, err = r.scope.bound(namespace, name)
	if err != nil {
		return nil, nil, err
	}
	if len(scheduled) == 0 {
		scheduled = placement.Status.placed()
	}
	if len(scheduled) > 0 && placement.Status.holds("Scheduled", placement.Metadata.Generation) {
		return scheduled, dropped, nil
	}
	chosen, err := r.inventory.choose(account, placement.Spec.Policy, sets.New(scheduled...), false)
	if err != nil {
		return nil, nil, err
	}
	return sets.List(sets.New(scheduled...).Insert(chosen...)), dropped, nil
}

// divide puts the clusters into the stages: each must be in exactly one.
func (r runReader) divide(account *budget.Account, plan *plan, scheduled []string) error {
	plan.clusters = make([][]string, len(plan.stages))
	selectors := make([]labels.Selector, len(plan.stages))
	for i, stage := range plan.stages {
		var err error
		path := fmt.Sprintf("spec.stages[%d].labelSelector of %s", i, plan.strategy)
		if selectors[i], err = rollout.Selector(path, stage.LabelSelector); err != nil {
			return rollout.Withhold(err, path, "is no label selector")
		}
	}
	if err := account.Work(len(scheduled) * (1 + len(selectors))); err != nil {
		return err
	}
	for _, name := range scheduled {
		stage, err := r.stageOf(plan, selectors, name)
		if err != nil {
			return err
		}
		plan.clusters[stage] = append(plan.clusters[stage], name)
	}
	for _, clusters := range plan.clusters {
		plan.sizes = append(plan.sizes, len(clusters))
	}
	return nil
}

func (r runReader) stageOf(plan *plan, selectors []labels.Selector, name string) (int, error) {
	cluster, err := r.inventory.members.Get("", name)
	if err != nil {
		return 0, err
	}
	if cluster == nil {
		return 0, staged(name, "spec.placementName", "is on a MemberCluster that does not exist")
	}
	found := -1
	for i, selector := range selectors {
		if !selector.Matches(cluster.Labels) {
			continue
		}
		if found >= 0 {
			return 0, staged(name, plan.strategy,
				"selects a cluster in spec.stages[%d] and in spec.stages[%d]: the run would fail to initialize", found, i)
		}
		found = i
	}
	if found < 0 {
		return 0, staged(name, plan.strategy, "selects a cluster of the placement in no stage: the run would fail to initialize")
	}
	return found, nil
}

// staged is the finding about a cluster that cannot be put into a stage; its name is for the log.
func staged(cluster, field, problem string, args ...any) error {
	found := rollout.Unresolved(field, problem, args...)
	found.Withheld = "MemberCluster " + cluster
	return found
}
