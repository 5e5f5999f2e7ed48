package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/prometheus/client_golang/prometheus"
	"sigs.k8s.io/controller-runtime/pkg/manager"
	ctrlmetrics "sigs.k8s.io/controller-runtime/pkg/metrics"

	"github.com/seawall-dev/seawall/pkg/metrics"
	"github.com/seawall-dev/seawall/pkg/starts"
)

// keepWaves lets the leader keep Waves, and look at what the API server does about starts. Only who does so has
// metrics of it.
func keepWaves(keeper starts.Keeper, registration starts.Registration) func(manager.Manager) error {
	return func(term manager.Manager) error {
		meter := metrics.NewWaves()
		// A copy for each term.
		now, registered := keeper, registration
		now.Waves, now.Meter, now.Log = term.GetClient(), meter, term.GetLogger().WithName("waves")
		registered.Reader, registered.Meter, registered.Log = term.GetAPIReader(), meter, now.Log
		return errors.Join(
			term.Add(&now),
			term.Add(&registered),
			term.Add(exporting(meter)),
		)
	}
}

// exporting exports metrics for as long as a replica leads.
func exporting(meter prometheus.Collector) manager.Runnable {
	return manager.RunnableFunc(func(ctx context.Context) error {
		if err := ctrlmetrics.Registry.Register(meter); err != nil {
			return fmt.Errorf("registering metrics: %w", err)
		}
		defer ctrlmetrics.Registry.Unregister(meter)
		<-ctx.Done()
		return nil
	})
}
