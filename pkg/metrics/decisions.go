// Package metrics exposes what Seawall decides, and what it rests on, to Prometheus.
package metrics

import (
	"context"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/seawall-dev/seawall/pkg/apis/v1alpha1"
	"github.com/seawall-dev/seawall/pkg/audit"
)

// other stands for what no rule of the webhook asks for, and a caller may have made up: a kind
// that Seawall does not judge, or an operation that no rollout has.
const other = "Other"

// Decisions counts and times decisions. Its labels are bounded by the kinds, reasons and
// policies there are; no rollout, namespace or user is among them.
type Decisions struct {
	known        func(group, kind string) bool
	total        *prometheus.CounterVec
	duration     *prometheus.HistogramVec
	phases       *prometheus.HistogramVec
	probability  *prometheus.HistogramVec
	environments *prometheus.HistogramVec
	declared     *prometheus.CounterVec
}

// NewDecisions registers the metrics. known tells which kinds may be a label; all others are
// "Other". The error is the registry's.
func NewDecisions(registerer prometheus.Registerer, known func(group, kind string) bool) (*Decisions, error) {
	d := &Decisions{
		known: known,
		total: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "seawall_admission_decisions_total",
			Help: "Writes decided, by action (Allow, Audit, Warn, Deny, Error), reason, policy, kind, operation and dry-run.",
		}, []string{"action", "reason", "policy", "kind", "operation", "dry_run"}),
		duration: histogram("seawall_admission_duration_seconds",
			"Time from receiving a review to its decision, by kind and action.", durations(), "kind", "action"),
		phases: histogram("seawall_admission_phase_duration_seconds",
			"Time of one step of a decision, by kind and phase: wait for a place, count environments, judge by the policies.",
			durations(), "kind", "phase"),
		probability: histogram("seawall_admission_wave_failure_probability",
			"Chance that the worst wave of a write fails (0 to 1), by kind and action; without dry-runs and writes whose waves were not judged.",
			[]float64{0.001, 0.01, 0.02, 0.05, 0.1, 0.2, 0.3, 0.5, 0.75, 0.9, 0.99, 1}, "kind", "action"),
		environments: histogram("seawall_admission_environments",
			"Environments that a write affects (n), by kind and action; without dry-runs and writes whose waves were not judged.",
			[]float64{1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10000}, "kind", "action"),
		declared: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "seawall_admission_declared_total",
			Help: "Writes decided by the number of environments that their author declared, by kind and action; without dry-runs.",
		}, []string{"kind", "action"}),
	}
	return d, register(registerer, d.total, d.duration, d.phases, d.probability, d.environments, d.declared)
}

// durations are buckets from a fifth of a millisecond, which a small list takes, to the API
// server's default timeout.
func durations() []float64 {
	return []float64{0.0002, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10}
}

// Record implements audit.Sink.
func (d *Decisions) Record(_ context.Context, record audit.Record) {
	kind := record.Kind
	if !d.known(record.Group, kind) {
		kind = other
	}
	operation := record.Operation
	if !slices.Contains([]string{"CREATE", "UPDATE", "DELETE"}, operation) {
		operation = other
	}
	d.total.WithLabelValues(record.Action, record.Reason, record.Policy, kind, operation, strconv.FormatBool(record.DryRun)).Inc()
	d.duration.WithLabelValues(kind, record.Action).Observe(record.Duration.Seconds())
	d.observe(kind, "wait", record.Phases.Wait)
	d.observe(kind, "count", record.Phases.Count)
	d.observe(kind, "judge", record.Phases.Judge)
	// GitOps controllers ask on dry-run what they then write, over and over.
	if record.WaveEnvironments > 0 && !record.DryRun {
		d.probability.WithLabelValues(kind, record.Action).Observe(record.Probability)
		d.environments.WithLabelValues(kind, record.Action).Observe(float64(record.Environments))
		if strings.Contains(record.Evidence, v1alpha1.EnvironmentsAnnotation) {
			d.declared.WithLabelValues(kind, record.Action).Inc()
		}
	}
}

func (d *Decisions) observe(kind, phase string, took time.Duration) {
	if took > 0 {
		d.phases.WithLabelValues(kind, phase).Observe(took.Seconds())
	}
}
