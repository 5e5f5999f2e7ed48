package main

import (
	"context"
	"fmt"
	"io"
	"strconv"
	"time"

	dto "github.com/prometheus/client_model/go"
)

// startsReading is what the webhook says of itself, and what its process holds.
type startsReading struct {
	// cpu is in seconds; judged are starts and spent the seconds that they took; stored are changes of ledgers
	// and tries how often these were tried.
	cpu, judged, spent, stored, tries float64
	// collections are those of garbage, and heap what was in use after the last one.
	collections float64
	heap        int64
	// known are the Applications that are kept.
	known    float64
	resident resident
}

func (s *starting) read(ctx context.Context) (startsReading, error) {
	families, err := scrape(ctx, s.seawall.MetricsURL)
	if err != nil {
		return startsReading{}, err
	}
	found := startsReading{cpu: counterOf(families["process_cpu_seconds_total"])}
	found.judged, found.spent = totals(families["seawall_starts_duration_seconds"])
	found.stored, found.tries = totals(families["seawall_wave_write_tries"])
	// The next collection is due when the heap is twice what the last one has left.
	found.heap = int64(gaugeOf(families["go_memstats_next_gc_bytes"]) / 2)
	for _, metric := range families["go_gc_duration_seconds"].GetMetric() {
		found.collections = float64(metric.GetSummary().GetSampleCount())
	}
	for _, metric := range families["seawall_inventory_objects"].GetMetric() {
		if metric.GetLabel()[0].GetValue() == "applications.argoproj.io" {
			found.known = metric.GetGauge().GetValue()
		}
	}
	found.resident, err = residentOf(s.seawall.PID())
	return found, err
}

func counterOf(family *dto.MetricFamily) float64 {
	return family.GetMetric()[0].GetCounter().GetValue()
}

func gaugeOf(family *dto.MetricFamily) float64 { return family.GetMetric()[0].GetGauge().GetValue() }

func totals(family *dto.MetricFamily) (count, sum float64) {
	for _, metric := range family.GetMetric() {
		count += float64(metric.GetHistogram().GetSampleCount())
		sum += metric.GetHistogram().GetSampleSum()
	}
	return count, sum
}

func (r startsReading) since(before startsReading) startsReading {
	r.cpu, r.judged, r.spent = r.cpu-before.cpu, r.judged-before.judged, r.spent-before.spent
	r.stored, r.tries = r.stored-before.stored, r.tries-before.tries
	return r
}

// known waits until the webhook has all Applications.
func (s *starting) known(ctx context.Context) error {
	for began := time.Now(); time.Since(began) < settleTimeout; time.Sleep(time.Second) {
		now, err := s.read(ctx)
		if err != nil || int(now.known) == s.applications {
			return err
		}
	}
	return fmt.Errorf("the webhook does not know %d Applications after %s", s.applications, settleTimeout)
}

// rest waits until garbage was collected twice: what is asked for makes some.
func (s *starting) rest(ctx context.Context) (startsReading, error) {
	before, err := s.read(ctx)
	for now := before; err == nil; now, err = s.read(ctx) {
		if now.collections > before.collections+1 {
			return now, nil
		}
		time.Sleep(10 * time.Millisecond)
	}
	return startsReading{}, err
}

func (d *driven) writeTo(out io.Writer, of *starting, used startsReading, peak int, markdown bool) {
	fmt.Fprintf(out, "%d starts a second for %s over %s Applications in %d groups, each in flight for %s; "+
		"the policy allows %d of a group\n\n", of.rate, of.lasts, thousands(of.applications), of.groups, of.rolling, startsLargest)
	sent := d.admitted + d.held + d.unanswered
	table{
		{
			"admitted", "held", "no answer", "starts/s", "write p50 ms", "p99 ms", "webhook ms/start", "CPU ms/start",
			"ledger tries", "most in flight", "by the ledgers",
		},
		{
			thousands(d.admitted), thousands(d.held), thousands(d.unanswered), fmt.Sprintf("%.0f", float64(sent)/d.elapsed.Seconds()),
			fmt.Sprintf("%.1f", milliseconds(d.latencies.quantile(0.5))), fmt.Sprintf("%.1f", milliseconds(d.latencies.quantile(0.99))),
			fmt.Sprintf("%.1f", 1000*used.spent/used.judged), fmt.Sprintf("%.1f", 1000*used.cpu/used.judged),
			fmt.Sprintf("%.3f", used.tries/used.stored), strconv.Itoa(d.most), strconv.Itoa(peak),
		},
	}.writeTo(out, markdown)
}
