package metrics

import (
	"sync/atomic"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/seawall-dev/seawall/pkg/windows"
)

// Windows tells how full the windows of policies are. Only the replica that keeps their Waves has anything to tell.
type Windows struct {
	accounts                  atomic.Pointer[map[string]windows.Account]
	environments, probability *prometheus.Desc
}

var _ windows.Meter = &Windows{}

var _ prometheus.Collector = &Windows{}

// NewWindows returns metrics that are to be registered while this replica keeps the Waves of writes.
func NewWindows() *Windows {
	byPolicy := func(name, help string) *prometheus.Desc {
		return prometheus.NewDesc("seawall_windows_"+name, help, []string{"policy"}, nil)
	}
	return &Windows{
		environments: byPolicy("environments", "Environments that writes have put in flight within the writeWindow, in the fullest group."),
		probability: byPolicy("failure_probability",
			"Chance that more of these fail than the policy tolerates, in the group in which it is greatest."),
	}
}

// Kept implements windows.Meter.
func (w *Windows) Kept(accounts map[string]windows.Account) { w.accounts.Store(&accounts) }

// Describe implements prometheus.Collector.
func (w *Windows) Describe(descriptions chan<- *prometheus.Desc) {
	descriptions <- w.environments
	descriptions <- w.probability
}

// Collect implements prometheus.Collector.
func (w *Windows) Collect(metrics chan<- prometheus.Metric) {
	accounts := w.accounts.Load()
	if accounts == nil {
		return
	}
	for policy, account := range *accounts {
		metrics <- prometheus.MustNewConstMetric(w.environments, prometheus.GaugeValue, float64(account.Environments), policy)
		metrics <- prometheus.MustNewConstMetric(w.probability, prometheus.GaugeValue, account.Probability, policy)
	}
}
