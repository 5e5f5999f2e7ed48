package main

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"time"

	dto "github.com/prometheus/client_model/go"
	"k8s.io/client-go/rest"

	"github.com/seawall-dev/seawall/hack/cluster"
)

// startsReading is what the webhook says of itself, and what its process holds.
type startsReading struct {
	// cpu is in seconds, and server that of the API server; judged are starts and spent the seconds that they took;
	// stored are writes of ledgers and tries how often these were tried.
	cpu, server, judged, spent, stored, tries float64
	// collections are those of garbage, and heap what was in use after the last one.
	collections float64
	heap        int64
	// known are how many objects are kept, by their resource.
	known    map[string]int
	resident cluster.Resident
}

// readAll reads what the API server says of itself, too, which is much.
func (s *starting) readAll(ctx context.Context) (startsReading, error) {
	found, err := readStarts(ctx, s.seawall)
	if err == nil {
		found.server, err = s.serverCPU(ctx)
	}
	return found, err
}

func readStarts(ctx context.Context, seawall *cluster.Webhook) (startsReading, error) {
	families, err := cluster.Scrape(ctx, http.DefaultClient, seawall.MetricsURL)
	if err != nil {
		return startsReading{}, err
	}
	found := startsReading{cpu: counterOf(families["process_cpu_seconds_total"]), known: map[string]int{}}
	found.judged, found.spent = totals(families["seawall_starts_duration_seconds"])
	found.stored, found.tries = totals(families["seawall_wave_write_tries"])
	// The next collection is due when the heap is twice what the last one has left.
	found.heap = int64(gaugeOf(families["go_memstats_next_gc_bytes"]) / 2)
	for _, metric := range families["go_gc_duration_seconds"].GetMetric() {
		found.collections = float64(metric.GetSummary().GetSampleCount())
	}
	for _, metric := range families["seawall_inventory_objects"].GetMetric() {
		found.known[metric.GetLabel()[0].GetValue()] = int(metric.GetGauge().GetValue())
	}
	found.resident, err = cluster.ResidentOf(seawall.PID())
	return found, err
}

// serverCPU returns for how many seconds the API server has used a core.
func (s *starting) serverCPU(ctx context.Context) (float64, error) {
	asked, err := rest.HTTPClientFor(s.plane.Config)
	if err != nil {
		return 0, err
	}
	at, _, err := rest.DefaultServerUrlFor(s.plane.Config)
	if err != nil {
		return 0, err
	}
	families, err := cluster.Scrape(ctx, asked, at.JoinPath("metrics").String())
	if err != nil {
		return 0, err
	}
	return counterOf(families["process_cpu_seconds_total"]), nil
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
	r.cpu, r.server, r.judged, r.spent = r.cpu-before.cpu, r.server-before.server, r.judged-before.judged, r.spent-before.spent
	r.stored, r.tries = r.stored-before.stored, r.tries-before.tries
	return r
}

// known waits until the webhook has so many objects of a resource.
func known(ctx context.Context, seawall *cluster.Webhook, resource string, count int) error {
	for began := time.Now(); time.Since(began) < settleTimeout; time.Sleep(time.Second) {
		now, err := readStarts(ctx, seawall)
		if err != nil || now.known[resource] == count {
			return err
		}
	}
	return fmt.Errorf("the webhook does not know %d %s after %s", count, resource, settleTimeout)
}

// atRest waits until garbage was collected twice: what is asked for makes some.
func atRest(ctx context.Context, seawall *cluster.Webhook) (startsReading, error) {
	before, err := readStarts(ctx, seawall)
	for now := before; err == nil; now, err = readStarts(ctx, seawall) {
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
			"of the API server", "ledger writes", "ledger tries", "most in flight", "by the ledgers",
		},
		{
			thousands(d.admitted), thousands(d.held), thousands(d.unanswered), fmt.Sprintf("%.0f", float64(sent)/d.elapsed.Seconds()),
			fmt.Sprintf("%.1f", milliseconds(d.latencies.quantile(0.5))), fmt.Sprintf("%.1f", milliseconds(d.latencies.quantile(0.99))),
			fmt.Sprintf("%.1f", 1000*used.spent/used.judged), fmt.Sprintf("%.1f", 1000*used.cpu/float64(sent)),
			fmt.Sprintf("%.1f", 1000*used.server/float64(sent)), thousands(int(used.stored)),
			fmt.Sprintf("%.3f", used.tries/used.stored), strconv.Itoa(d.most), strconv.Itoa(peak),
		},
	}.writeTo(out, markdown)
}
