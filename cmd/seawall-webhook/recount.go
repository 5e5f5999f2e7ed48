package main

import (
	"fmt"
	"slices"

	"k8s.io/client-go/rest"
	"sigs.k8s.io/controller-runtime/pkg/manager"
	ctrlmetrics "sigs.k8s.io/controller-runtime/pkg/metrics"

	"github.com/seawall-dev/seawall/pkg/audit"
	"github.com/seawall-dev/seawall/pkg/config"
	"github.com/seawall-dev/seawall/pkg/inventory"
	"github.com/seawall-dev/seawall/pkg/metrics"
	"github.com/seawall-dev/seawall/pkg/recount"
)

// Requests a second, and at once, by which existing rollouts are read at most.
const recountRate, recountBurst = 50, 100

// newEvaluator returns what judges the rollouts that exist.
func newEvaluator(mgr manager.Manager, configuration config.Config, to followed) (*recount.Evaluator, error) {
	limited := rest.CopyConfig(mgr.GetConfig())
	limited.QPS, limited.Burst = recountRate, recountBurst
	rollouts, err := recount.NewRollouts(limited)
	if err != nil {
		return nil, err
	}
	return &recount.Evaluator{
		Kinds:      to.kinds,
		Rollouts:   rollouts,
		Namespaces: to.namespaces,
		Overrides:  to.overrides,
		Excluded:   append(slices.Clone(configuration.Recount.ExcludedNamespaces), configuration.Namespace),
	}, nil
}

// addRecount lets the leader judge existing rollouts again, unless that is turned off.
func addRecount(mgr manager.Manager, configuration config.Config, evaluator *recount.Evaluator, to followed, sink audit.Sink) error {
	if configuration.Recount.Interval == 0 {
		return nil
	}
	meter, err := metrics.NewRecount(ctrlmetrics.Registry)
	if err != nil {
		return fmt.Errorf("registering metrics: %w", err)
	}
	recounter := &recount.Recounter{
		Evaluator: evaluator,
		Policies:  to.policies,
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
