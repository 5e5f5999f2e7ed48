package main

import (
	"context"
	"errors"
	"fmt"

	"k8s.io/client-go/rest"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/manager"

	"github.com/seawall-dev/seawall/pkg/gate"
	"github.com/seawall-dev/seawall/pkg/gate/waves"
	"github.com/seawall-dev/seawall/pkg/metrics"
	"github.com/seawall-dev/seawall/pkg/windows"
)

// newWindows returns the accounts of writes that count together. The leader takes out of them what is over.
func newWindows(mgr manager.Manager, leader *leadership, to followed) (*windows.Windows, error) {
	// A write of a rollout is one of its account: the API server's own fairness is the limit.
	unlimited := rest.CopyConfig(mgr.GetConfig())
	unlimited.QPS = -1
	writing, err := client.New(unlimited, client.Options{Scheme: mgr.GetScheme()})
	if err != nil {
		return nil, fmt.Errorf("setting up the accounts of writes: %w", err)
	}
	// Nothing but its Wave tells of what was written before.
	none := func(context.Context, waves.Key) (gate.Ledger, error) { return gate.Ledger{}, nil }
	ledgers := &waves.Ledgers{Client: writing, Live: writing, Derive: none}
	leader.duties = append(leader.duties, func(term manager.Manager) error {
		meter := metrics.NewWindows()
		keeper := &windows.Keeper{
			Ledgers: ledgers, Waves: term.GetClient(), Policies: to.policies, Meter: meter, Log: term.GetLogger().WithName("windows"),
		}
		return errors.Join(term.Add(keeper), term.Add(exporting(meter)))
	})
	return &windows.Windows{Ledgers: ledgers}, nil
}
