package main

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"time"

	"github.com/seawall-dev/seawall/hack/cluster"
)

// reading is what the webhook says of itself, and what its process holds.
type reading struct {
	rounds, spent, cpu float64
	resident           cluster.Resident
}

func (r *recounting) read(ctx context.Context) (reading, error) {
	families, err := cluster.Scrape(ctx, http.DefaultClient, r.seawall.MetricsURL)
	if err != nil {
		return reading{}, err
	}
	found := reading{cpu: families["process_cpu_seconds_total"].GetMetric()[0].GetCounter().GetValue()}
	for _, metric := range families["seawall_recount_duration_seconds"].GetMetric() {
		found.rounds += float64(metric.GetHistogram().GetSampleCount())
		found.spent += metric.GetHistogram().GetSampleSum()
	}
	found.resident, err = cluster.ResidentOf(r.seawall.PID())
	return found, err
}

func seconds(number float64) time.Duration { return time.Duration(number * float64(time.Second)) }

func (r *recounting) writeTo(out io.Writer, markdown bool) {
	fmt.Fprintf(out, "%s ApplicationSets of %d environments each, %s cluster Secrets, %s Applications; "+
		"the webhook on one core (GOMAXPROCS=1)\n\n", thousands(r.rollouts), r.selected, thousands(r.clusters), thousands(r.applications))
	cells := make(table, 0, 1+len(r.rows))
	cells = append(cells, []string{"change", "webhook", "settled s", "rounds s", "CPU s", "resident MiB (anonymous)"})
	for _, row := range r.rows {
		cells = append(cells, []string{
			row.what, row.webhook, fmt.Sprintf("%.1f", row.settled.Seconds()), fmt.Sprintf("%.1f", row.round.Seconds()),
			fmt.Sprintf("%.1f", row.cpu.Seconds()), fmt.Sprintf("%.1f (%.1f)", mebibytes(row.resident.All), mebibytes(row.resident.Anonymous)),
		})
	}
	cells.writeTo(out, markdown)
	for _, preview := range r.previews {
		fmt.Fprintf(out, "\n%s\n", preview)
	}
}
