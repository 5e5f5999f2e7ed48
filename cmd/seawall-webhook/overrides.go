package main

import (
	"context"
	"fmt"
	"sync"

	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/manager"

	"github.com/seawall-dev/seawall/pkg/config"
	"github.com/seawall-dev/seawall/pkg/controller"
	"github.com/seawall-dev/seawall/pkg/policy"
)

// overrides are the WaveOverrides of the cluster, and what counts their uses.
type overrides struct {
	*policy.Overrides

	uses *controller.Uses
}

// cleanOverrides deletes overrides that ended long ago.
func cleanOverrides(configuration config.Config) func(manager.Manager) error {
	return func(mgr manager.Manager) error {
		cleaner := &controller.WaveOverride{Client: mgr.GetClient(), Retention: configuration.OverrideRetention}
		if err := cleaner.SetupWithManager(mgr); err != nil {
			return fmt.Errorf("setting up the deletion of overrides: %w", err)
		}
		return nil
	}
}

// settleReservations confirms the uses of writes that are stored, and takes others back.
func settleReservations(mgr manager.Manager) error {
	live, err := client.NewWithWatch(mgr.GetConfig(), client.Options{
		HTTPClient: mgr.GetHTTPClient(), Scheme: mgr.GetScheme(), Mapper: mgr.GetRESTMapper(),
	})
	if err != nil {
		return fmt.Errorf("setting up the reservations of overrides: %w", err)
	}
	settling := &controller.Reservation{Client: mgr.GetClient(), Live: live, Lasts: controller.ReservationLasts}
	if err := settling.SetupWithManager(mgr); err != nil {
		return fmt.Errorf("setting up the reservations of overrides: %w", err)
	}
	return nil
}

// newOverrides returns the overrides, which nothing follows yet.
func newOverrides(mgr manager.Manager, configuration config.Config) *overrides {
	return &overrides{
		Overrides: policy.NewOverrides(configuration.Namespace),
		uses:      controller.NewUses(mgr.GetClient(), mgr.GetAPIReader(), mgr.GetLogger().WithName("overrides")),
	}
}

// count counts uses until the function is called that it returns, which waits for the last
// of them. It is not the manager's to stop: that stops what it runs before the webhook's
// server has answered its last request.
func (o *overrides) count(ctx context.Context) (drain func()) {
	running, stop := context.WithCancel(context.WithoutCancel(ctx))
	var group sync.WaitGroup
	group.Go(func() { o.uses.Run(running) })
	return func() {
		stop()
		group.Wait()
	}
}
