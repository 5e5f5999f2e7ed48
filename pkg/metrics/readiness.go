package metrics

import (
	"net/http"

	"github.com/prometheus/client_golang/prometheus"
	"sigs.k8s.io/controller-runtime/pkg/healthz"
)

// readiness runs readiness checks when it is scraped.
type readiness struct {
	checks map[string]healthz.Checker
	ready  *prometheus.Desc
}

// RegisterReadiness exports the results of readiness checks, one series for each. A check is
// called with an empty request. The error is the registry's.
func RegisterReadiness(registerer prometheus.Registerer, checks map[string]healthz.Checker) error {
	return registerer.Register(&readiness{checks, prometheus.NewDesc(
		"seawall_ready", "Whether a readiness check passes (1) or not (0): a replica is ready when all do.", []string{"check"}, nil)})
}

// Describe implements prometheus.Collector.
func (r *readiness) Describe(descriptions chan<- *prometheus.Desc) { descriptions <- r.ready }

// Collect implements prometheus.Collector.
func (r *readiness) Collect(metrics chan<- prometheus.Metric) {
	for name, check := range r.checks {
		passes := number(check(&http.Request{}) == nil)
		metrics <- prometheus.MustNewConstMetric(r.ready, prometheus.GaugeValue, passes, name)
	}
}
