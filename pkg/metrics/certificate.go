package metrics

import (
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// expiry reads when the serving certificate expires when it is scraped.
type expiry struct {
	read        func() (time.Time, error)
	description *prometheus.Desc
}

// RegisterExpiry exports when the serving certificate expires, and nothing while there is
// none. The error is the registry's.
func RegisterExpiry(registerer prometheus.Registerer, read func() (time.Time, error)) error {
	return registerer.Register(&expiry{read, prometheus.NewDesc(
		"seawall_certificate_expiry_timestamp_seconds", "When the serving certificate expires.", nil, nil)})
}

// Describe implements prometheus.Collector.
func (e *expiry) Describe(descriptions chan<- *prometheus.Desc) { descriptions <- e.description }

// Collect implements prometheus.Collector.
func (e *expiry) Collect(metrics chan<- prometheus.Metric) {
	if expires, err := e.read(); err == nil {
		metrics <- prometheus.MustNewConstMetric(e.description, prometheus.GaugeValue, seconds(expires))
	}
}
