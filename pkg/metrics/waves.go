package metrics

import (
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/seawall-dev/seawall/pkg/starts"
)

// Waves tells how Waves stand, and what the API server does about starts. Only the replica that keeps them has
// anything to tell. Its only label is the policy, so that groups, of which there may be very many, make no series.
type Waves struct {
	accounts   atomic.Pointer[map[string]starts.Account]
	registered atomic.Pointer[registered]
	byPolicy   []policyMetric
	asks, open *prometheus.Desc
}

type registered struct{ asks, failsOpen bool }

// policyMetric is one number of each policy.
type policyMetric struct {
	*prometheus.Desc

	// of returns the number, and whether there is one.
	of func(starts.Account) (float64, bool)
}

var _ starts.Meter = &Waves{}

var _ prometheus.Collector = &Waves{}

// NewWaves returns metrics that are to be registered while this replica keeps Waves.
func NewWaves() *Waves {
	number := func(name, help string, of func(starts.Account) int) policyMetric {
		return byPolicy(name, help, func(a starts.Account) (float64, bool) { return float64(of(a)), true })
	}
	since := func(name, help string, of func(starts.Account) time.Time) policyMetric {
		return byPolicy(name, help, func(a starts.Account) (float64, bool) { return seconds(of(a)), !of(a).IsZero() })
	}
	return &Waves{
		byPolicy: []policyMetric{
			number("groups", "Waves, of which each is the account of one group.", func(a starts.Account) int { return a.Groups }),
			number("in_flight", "Starts that are in flight, in all groups.", func(a starts.Account) int { return a.InFlight }),
			since("in_flight_since_timestamp_seconds", "When the oldest start that is in flight was admitted; nothing while none is.",
				func(a starts.Account) time.Time { return a.Since }),
			number("held", "Starts that wait, in all groups, or would if the policy held any.", func(a starts.Account) int { return a.Held }),
			since("held_since_timestamp_seconds", "Since when starts of a group wait, of the group that waits longest; nothing while none does.",
				func(a starts.Account) time.Time { return a.HeldSince }),
			number("halted", "Groups in which a failure holds the others.", func(a starts.Account) int { return a.Halted }),
			byPolicy("largest", "The most that may be in flight together, in the group that has the least of it; nothing until one has started.",
				func(a starts.Account) (float64, bool) { return float64(a.Largest), a.Largest > 0 }),
			byPolicy("fullest_ratio", "Share of the most that may be in flight which is, in the fullest group; above 1 more is.",
				func(a starts.Account) (float64, bool) { return a.Fullest, a.Largest > 0 }),
		},
		asks: prometheus.NewDesc("seawall_starts_asked", "Whether the API server is told to ask about starts (1) or not (0).", nil, nil),
		open: prometheus.NewDesc("seawall_starts_fail_open",
			"Whether the API server lets starts pass while no replica answers (1, failurePolicy Ignore) or not (0).", nil, nil),
	}
}

func byPolicy(name, help string, of func(starts.Account) (float64, bool)) policyMetric {
	return policyMetric{prometheus.NewDesc("seawall_waves_"+name, help, []string{"policy"}, nil), of}
}

// Kept implements starts.Meter.
func (w *Waves) Kept(accounts map[string]starts.Account) { w.accounts.Store(&accounts) }

// Registered implements starts.Meter.
func (w *Waves) Registered(asks, failsOpen bool) { w.registered.Store(&registered{asks, failsOpen}) }

// Describe implements prometheus.Collector.
func (w *Waves) Describe(descriptions chan<- *prometheus.Desc) {
	for _, one := range w.byPolicy {
		descriptions <- one.Desc
	}
	descriptions <- w.asks
	descriptions <- w.open
}

// Collect implements prometheus.Collector.
func (w *Waves) Collect(metrics chan<- prometheus.Metric) {
	if seen := w.registered.Load(); seen != nil {
		metrics <- prometheus.MustNewConstMetric(w.asks, prometheus.GaugeValue, number(seen.asks))
		metrics <- prometheus.MustNewConstMetric(w.open, prometheus.GaugeValue, number(seen.failsOpen))
	}
	accounts := w.accounts.Load()
	if accounts == nil {
		return
	}
	for policy, account := range *accounts {
		for _, one := range w.byPolicy {
			if value, told := one.of(account); told {
				metrics <- prometheus.MustNewConstMetric(one.Desc, prometheus.GaugeValue, value, policy)
			}
		}
	}
}
