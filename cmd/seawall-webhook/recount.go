package main

import (
	"fmt"
	"slices"

	"k8s.io/client-go/rest"
	"sigs.k8s.io/controller-runtime/pkg/manager"
	ctrlmetrics "sigs.k8s.io/controller-runtime/pkg/metrics"

	"github.com/seawall-dev/seawall/pkg/audit"
	"github.com/seawall-dev/seawall/pkg/budget"
	"github.com/seawall-dev/seawall/pkg/config"
	"github.com/seawall-dev/seawall/pkg/evaluate"
	"github.com/seawall-dev/seawall/pkg/inventory"
	"github.com/seawall-dev/seawall/pkg/metrics"
	"github.com/seawall-dev/seawall/pkg/recount"
)

// Requests a second, and at once, by which existing rollouts are read at most.
const recountRate, recountBurst = 50, 100

// newEvaluator returns what judges writes, and the rollouts that exist.
func newEvaluator(configuration config.Config, to followed) *evaluate.Evaluator {
	return &evaluate.Evaluator{
		Kinds:      to.kinds,
		Policies:   to.policies,
		Namespaces: to.namespaces,
		Overrides:  to.overrides,
		Uses:       to.overrides.uses,
		Excluded:   append(slices.Clone(configuration.Recount.ExcludedNamespaces), configuration.Namespace),
		Ready:      to.sources.ready,
		Budget:     budget.NewPool(configuration.ReviewBytes()),
	}
}

// newRollouts returns the rollouts that exist.
func newRollouts(mgr manager.Manager) (*recount.Rollouts, error) {
	limited := rest.CopyConfig(mgr.GetConfig())
	limited.QPS, limited.Burst = recountRate, recountBurst
	return recount.NewRollouts(limited)
}

// addRecount lets the leader judge existing rollouts again, unless that is turned off.
func addRecount(
	mgr manager.Manager, configuration config.Config, evaluator *evaluate.Evaluator, rollouts *recount.Rollouts, to followed, sink audit.Sink,
) error {
	if configuration.Recount.Interval == 0 {
		return nil
	}
	meter, err := metrics.NewRecount(ctrlmetrics.Registry)
	if err != nil {
		return fmt.Errorf("registering metrics: %w", err)
	}
	recounter := &recount.Recounter{
		Evaluator: evaluator,
		Kinds:     to.kinds,
		Rollouts:  rollouts,
		Publisher: recount.Statuses{Client: mgr.GetClient(), Every: configuration.Recount.Interval},
		Sink:      sink,
		Meter:     meter,
		Interval:  configuration.Recount.Interval,
	}
	changed, err := recounter.SetupWithManager(mgr)
	if err != nil {
		return fmt.Errorf("setting up the re-count: %w", err)
	}
	to.registry.Observe(func(inventory.Source, string, string) { changed() })
	return nil
}
