package main

import (
	"context"
	"fmt"
	"slices"
	"sync/atomic"

	"k8s.io/client-go/rest"
	"sigs.k8s.io/controller-runtime/pkg/manager"
	ctrlmetrics "sigs.k8s.io/controller-runtime/pkg/metrics"

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
	evaluator := &evaluate.Evaluator{
		Kinds:      to.kinds,
		Policies:   to.policies,
		Namespaces: to.namespaces,
		Overrides:  to.overrides,
		Uses:       to.overrides.uses,
		Excluded:   append(slices.Clone(configuration.Recount.ExcludedNamespaces), configuration.Namespace),
		Ready:      to.sources.ready,
		Budget:     budget.NewPool(configuration.ReviewBytes()),
	}
	if to.starts != nil { // which would be no nil of the interface
		evaluator.Starts = to.starts
	}
	return evaluator
}

// newRollouts returns the rollouts that exist.
func newRollouts(mgr manager.Manager) (*recount.Rollouts, error) {
	limited := rest.CopyConfig(mgr.GetConfig())
	limited.QPS, limited.Burst = recountRate, recountBurst
	return recount.NewRollouts(limited)
}

// countAgain judges existing rollouts again. Only who does so has metrics of it.
func countAgain(
	configuration config.Config, evaluator *evaluate.Evaluator, rollouts *recount.Rollouts, to followed, kept *records,
) func(manager.Manager) error {
	var changed atomic.Pointer[func()]
	to.registry.Observe(func(inventory.Source, string, string) {
		if call := changed.Load(); call != nil {
			(*call)()
		}
	})
	return func(mgr manager.Manager) error {
		meter, err := metrics.NewRecount(ctrlmetrics.Registry)
		if err != nil {
			return fmt.Errorf("registering metrics: %w", err)
		}
		recounter := &recount.Recounter{
			Evaluator: evaluator,
			Kinds:     to.kinds,
			Rollouts:  rollouts,
			Publisher: recount.Statuses{Client: mgr.GetClient(), Every: configuration.Recount.Interval},
			Sink:      kept.sinks(),
			Memory:    kept.found,
			Meter:     meter,
			Interval:  configuration.Recount.Interval,
		}
		call, err := recounter.SetupWithManager(mgr)
		if err != nil {
			meter.Unregister(ctrlmetrics.Registry)
			return fmt.Errorf("setting up the re-count: %w", err)
		}
		changed.Store(&call)
		return mgr.Add(manager.RunnableFunc(func(ctx context.Context) error {
			<-ctx.Done()
			changed.Store(nil)
			meter.Unregister(ctrlmetrics.Registry)
			return nil
		}))
	}
}
