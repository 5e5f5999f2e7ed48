package metrics

import (
	"github.com/prometheus/client_golang/prometheus"

	"github.com/seawall-dev/seawall/pkg/audit"
)

// Records counts what becomes of the decisions that are kept as objects of the API server.
// Those that were made and are notable are the sum of those written, dropped and pending.
type Records struct {
	written *prometheus.CounterVec
	drops   *prometheus.CounterVec
	pending *prometheus.GaugeVec
}

var _ audit.Counter = &Records{}

// NewRecords registers the metrics, at zero for every sink. The error is the registry's.
func NewRecords(registerer prometheus.Registerer, sinks ...string) (*Records, error) {
	r := &Records{
		written: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "seawall_records_written_total",
			Help: "Decisions written to objects of the API server, by sink (events, reports).",
		}, []string{"sink"}),
		drops: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "seawall_record_drops_total",
			Help: "Decisions not written, by sink and reason (QueueFull, WriteFailed, Quota, Shutdown). They are in the log all the same.",
		}, []string{"sink", "reason"}),
		pending: prometheus.NewGaugeVec(prometheus.GaugeOpts{
			Name: "seawall_records_pending",
			Help: "Decisions that wait to be written or are being written, by sink.",
		}, []string{"sink"}),
	}
	for _, collector := range []prometheus.Collector{r.written, r.drops, r.pending} {
		if err := registerer.Register(collector); err != nil {
			return nil, err
		}
	}
	// A rate over a series that begins with its first drop would not show that drop.
	for _, sink := range sinks {
		r.Written(sink, 0)
		r.Pending(sink, 0)
		for _, reason := range []string{audit.DropFull, audit.DropFailed, audit.DropQuota, audit.DropShutdown} {
			r.Dropped(sink, reason, 0)
		}
	}
	return r, nil
}

// Written implements audit.Counter.
func (r *Records) Written(sink string, decisions int) {
	r.written.WithLabelValues(sink).Add(float64(decisions))
}

// Dropped implements audit.Counter.
func (r *Records) Dropped(sink, reason string, decisions int) {
	r.drops.WithLabelValues(sink, reason).Add(float64(decisions))
}

// Pending implements audit.Counter.
func (r *Records) Pending(sink string, decisions int) {
	r.pending.WithLabelValues(sink).Set(float64(decisions))
}
