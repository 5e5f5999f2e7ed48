package metrics

import (
	"context"
	"strconv"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/seawall-dev/seawall/pkg/audit"
)

// Starts counts and times what becomes of starts. Its labels are bounded by the reasons and policies that
// there are.
type Starts struct {
	total    *prometheus.CounterVec
	duration *prometheus.HistogramVec
	inFlight *prometheus.HistogramVec
	tries    prometheus.Histogram
}

// NewStarts registers the metrics. The error is the registry's.
func NewStarts(registerer prometheus.Registerer) (*Starts, error) {
	s := &Starts{
		total: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "seawall_starts_total",
			Help: "Starts of syncs decided, by action (Allow, Audit, Warn, Deny, Error), reason, policy and dry-run. " +
				"One that is held is counted each time that it is tried.",
		}, []string{"action", "reason", "policy", "dry_run"}),
		duration: histogram("seawall_starts_duration_seconds",
			"Time from receiving the review of a start to its decision, by action.", durations(), "action"),
		inFlight: histogram("seawall_starts_wave_environments",
			"Environments that would be in flight together with a start, itself included, by action; without dry-runs.",
			[]float64{1, 2, 3, 5, 10, 20, 50, 100, 200, 500, 1000, 2000}, "action"),
		tries: prometheus.NewHistogram(prometheus.HistogramOpts{
			Name:    "seawall_wave_write_tries",
			Help:    "Tries that it took to store a change of a Wave: more than one where another replica changed it at the same time.",
			Buckets: []float64{1, 2, 3, 5, 10, 20},
		}),
	}
	return s, register(registerer, s.total, s.duration, s.inFlight, s.tries)
}

// Stored notes at which try a change of a Wave was stored.
func (s *Starts) Stored(tries int) { s.tries.Observe(float64(tries)) }

// Record implements audit.Sink.
func (s *Starts) Record(_ context.Context, record audit.Record) {
	s.total.WithLabelValues(record.Action, record.Reason, record.Policy, strconv.FormatBool(record.DryRun)).Inc()
	s.duration.WithLabelValues(record.Action).Observe(record.Duration.Seconds())
	if record.WaveEnvironments > 0 && !record.DryRun {
		s.inFlight.WithLabelValues(record.Action).Observe(float64(record.WaveEnvironments))
	}
}
