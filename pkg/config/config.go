// Package config holds what the operator of the webhook sets on its command line.
package config

import (
	"errors"
	"fmt"
	"log/slog"
	"os"
	"time"

	"github.com/spf13/pflag"

	"github.com/seawall-dev/seawall/pkg/inventory/argocd"
)

// OnError says how a request is answered that Seawall itself could not judge, because of
// an error, an overload or a timeout of its own.
type OnError string

const (
	// OnErrorDeny refuses the request with a 5xx code.
	OnErrorDeny OnError = "Deny"
	// OnErrorAllow admits the request with a warning.
	OnErrorAllow OnError = "Allow"
)

const (
	// longestRetention is ten years.
	longestRetention = 3650 * 24 * time.Hour
	// leastReviewMemory is that with which a review as large as any may be read.
	leastReviewMemory, mostReviewMemory = 32 << 20, 1 << 40
)

// Config is what the operator of the webhook sets. Its zero value is not valid; Default
// is.
type Config struct {
	// Namespace is the one that Seawall runs in: its Secret and its Lease are there, in the API server
	// that it guards.
	Namespace string
	// WebhookPort is the TCP port on which the API server calls, 1 to 65535.
	WebhookPort int
	// MetricsAddress serves Prometheus metrics over HTTP; "0" serves none.
	MetricsAddress string
	// HealthAddress serves /healthz and /readyz over HTTP.
	HealthAddress string

	Certificates Certificates
	// WebhookConfiguration is the ValidatingWebhookConfiguration of Seawall, which gets the CA of the
	// certificate, and says whether starts are asked about and what becomes of them when nobody answers.
	WebhookConfiguration string

	Callers Callers

	// WorkloadTemplates lets RolloutKinds describe workloads of Kubernetes' own, in an API server whose
	// workloads are templates of what runs elsewhere.
	WorkloadTemplates bool

	// ArgoCDNamespace is where Argo CD keeps its cluster Secrets.
	ArgoCDNamespace string
	// ProgressiveSyncs says whether Argo CD's ApplicationSet controller paces RollingSync.
	ProgressiveSyncs string

	// SyncGate admits or holds back starts of Argo CD's syncs.
	SyncGate bool
	// SyncGateFlux does so with those of Flux's Kustomizations and HelmReleases, too.
	SyncGateFlux bool
	// KargoController is the user as which Kargo's controller writes Applications; empty where Promotions are not
	// judged as starts.
	KargoController string
	// ApplicationSetController is the user as which Argo CD's ApplicationSet controller writes.
	ApplicationSetController string
	// Nudger is the user as whom Argo CD is asked to look at Applications whose turn it is; empty for nobody.
	Nudger string

	Records Records
	Recount Recount

	// OverrideRetention is how long a WaveOverride is kept after it has ended.
	OverrideRetention time.Duration

	OnError OnError
	// DenialHelp ends every denial.
	DenialHelp string
	// ReviewMemory is what all writes that are judged at once may take of the memory, such as
	// "256Mi"; "0" is half of GOMEMLIMIT.
	ReviewMemory string
	// SourcePatience is how long the API server may tell nothing of a resource, not even that
	// nothing has changed, before reviews that need it fail; zero is for ever.
	SourcePatience time.Duration
	// Lease names the Lease, in Namespace, that elects the replica which writes status and
	// re-counts; empty for a single replica without election.
	Lease string
	// ShutdownDelay is how long the webhook goes on serving after it has turned unready.
	ShutdownDelay time.Duration
	LogLevel      string

	// TracingEndpoint is the URL of an OpenTelemetry collector's OTLP/HTTP receiver, without
	// the path v1/traces; empty for no traces.
	TracingEndpoint string
	// TracingSamplingRatio is the share, 0 to 1, of the reviews to trace that the API server
	// says nothing about.
	TracingSamplingRatio float64
}

// Default returns the configuration of a webhook whose command line is empty.
func Default() Config {
	return Config{
		Namespace:                os.Getenv("POD_NAMESPACE"),
		WebhookPort:              10250,
		MetricsAddress:           ":8080",
		HealthAddress:            ":8081",
		Certificates:             defaultCertificates(),
		WebhookConfiguration:     "seawall",
		Callers:                  defaultCallers(),
		ArgoCDNamespace:          "argocd",
		ProgressiveSyncs:         string(argocd.ProgressiveSyncsAuto),
		OverrideRetention:        30 * 24 * time.Hour,
		ApplicationSetController: "system:serviceaccount:argocd:argocd-applicationset-controller",
		Records:                  defaultRecords(),
		Recount:                  defaultRecount(),
		OnError:                  OnErrorDeny,
		DenialHelp:               "More, and how to ask for an override: https://github.com/seawall-dev/seawall/blob/main/docs/denied.md",
		ReviewMemory:             "0",
		SourcePatience:           5 * time.Minute,
		Lease:                    "seawall",
		ShutdownDelay:            5 * time.Second,
		LogLevel:                 "info",
		TracingSamplingRatio:     0.1,
	}
}

// AddFlags lets flags set the fields of c; what c holds is their default.
func (c *Config) AddFlags(flags *pflag.FlagSet) {
	flags.StringVar(&c.Namespace, "namespace", c.Namespace,
		"namespace that Seawall runs in (default: the environment variable POD_NAMESPACE)")
	flags.IntVar(&c.WebhookPort, "webhook-port", c.WebhookPort, "port on which the API server calls")
	flags.StringVar(&c.MetricsAddress, "metrics-bind-address", c.MetricsAddress,
		`address that serves Prometheus metrics over HTTP; "0" serves none`)
	flags.StringVar(&c.HealthAddress, "health-probe-bind-address", c.HealthAddress,
		"address that serves /healthz and /readyz over HTTP")
	c.Certificates.addFlags(flags)
	flags.StringVar(&c.WebhookConfiguration, "webhook-configuration", c.WebhookConfiguration,
		"ValidatingWebhookConfiguration of Seawall: it gets the CA of the certificate, and says whether starts are asked about")
	c.Callers.addFlags(flags)
	c.addKindFlags(flags)
	flags.DurationVar(&c.OverrideRetention, "override-retention", c.OverrideRetention,
		"how long a WaveOverride is kept after it has ended; it is without effect from its end on")
	c.Records.addFlags(flags)
	c.Recount.addFlags(flags)
	flags.StringVar((*string)(&c.OnError), "on-error", string(c.OnError),
		"answer to a request that Seawall could not judge because of an error, overload or timeout of "+
			"its own: Deny or Allow")
	flags.StringVar(&c.DenialHelp, "denial-help", c.DenialHelp,
		"what every denial ends with: where its reader finds more, and how to ask for an override; at most 300 characters on one line")
	flags.StringVar(&c.ReviewMemory, "review-memory", c.ReviewMemory,
		"memory that all writes which are judged at once may take, one half of it each, such as 256Mi; others wait until "+
			"the API server's timeout is near; 0 is half of GOMEMLIMIT")
	flags.DurationVar(&c.SourcePatience, "source-patience", c.SourcePatience,
		"how long the API server may tell nothing of a resource, which it does about once a minute, before reviews that "+
			"need it are answered as --on-error says; 0 is for ever")
	flags.StringVar(&c.Lease, "lease", c.Lease,
		"Lease that elects the replica which writes status and re-counts; empty for a single replica")
	flags.DurationVar(&c.ShutdownDelay, "shutdown-delay", c.ShutdownDelay,
		"how long to go on serving after turning unready on SIGTERM")
	flags.StringVar(&c.LogLevel, "log-level", c.LogLevel, "least severe log lines to write: debug, info, warn or error")
	flags.StringVar(&c.TracingEndpoint, "tracing-endpoint", c.TracingEndpoint,
		"URL of an OpenTelemetry collector's OTLP/HTTP receiver, such as http://collector:4318; empty for no traces")
	flags.Float64Var(&c.TracingSamplingRatio, "tracing-sampling-ratio", c.TracingSamplingRatio,
		"share of the reviews to trace, 0 to 1, where the API server does not trace its request itself; "+
			"where it does, its choice is followed")
}

// addKindFlags adds what says how kinds of rollout are read.
func (c *Config) addKindFlags(flags *pflag.FlagSet) {
	flags.BoolVar(&c.WorkloadTemplates, "workload-templates", c.WorkloadTemplates,
		"let RolloutKinds describe kinds of the groups apps and batch: for an API server whose workloads are templates of "+
			"what runs elsewhere, such as Karmada's; never for that of the cluster that Seawall runs in")
	flags.BoolVar(&c.SyncGate, "sync-gate", c.SyncGate,
		"admit or hold back starts of Argo CD's syncs, as syncGate of WavePolicies says; the webhook configuration has to ask about them")
	flags.BoolVar(&c.SyncGateFlux, "sync-gate-flux", c.SyncGateFlux,
		"with --sync-gate, admit or hold back starts of Flux's Kustomizations and HelmReleases, too")
	flags.StringVar(&c.ApplicationSetController, "argocd-applicationset-controller", c.ApplicationSetController,
		"user as which Argo CD's ApplicationSet controller writes: whose starts are those of a RollingSync")
	flags.StringVar(&c.Nudger, "nudge-as", c.Nudger,
		"with --sync-gate, user as whom Argo CD and Flux are asked to look at what waits when its turn has come, such as "+
			"system:serviceaccount:seawall-system:seawall-nudger; the webhook has to be allowed to impersonate it. Empty leaves that to "+
			"their own pace")
	flags.StringVar(&c.KargoController, "kargo-controller", c.KargoController,
		"with --sync-gate, user as which Kargo's controller writes Applications, such as system:serviceaccount:kargo:kargo-controller: "+
			"a Promotion is judged as one start of all its Applications then. Empty has each of them judged for itself")
	flags.StringVar(&c.ArgoCDNamespace, "argocd-namespace", c.ArgoCDNamespace, "namespace of Argo CD's cluster Secrets")
	flags.StringVar(&c.ProgressiveSyncs, "argocd-progressive-syncs", c.ProgressiveSyncs,
		"whether the ApplicationSet controller paces RollingSync: Auto (read ConfigMap "+
			"argocd-cmd-params-cm), Enabled or Disabled")
}

// Validate returns an error that names every flag whose value is not allowed.
func (c *Config) Validate() error {
	return errors.Join(
		dnsLabel("namespace", c.Namespace),
		dnsLabel("argocd-namespace", c.ArgoCDNamespace),
		dnsName("webhook-configuration", c.WebhookConfiguration),
		oneOf("on-error", c.OnError, OnErrorDeny, OnErrorAllow),
		c.validateDenialHelp(),
		inRange("webhook-port", c.WebhookPort, 1, 65535),
		c.validateReviewMemory(),
		c.validateProgressiveSyncs(),
		c.Certificates.validate(),
		c.Callers.validate(),
		c.validateDurations(),
		c.validateSyncGate(),
		c.Records.validate(),
		c.Recount.validate(),
		c.validateLogLevel(),
		c.validateTracing(),
	)
}

// Level returns the log level that LogLevel names, info for one that does not exist.
func (c *Config) Level() slog.Level {
	var level slog.Level
	if err := level.UnmarshalText([]byte(c.LogLevel)); err != nil {
		return slog.LevelInfo
	}
	return level
}

func (c *Config) validateProgressiveSyncs() error {
	if _, err := argocd.ParseProgressiveSyncs(c.ProgressiveSyncs); err != nil {
		return fmt.Errorf("--argocd-progressive-syncs: %w", err)
	}
	return nil
}

func (c *Config) validateDurations() error {
	return errors.Join(
		lastsFor("shutdown-delay", c.ShutdownDelay, time.Minute),
		c.validateSourcePatience(),
		lastsFor("override-retention", c.OverrideRetention, longestRetention),
	)
}

func (c *Config) validateLogLevel() error {
	var level slog.Level
	if err := level.UnmarshalText([]byte(c.LogLevel)); err != nil {
		return fmt.Errorf("--log-level is %q: want debug, info, warn or error", c.LogLevel)
	}
	return nil
}
