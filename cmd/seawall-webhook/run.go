package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"sync/atomic"
	"time"

	"k8s.io/apimachinery/pkg/runtime"
	clientgoscheme "k8s.io/client-go/kubernetes/scheme"
	"k8s.io/client-go/rest"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/cache"
	ctrlconfig "sigs.k8s.io/controller-runtime/pkg/config"
	"sigs.k8s.io/controller-runtime/pkg/manager"
	ctrlmetrics "sigs.k8s.io/controller-runtime/pkg/metrics"
	metricsserver "sigs.k8s.io/controller-runtime/pkg/metrics/server"

	"github.com/seawall-dev/seawall/pkg/admission"
	"github.com/seawall-dev/seawall/pkg/apis/v1alpha1"
	"github.com/seawall-dev/seawall/pkg/config"
	"github.com/seawall-dev/seawall/pkg/controller"
	"github.com/seawall-dev/seawall/pkg/follow"
	"github.com/seawall-dev/seawall/pkg/gate/entry"
	"github.com/seawall-dev/seawall/pkg/inventory"
	"github.com/seawall-dev/seawall/pkg/inventory/argocd"
	"github.com/seawall-dev/seawall/pkg/kinds"
	"github.com/seawall-dev/seawall/pkg/metrics"
	"github.com/seawall-dev/seawall/pkg/policy"
	"github.com/seawall-dev/seawall/pkg/recount"
	"github.com/seawall-dev/seawall/pkg/tracing"
)

const (
	// drainTimeout is longer than any call of the API server, which lasts 30 s at most.
	drainTimeout = 35 * time.Second
	// termEnd is how long what the leader does may take to end.
	termEnd = 5 * time.Second
)

// run serves until ctx ends, then goes on for the shutdown delay and drains.
func run(ctx context.Context, configuration config.Config, logger *slog.Logger, traces *tracing.Tracing) error {
	draining := &atomic.Bool{}
	serving := lameDuck(ctx, configuration.ShutdownDelay, draining)

	progressive, err := argocd.ParseProgressiveSyncs(configuration.ProgressiveSyncs)
	if err != nil {
		return err
	}
	restConfig, err := ctrl.GetConfig()
	if err != nil {
		return fmt.Errorf("finding the API server: %w", err)
	}
	mgr, err := newManager(restConfig, mainOptions(configuration))
	if err != nil {
		return err
	}
	leader := newLeadership(mgr, configuration)
	to := newFollowed(mgr, configuration, progressive)
	checks, err := watch(mgr, configuration, to) //nolint:contextcheck // checks have contexts of their own
	if err != nil {
		return err
	}
	leader.duties = append(leader.duties, statusOf(to.kinds, configuration.SyncGate), cleanOverrides(configuration), settleReservations)
	kept, err := newRecords(mgr.GetConfig(), configuration.Records, logger)
	if err != nil {
		return err
	}
	leader.duties = append(leader.duties, kept.clean)
	handlers, err := newHandlers(mgr, leader, configuration, to, kept, draining.Load)
	if err != nil {
		return err
	}
	handlers[admission.Path] = traces.Handler(handlers[admission.Path])
	shown, err := serve(serving, mgr, leader, configuration, handlers, checks, logger)
	if err != nil {
		return err
	}
	checks["draining"] = drainingCheck(draining)
	if err := errors.Join(
		mgr.Add(leader),
		addChecks(mgr, logger, checks),
		exportState(ctrlmetrics.Registry, checks, shown.held.Expiry, to),
		metrics.RegisterDefinitions(ctrlmetrics.Registry, to.definitions.Missing),
	); err != nil {
		return err
	}
	kept.start(ctx)
	defer kept.drain()
	drain := to.overrides.count(ctx)
	defer drain()
	return mgr.Start(serving)
}

// newHandlers returns what the webhook serves, by paths. With it comes the re-count, which
// judges as it does and keeps the same records, but decides about no write.
func newHandlers(
	mgr manager.Manager, leader *leadership, configuration config.Config, to followed, kept *records, draining func() bool,
) (map[string]http.Handler, error) {
	decisions, err := newDecisions(ctrlmetrics.Registry, to.kinds)
	if err != nil {
		return nil, err
	}
	evaluator := newEvaluator(configuration, to)
	if evaluator.Windows, err = newWindows(mgr, leader, to); err != nil {
		return nil, err
	}
	waves := &admission.Handler{
		Evaluator:     evaluator,
		Sink:          append(kept.sinks(), decisions),
		AllowOnError:  configuration.OnError == config.OnErrorAllow,
		Authenticated: configuration.Callers.Authorities != "",
		Help:          configuration.DenialHelp,
	}
	rollouts, err := newRollouts(mgr)
	if err != nil {
		return nil, err
	}
	created := admission.OverrideChecker{
		Kinds:    to.kinds,
		Judging:  to.policies.Judging,
		Home:     configuration.Namespace,
		Creators: to.overrides.uses,
	}
	own := admission.Configuration{
		"rolloutkinds":  admission.CheckRolloutKind(to.kinds.Refuses),
		"waveoverrides": created.Check,
		"wavepolicies":  admission.CheckWavePolicy(recount.NewPreview(evaluator, to.kinds, rollouts), to.kinds.All, configuration.SyncGate),
	}
	if configuration.Recount.Interval > 0 {
		leader.duties = append(leader.duties, countAgain(configuration, evaluator, rollouts, to, kept))
	}
	handlers := map[string]http.Handler{
		admission.Path:              admission.HTTP(waves, evaluator.Budget, draining),
		admission.ConfigurationPath: admission.HTTP(own, evaluator.Budget, draining),
	}
	if configuration.SyncGate {
		begun, promotions, err := newStarts(mgr, leader, configuration, to, kept)
		if err != nil {
			return nil, err
		}
		if promotions != nil {
			waves.Together = promotions
		}
		handlers[admission.StartsPath] = admission.HTTP(begun, evaluator.Budget, draining)
	}
	return handlers, nil
}

// serve adds the webhook's server, and what it takes to be ready. It returns the certificate that this shows.
func serve(
	ctx context.Context, mgr manager.Manager, leader *leadership, configuration config.Config,
	handlers map[string]http.Handler, checks checks, logger *slog.Logger,
) (*serving, error) {
	shown, err := newServing(ctrlmetrics.Registry, configuration)
	if err != nil {
		return nil, err
	}
	leader.duties = append(leader.duties, shown.duties()...)
	callers, err := newCallers(mgr, configuration.Callers, logger)
	if err != nil {
		return nil, err
	}
	server, err := addServer(mgr, configuration, handlers, callers, shown)
	if err != nil {
		return nil, err
	}
	checks["webhook"] = listening(ctx, server, callers, configuration.WebhookPort)
	checks["certificate"], checks["trusted"] = shown.valid, shown.trusted()
	return shown, nil
}

// lameDuck returns a context that outlives ctx by the delay. In between, draining is true:
// the webhook is not ready any more and asks for no new connections, but answers.
func lameDuck(ctx context.Context, delay time.Duration, draining *atomic.Bool) context.Context {
	serving, stop := context.WithCancel(context.WithoutCancel(ctx))
	context.AfterFunc(ctx, func() {
		draining.Store(true)
		time.AfterFunc(delay, stop)
	})
	return serving
}

// mainOptions are those of the manager of all that every replica does.
func mainOptions(configuration config.Config) manager.Options {
	graceful := drainTimeout
	return manager.Options{
		Metrics:                 metricsserver.Options{BindAddress: configuration.MetricsAddress},
		HealthProbeBindAddress:  configuration.HealthAddress,
		GracefulShutdownTimeout: &graceful,
	}
}

// termOptions are those of the manager of one term of the leader, which serves nothing.
func termOptions() manager.Options {
	graceful := termEnd
	return manager.Options{
		Metrics:                 metricsserver.Options{BindAddress: "0"},
		HealthProbeBindAddress:  "0",
		GracefulShutdownTimeout: &graceful,
		Controller:              ctrlconfig.Controller{SkipNameValidation: new(true)}, // those of the last term have the same names
	}
}

func newManager(cluster *rest.Config, options manager.Options) (manager.Manager, error) {
	options.Scheme = runtime.NewScheme()
	if err := errors.Join(clientgoscheme.AddToScheme(options.Scheme), v1alpha1.AddToScheme(options.Scheme)); err != nil {
		return nil, err
	}
	options.Cache = cache.Options{DefaultTransform: cache.TransformStripManagedFields()}
	mgr, err := ctrl.NewManager(cluster, options)
	if err != nil {
		return nil, fmt.Errorf("setting up: %w", err)
	}
	return mgr, nil
}

// followed is what is kept equal to objects of the cluster.
type followed struct {
	// own is the registry of Seawall's own objects, and registry that of all others.
	own, registry *inventory.Registry
	argoCD        *argocd.ArgoCD
	namespaces    *inventory.Namespaces
	policies      *policy.Set
	overrides     *overrides
	kinds         *kinds.Set
	sources       *sources
	definitions   *follow.Definitions
	// starts says whether the API server asks about starts; nil without a gate.
	starts *entry.Entry
}

// newFollowed returns what is followed once watch is called.
func newFollowed(mgr manager.Manager, configuration config.Config, progressive argocd.ProgressiveSyncs) followed {
	own, registry := inventory.NewRegistry(), inventory.NewRegistry()
	own.LoseAfter(configuration.SourcePatience)
	registry.LoseAfter(configuration.SourcePatience)
	definitions := []string{"wavepolicies", "waveoverrides", "rolloutkinds", "waves"}
	argoCD := argocd.New(registry, configuration.ArgoCDNamespace, progressive)
	known := kinds.NewSet(kinds.All(kinds.Inventories{ArgoCD: argoCD, ArgoCDNamespace: configuration.ArgoCDNamespace, Registry: registry}))
	known.Templates = configuration.WorkloadTemplates
	var starts *entry.Entry
	if configuration.SyncGate {
		starts = entry.New(registry, configuration.WebhookConfiguration)
	}
	return followed{
		starts: starts, own: own, registry: registry, argoCD: argoCD, sources: &sources{},
		namespaces: inventory.NewNamespaces(registry, mgr.GetAPIReader()),
		policies:   &policy.Set{}, overrides: newOverrides(mgr, configuration),
		kinds: known, definitions: follow.NewDefinitions(own, mgr.GetLogger().WithName("definitions"), definitions...),
	}
}

// watch starts what the webhook watches and returns a readiness check for each.
func watch(mgr manager.Manager, configuration config.Config, to followed) (checks, error) {
	log := mgr.GetLogger()
	for name, registry := range map[string]*inventory.Registry{"definitions": to.own, "inventory": to.registry} {
		watcher, err := inventory.NewWatcher(registry, mgr.GetConfig(), log.WithName(name))
		if err != nil {
			return nil, err
		}
		if err := mgr.Add(watcher); err != nil {
			return nil, err
		}
	}
	policies := follow.Policies(to.own, to.policies)
	overrides := follow.Overrides(to.own, to.overrides.Overrides, log.WithName("overrides"))
	described := follow.RolloutKinds(to.own, to.kinds, to.registry)
	to.sources.follow(policies, overrides, described, to.registry)
	return checks{
		// Once: a new version waits for its definitions, and the replicas of the one before go on.
		"definitions": once(to.definitions.Check),
		"inventory":   once(unlessAbsent(to.namespaces, configuration.ArgoCDNamespace, to.argoCD.Check)),
		"fleets":      to.registry.Check,
		"policies":    once(policies.Check),
		"overrides":   once(overrides.Check),
		"kinds":       once(described.Check),
		"namespaces":  once(to.namespaces.Check),
	}, nil
}

// statusOf writes the status of Seawall's own objects.
func statusOf(known *kinds.Set, gates bool) func(manager.Manager) error {
	return func(mgr manager.Manager) error {
		policies := &controller.WavePolicy{Client: mgr.GetClient(), Kinds: known.All, Gates: gates}
		described := &controller.RolloutKind{Client: mgr.GetClient(), Refuses: known.Refuses}
		if err := errors.Join(policies.SetupWithManager(mgr), described.SetupWithManager(mgr)); err != nil {
			return fmt.Errorf("setting up the status of policies and kinds: %w", err)
		}
		return nil
	}
}
