package main

import (
	"fmt"

	"k8s.io/client-go/rest"
	"sigs.k8s.io/controller-runtime/pkg/manager"
	ctrlmetrics "sigs.k8s.io/controller-runtime/pkg/metrics"

	"github.com/seawall-dev/seawall/pkg/metrics"
	"github.com/seawall-dev/seawall/pkg/starts"
)

// newNudge returns what the leader does to have systems look at environments whose turn it is. Seawall's own
// account may not write these: it does so as a user who may change one annotation of them.
func newNudge(own *rest.Config, as string, judge *starts.Judge, of systems) (func(manager.Manager) error, error) {
	counted, err := metrics.NewNudges(ctrlmetrics.Registry)
	if err != nil {
		return nil, fmt.Errorf("registering metrics: %w", err)
	}
	nudger := rest.CopyConfig(own)
	nudger.Impersonate = rest.ImpersonationConfig{UserName: as}
	nudger.QPS, nudger.Burst = starts.NudgesPerSecond, starts.NudgesPerSecond
	refreshers, err := of.refreshers(nudger)
	if err != nil {
		return nil, err
	}
	return func(term manager.Manager) error {
		return term.Add(&starts.Nudger{
			Judge: judge, Waves: term.GetClient(), Refreshers: refreshers, Nudges: counted, Log: term.GetLogger().WithName("nudge"),
		})
	}, nil
}
