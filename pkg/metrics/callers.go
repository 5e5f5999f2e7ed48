package metrics

import (
	"github.com/prometheus/client_golang/prometheus"
)

// NewRefusedCallers registers a counter of callers that were refused, at zero for each reason,
// and returns what counts one. It is safe for concurrent use. The error is the registry's.
func NewRefusedCallers(registerer prometheus.Registerer, reasons ...string) (refused func(reason string), err error) {
	counter := prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "seawall_callers_refused_total",
		Help: "Callers of the webhook that got no answer because of their client certificate, by reason (NoCertificate, Untrusted, Subject).",
	}, []string{"reason"})
	for _, reason := range reasons {
		counter.WithLabelValues(reason)
	}
	return func(reason string) { counter.WithLabelValues(reason).Inc() }, registerer.Register(counter)
}
