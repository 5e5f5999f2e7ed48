package metrics

import "github.com/prometheus/client_golang/prometheus"

// Nudges counts what becomes of nudges.
type Nudges struct{ total *prometheus.CounterVec }

// NewNudges registers the metric. The error is the registry's.
func NewNudges(registerer prometheus.Registerer) (*Nudges, error) {
	n := &Nudges{prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "seawall_starts_nudges_total",
		Help: "Applications that Argo CD was asked to look at because it is their turn, by result (Nudged, Changed, Refused, Failed).",
	}, []string{"result"})}
	return n, register(registerer, n.total)
}

// Count implements starts.Nudges.
func (n *Nudges) Count(result string) { n.total.WithLabelValues(result).Inc() }
