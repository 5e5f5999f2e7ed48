package metrics

import (
	"github.com/prometheus/client_golang/prometheus"
)

// definitions reads how old definitions are when it is scraped.
type definitions struct {
	missing     func() map[string]int
	description *prometheus.Desc
}

// RegisterDefinitions exports how many fields that this version knows each definition of the API server lacks, by
// the definition's name. The error is the registry's.
func RegisterDefinitions(registerer prometheus.Registerer, missing func() map[string]int) error {
	return registerer.Register(&definitions{missing, prometheus.NewDesc("seawall_definition_missing_fields",
		"Fields that this version of Seawall knows and the API server's CustomResourceDefinition does not: it drops them.",
		[]string{"definition"}, nil)})
}

// Describe implements prometheus.Collector.
func (d *definitions) Describe(descriptions chan<- *prometheus.Desc) { descriptions <- d.description }

// Collect implements prometheus.Collector.
func (d *definitions) Collect(metrics chan<- prometheus.Metric) {
	for definition, count := range d.missing() {
		metrics <- prometheus.MustNewConstMetric(d.description, prometheus.GaugeValue, float64(count), definition)
	}
}
