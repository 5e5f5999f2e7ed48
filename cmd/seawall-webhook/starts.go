package main

import (
	"cmp"
	"fmt"

	"k8s.io/client-go/rest"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/manager"
	ctrlmetrics "sigs.k8s.io/controller-runtime/pkg/metrics"

	"github.com/seawall-dev/seawall/pkg/admission"
	"github.com/seawall-dev/seawall/pkg/audit"
	"github.com/seawall-dev/seawall/pkg/config"
	"github.com/seawall-dev/seawall/pkg/follow"
	"github.com/seawall-dev/seawall/pkg/gate/argocd"
	"github.com/seawall-dev/seawall/pkg/gate/waves"
	"github.com/seawall-dev/seawall/pkg/metrics"
	"github.com/seawall-dev/seawall/pkg/policy"
	"github.com/seawall-dev/seawall/pkg/starts"
)

// newStarts returns what admits or holds starts. The leader keeps their ledgers.
func newStarts(
	mgr manager.Manager, leader *leadership, configuration config.Config, to followed, recorded *records,
) (*admission.Starts, error) {
	counted, err := metrics.NewStarts(ctrlmetrics.Registry)
	if err != nil {
		return nil, fmt.Errorf("registering metrics: %w", err)
	}
	// Each start is one write, and they come at once: the API server's own fairness is the limit.
	unlimited := rest.CopyConfig(mgr.GetConfig())
	unlimited.QPS = -1
	writing, err := client.New(unlimited, client.Options{Scheme: mgr.GetScheme()})
	if err != nil {
		return nil, fmt.Errorf("setting up the ledgers: %w", err)
	}
	kept := &policy.KeptRules{}
	keeping := follow.Waves(to.own, kept)
	judge := &starts.Judge{
		Policies: to.policies, Kept: kept, Namespaces: to.namespaces, Applications: argocd.NewApplications(to.registry, to.argoCD),
		Overrides: to.overrides, Uses: to.overrides.uses,
	}
	ledgers := &waves.Ledgers{Client: writing, Live: writing, Derive: judge.Derive, Says: judge.Says, Stored: counted.Stored}
	judge.Ledgers = ledgers
	leader.duties = append(leader.duties, keepWaves(starts.Keeper{
		Judge: judge, Notes: ledgers, Releases: ledgers, Sink: recorded.sinks(), Ready: func() error { return to.definitions.Check(nil) },
	}, configuration.WebhookConfiguration))
	if configuration.Nudger != "" {
		nudge, err := newNudge(mgr.GetConfig(), configuration.Nudger, judge)
		if err != nil {
			return nil, err
		}
		leader.duties = append(leader.duties, nudge)
	}
	return &admission.Starts{
		Judge:         judge,
		Ready:         func() error { return cmp.Or(to.sources.ready(), keeping.Check(nil)) },
		Reader:        argocd.Reader{Pacer: configuration.ApplicationSetController},
		Sink:          audit.Sinks{recorded.log, counted},
		Authenticated: configuration.Callers.Authorities != "",
		Help:          configuration.DenialHelp,
	}, nil
}
