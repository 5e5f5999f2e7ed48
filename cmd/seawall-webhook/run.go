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
	"k8s.io/apimachinery/pkg/runtime/schema"
	clientgoscheme "k8s.io/client-go/kubernetes/scheme"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/cache"
	"sigs.k8s.io/controller-runtime/pkg/manager"
	ctrlmetrics "sigs.k8s.io/controller-runtime/pkg/metrics"
	metricsserver "sigs.k8s.io/controller-runtime/pkg/metrics/server"

	"github.com/seawall-dev/seawall/pkg/admission"
	"github.com/seawall-dev/seawall/pkg/apis/v1alpha1"
	"github.com/seawall-dev/seawall/pkg/audit"
	"github.com/seawall-dev/seawall/pkg/config"
	"github.com/seawall-dev/seawall/pkg/controller"
	"github.com/seawall-dev/seawall/pkg/inventory"
	"github.com/seawall-dev/seawall/pkg/policy"
	"github.com/seawall-dev/seawall/pkg/rollout"
	"github.com/seawall-dev/seawall/pkg/rollout/kinds"
	"github.com/seawall-dev/seawall/pkg/tracing"
)

// drainTimeout is longer than any call of the API server, which lasts 30 s at most.
const drainTimeout = 35 * time.Second

// run serves until ctx ends, then goes on for the shutdown delay and drains.
func run(ctx context.Context, configuration config.Config, logger *slog.Logger, traces *tracing.Tracing) error {
	draining := &atomic.Bool{}
	serving := lameDuck(ctx, configuration.ShutdownDelay, draining)

	progressive, err := inventory.ParseProgressiveSyncs(configuration.ProgressiveSyncs)
	if err != nil {
		return err
	}
	argoCD := inventory.NewArgoCD(configuration.ArgoCDNamespace, progressive)
	mgr, err := newManager(configuration, argoCD)
	if err != nil {
		return err
	}
	policies := &policy.Set{}
	checks, err := follow(serving, mgr, argoCD, policies)
	if err != nil {
		return err
	}
	registry := inventory.NewRegistry()
	known := kinds.All(kinds.Inventories{
		ArgoCD: argoCD, Decisions: inventory.NewDecisions(registry, configuration.ArgoCDNamespace),
		ArgoCDNamespace: configuration.ArgoCDNamespace, Registry: registry,
	})
	if err := errors.Join(watch(mgr, registry, checks), writeStatus(mgr, known)); err != nil {
		return err
	}
	judged := byGroupKind(known)
	decisions, err := newDecisions(ctrlmetrics.Registry, judged)
	if err != nil {
		return err
	}
	handler := &admission.Handler{
		Kinds:        judged,
		Policies:     policies,
		Namespaces:   admission.NamespaceReader{Cached: mgr.GetCache(), Live: mgr.GetAPIReader()},
		Sink:         audit.Sinks{audit.Log{Logger: logger}, decisions},
		Limiter:      admission.NewLimiter(configuration.MaxConcurrent),
		AllowOnError: configuration.OnError == config.OnErrorAllow,
	}
	traced := traces.Handler(admission.HTTP(handler, draining.Load))
	if err := serve(serving, mgr, configuration, traced, draining.Load, checks); err != nil {
		return err
	}
	if err := errors.Join(
		addChecks(mgr, logger, checks),
		exportState(ctrlmetrics.Registry, checks, configuration.CertificateDirectory, argoCD, registry),
	); err != nil {
		return err
	}
	return mgr.Start(serving)
}

// watch feeds the registry while the manager runs.
func watch(mgr manager.Manager, registry *inventory.Registry, checks checks) error {
	watcher, err := inventory.NewWatcher(registry, mgr.GetConfig(), mgr.GetLogger().WithName("inventory"))
	if err != nil {
		return err
	}
	checks["fleets"] = registry.Check
	return mgr.Add(watcher)
}

// writeStatus lets the elected replica write the status of policies.
func writeStatus(mgr manager.Manager, known []rollout.Kind) error {
	status := &controller.WavePolicy{Client: mgr.GetClient(), Kinds: groupKinds(known)}
	if err := status.SetupWithManager(mgr); err != nil {
		return fmt.Errorf("setting up policy status: %w", err)
	}
	return nil
}

// serve adds the webhook's server, and what it takes to be ready.
func serve(
	ctx context.Context, mgr manager.Manager, configuration config.Config, handler http.Handler, draining func() bool, checks checks,
) error {
	server, err := addServer(ctx, mgr, configuration, handler)
	if err != nil {
		return err
	}
	checks["webhook"] = server.StartedChecker()
	checks["certificate"] = certificateCheck(configuration)
	checks["draining"] = func(*http.Request) error {
		if draining() {
			return errors.New("shutting down")
		}
		return nil
	}
	return nil
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

func newManager(configuration config.Config, argoCD *inventory.ArgoCD) (manager.Manager, error) {
	scheme := runtime.NewScheme()
	if err := errors.Join(clientgoscheme.AddToScheme(scheme), v1alpha1.AddToScheme(scheme)); err != nil {
		return nil, err
	}
	restConfig, err := ctrl.GetConfig()
	if err != nil {
		return nil, fmt.Errorf("finding the API server: %w", err)
	}
	graceful := drainTimeout
	mgr, err := ctrl.NewManager(restConfig, manager.Options{
		Scheme:                        scheme,
		Metrics:                       metricsserver.Options{BindAddress: configuration.MetricsAddress},
		HealthProbeBindAddress:        configuration.HealthAddress,
		LeaderElection:                configuration.Lease != "",
		LeaderElectionID:              configuration.Lease,
		LeaderElectionNamespace:       configuration.Namespace,
		LeaderElectionReleaseOnCancel: true,
		GracefulShutdownTimeout:       &graceful,
		Cache: cache.Options{
			ByObject:         argoCD.CacheOptions(),
			NewInformer:      argoCD.NewInformer,
			DefaultTransform: cache.TransformStripManagedFields(),
		},
	})
	if err != nil {
		return nil, fmt.Errorf("setting up: %w", err)
	}
	return mgr, nil
}

// follow starts what the webhook watches and returns a readiness check for each.
func follow(ctx context.Context, mgr manager.Manager, argoCD *inventory.ArgoCD, policies *policy.Set) (checks, error) {
	if err := argoCD.Watch(ctx, mgr.GetCache()); err != nil {
		return nil, err
	}
	policiesSynced, err := controller.FollowPolicies(ctx, mgr.GetCache(), policies)
	if err != nil {
		return nil, err
	}
	namespaces, err := mgr.GetCache().GetInformer(ctx, admission.NamespaceMetadata())
	if err != nil {
		return nil, fmt.Errorf("watching namespaces: %w", err)
	}
	return checks{
		"inventory":  argoCD.Check,
		"policies":   syncedCheck("WavePolicies", policiesSynced),
		"namespaces": syncedCheck("namespaces", namespaces.HasSynced),
	}, nil
}

func byGroupKind(known []rollout.Kind) map[schema.GroupKind]rollout.Kind {
	index := make(map[schema.GroupKind]rollout.Kind, len(known))
	for _, kind := range known {
		index[schema.GroupKind{Group: kind.Group, Kind: kind.Name}] = kind
	}
	return index
}

func groupKinds(known []rollout.Kind) []schema.GroupKind {
	list := make([]schema.GroupKind, len(known))
	for i, kind := range known {
		list[i] = schema.GroupKind{Group: kind.Group, Kind: kind.Name}
	}
	return list
}
