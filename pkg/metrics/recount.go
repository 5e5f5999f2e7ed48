package metrics

import (
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/seawall-dev/seawall/pkg/recount"
)

// Recount tells what the background re-count has found. Only the replica that runs it has
// anything to tell.
type Recount struct {
	counts   atomic.Pointer[map[string]recount.Counts]
	rollouts *prometheus.Desc
	duration *prometheus.HistogramVec
	success  *prometheus.GaugeVec
}

var _ recount.Meter = &Recount{}

// NewRecount registers the metrics. The error is the registry's.
func NewRecount(registerer prometheus.Registerer) (*Recount, error) {
	r := &Recount{
		rollouts: prometheus.NewDesc("seawall_recount_rollouts",
			"Existing rollouts that a policy matches, by what it makes of a change of all their environments: "+
				"WithinLimit, OverLimit, Unresolved, Overridden.",
			[]string{"policy", "state"}, nil),
		duration: histogram("seawall_recount_duration_seconds", "Time of a round through all rollouts of a kind.",
			[]float64{0.01, 0.05, 0.1, 0.5, 1, 2.5, 5, 10, 30, 60, 120}, "kind"),
		success: prometheus.NewGaugeVec(prometheus.GaugeOpts{
			Name: "seawall_recount_last_success_timestamp_seconds",
			Help: "When the last round through all rollouts of a kind ended well.",
		}, []string{"kind"}),
	}
	return r, register(registerer, r, r.duration, r.success)
}

// Unregister takes the metrics away from the registry that they were registered with.
func (r *Recount) Unregister(registerer prometheus.Registerer) {
	for _, collector := range []prometheus.Collector{r, r.duration, r.success} {
		registerer.Unregister(collector)
	}
}

// Counted implements recount.Meter.
func (r *Recount) Counted(counts map[string]recount.Counts) { r.counts.Store(&counts) }

// Passed implements recount.Meter.
func (r *Recount) Passed(kind string, took time.Duration) {
	r.duration.WithLabelValues(kind).Observe(took.Seconds())
	r.success.WithLabelValues(kind).SetToCurrentTime()
}

// Describe implements prometheus.Collector.
func (r *Recount) Describe(descriptions chan<- *prometheus.Desc) { descriptions <- r.rollouts }

// Collect implements prometheus.Collector.
func (r *Recount) Collect(metrics chan<- prometheus.Metric) {
	counts := r.counts.Load()
	if counts == nil {
		return
	}
	for policy, count := range *counts {
		for state, number := range map[string]int{
			"WithinLimit": count.Within(), "OverLimit": count.OverLimit, "Unresolved": count.Unresolved, "Overridden": count.Overridden,
		} {
			metrics <- prometheus.MustNewConstMetric(r.rollouts, prometheus.GaugeValue, float64(number), policy, state)
		}
	}
}
