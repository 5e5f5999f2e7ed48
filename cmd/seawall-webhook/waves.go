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
		meter := metrics.NewWaves()
		// A copy for each term.
		now := keeper
		now.Waves, now.Meter, now.Log = term.GetClient(), meter, term.GetLogger().WithName("waves")
		return errors.Join(
			term.Add(&now),
			term.Add(&starts.Registration{Reader: term.GetAPIReader(), Name: registration, Meter: meter, Log: now.Log}),
			term.Add(manager.RunnableFunc(func(ctx context.Context) error {
				if err := ctrlmetrics.Registry.Register(meter); err != nil {
					return fmt.Errorf("registering metrics: %w", err)
				}
				defer ctrlmetrics.Registry.Unregister(meter)
				<-ctx.Done()
				return nil
			})),
		)
	}
}
