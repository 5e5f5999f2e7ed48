// Package metrics exposes what Seawall decides to Prometheus.
package metrics

import (
	"context"
	"strconv"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/seawall-dev/seawall/pkg/audit"
)

// Decisions counts and times decisions. Its labels are bounded by the kinds, reasons and
// policies there are; no rollout, namespace or user is among them.
type Decisions struct {
	total    *prometheus.CounterVec
	duration *prometheus.HistogramVec
}

// NewDecisions registers the metrics. The error is the registry's.
func NewDecisions(registerer prometheus.Registerer) (*Decisions, error) {
	d := &Decisions{
		total: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "seawall_admission_decisions_total",
			Help: "Writes decided, by action (Allow, Audit, Warn, Deny, Error), reason, policy, kind, operation and dry-run.",
		}, []string{"action", "reason", "policy", "kind", "operation", "dry_run"}),
		duration: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "seawall_admission_duration_seconds",
			Help: "Time from receiving a review to its decision, by kind and action.",
			// From a fifth of a millisecond, which a small list takes, to the API server's
			// default timeout.
			Buckets:                         []float64{0.0002, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10},
			NativeHistogramBucketFactor:     1.1,
			NativeHistogramMaxBucketNumber:  100,
			NativeHistogramMinResetDuration: time.Hour,
		}, []string{"kind", "action"}),
	}
	for _, collector := range []prometheus.Collector{d.total, d.duration} {
		if err := registerer.Register(collector); err != nil {
			return nil, err
		}
	}
	return d, nil
}

// Record implements audit.Sink.
func (d *Decisions) Record(_ context.Context, record audit.Record) {
	d.total.WithLabelValues(record.Action, record.Reason, record.Policy, record.Kind, record.Operation,
		strconv.FormatBool(record.DryRun)).Inc()
	d.duration.WithLabelValues(record.Kind, record.Action).Observe(record.Duration.Seconds())
}
