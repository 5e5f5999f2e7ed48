package main

import (
	"context"
	"errors"
	"fmt"

	"sigs.k8s.io/controller-runtime/pkg/manager"
	ctrlmetrics "sigs.k8s.io/controller-runtime/pkg/metrics"

	"github.com/seawall-dev/seawall/pkg/metrics"
	"github.com/seawall-dev/seawall/pkg/starts"
)

// keepWaves lets the leader keep Waves, and look at what the API server does about starts. Only who does so has
// metrics of it.
func keepWaves(keeper starts.Keeper, registration string) func(manager.Manager) error {
	return func(term manager.Manager) error {
		meter, err := metrics.NewWaves(ctrlmetrics.Registry)
		if err != nil {
			return fmt.Errorf("registering metrics: %w", err)
		}
		// A copy for each term.
		now := keeper
		now.Waves, now.Meter, now.Log = term.GetClient(), meter, term.GetLogger().WithName("waves")
		return errors.Join(
			term.Add(&now),
			term.Add(&starts.Registration{Reader: term.GetAPIReader(), Name: registration, Meter: meter, Log: now.Log}),
			term.Add(manager.RunnableFunc(func(ctx context.Context) error {
				<-ctx.Done()
				meter.Unregister(ctrlmetrics.Registry)
				return nil
			})),
		)
	}
}
