package metrics

import (
	"runtime"

	"github.com/prometheus/client_golang/prometheus"
)

// RegisterVersion exports which build runs. The error is the registry's.
func RegisterVersion(registerer prometheus.Registerer, version string) error {
	return registerer.Register(prometheus.NewGaugeFunc(prometheus.GaugeOpts{
		Name:        "seawall_build_info",
		Help:        "Always 1; the labels say which build of Seawall runs.",
		ConstLabels: prometheus.Labels{"version": version, "goversion": runtime.Version()},
	}, func() float64 { return 1 }))
}
