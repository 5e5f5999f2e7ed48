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
	"github.com/seawall-dev/seawall/pkg/gate/kargo"
	"github.com/seawall-dev/seawall/pkg/gate/waves"
	"github.com/seawall-dev/seawall/pkg/metrics"
	"github.com/seawall-dev/seawall/pkg/policy"
	"github.com/seawall-dev/seawall/pkg/starts"
)

// newStarts returns what admits or holds starts. The leader keeps their ledgers.
func newStarts(
	mgr manager.Manager, leader *leadership, configuration config.Config, to followed, recorded *records,
) (*admission.Starts, *starts.Promotions, error) {
	counted, err := metrics.NewStarts(ctrlmetrics.Registry)
	if err != nil {
		return nil, nil, fmt.Errorf("registering metrics: %w", err)
	}
	// Each start is one write, and they come at once: the API server's own fairness is the limit.
	unlimited := rest.CopyConfig(mgr.GetConfig())
	unlimited.QPS = -1
	writing, err := client.New(unlimited, client.Options{Scheme: mgr.GetScheme()})
	if err != nil {
		return nil, nil, fmt.Errorf("setting up the ledgers: %w", err)
	}
	kept := &policy.KeptRules{}
	keeping := follow.Waves(to.own, kept)
	systems := newSystems(configuration, to)
	judge := &starts.Judge{
		Policies: to.policies, Kept: kept, Namespaces: to.namespaces, Systems: systems.known,
		Overrides: to.overrides, Uses: to.overrides.uses,
	}
	promotions := promoted(configuration, to, judge)
	ledgers := &waves.Ledgers{Client: writing, Live: writing, Derive: judge.Derive, Says: judge.Says, Stored: counted.Stored}
	judge.Ledgers = ledgers
	leader.duties = append(leader.duties, keepWaves(starts.Keeper{
		Judge: judge, Notes: ledgers, Releases: ledgers, Sink: recorded.sinks(), Ready: func() error { return to.definitions.Check(nil) },
	}, starts.Registration{Name: configuration.WebhookConfiguration, Hooks: systems.hooks}))
	if configuration.Nudger != "" {
		nudge, err := newNudge(mgr.GetConfig(), configuration.Nudger, judge, systems)
		if err != nil {
			return nil, nil, err
		}
		leader.duties = append(leader.duties, nudge)
	}
	return &admission.Starts{
		Judge:         judge,
		Ready:         func() error { return cmp.Or(to.sources.ready(), keeping.Check(nil)) },
		Kinds:         systems.kinds,
		Sink:          audit.Sinks{recorded.log, counted},
		Authenticated: configuration.Callers.Authorities != "",
		Help:          configuration.DenialHelp,
	}, promotions, nil
}

// promoted has a judge know how far Promotions have come, and returns what judges them; nil if nothing does.
func promoted(configuration config.Config, to followed, judge *starts.Judge) *starts.Promotions {
	if configuration.KargoController == "" {
		return nil
	}
	judge.Promotions = kargo.NewPromotions(to.registry)
	return &starts.Promotions{Starts: judge, Promotion: to.kinds.Lookup(kargo.GroupKind()), Environments: argocd.GroupKind().Kind}
}
