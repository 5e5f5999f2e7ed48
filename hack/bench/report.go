package main

import (
	"context"
	"fmt"
	"io"
	"runtime"
	"text/tabwriter"
	"time"
)

// row compares both webhooks on one review.
type row struct {
	name           string
	kilobytes      float64
	rate           int
	empty, seawall sample
}

type memoryRow struct {
	when           string
	empty, seawall float64
}

// report gathers what is measured.
type report struct {
	rows      []row
	footprint []memoryRow
}

// measure gives each webhook its turns, one after the other, so that both meet the same
// weather.
func (r *report) measure(ctx context.Context, load load, name string, body []byte, empty, seawall endpoint) error {
	measured := row{name: name, kilobytes: float64(len(body)) / 1024, rate: load.rate}
	warmUp := load
	warmUp.turn = load.turn / 4
	for _, target := range []endpoint{empty, seawall} {
		if _, err := warmUp.runTurn(ctx, target, body); err != nil {
			return err
		}
	}
	for range load.rounds {
		if err := load.addTurn(ctx, empty, body, &measured.empty); err != nil {
			return err
		}
		if err := load.addTurn(ctx, seawall, body, &measured.seawall); err != nil {
			return err
		}
	}
	r.rows = append(r.rows, measured)
	return nil
}

func (r *report) memory(ctx context.Context, when string, empty, seawall endpoint) error {
	e, err := empty.gauges(ctx)
	if err != nil {
		return err
	}
	s, err := seawall.gauges(ctx)
	r.footprint = append(r.footprint, memoryRow{when: when, empty: e.resident, seawall: s.resident})
	return err
}

func (r *report) writeTo(out io.Writer, load load) {
	fmt.Fprintf(out, "TLS 1.3 on loopback, %d turns of %s each; latencies at a fixed rate, "+
		"throughput by %d clients in a closed loop; %s, %d CPUs, %s/%s\n\n",
		load.rounds, load.turn, load.clients, runtime.Version(), runtime.NumCPU(), runtime.GOOS, runtime.GOARCH)
	table := tabwriter.NewWriter(out, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(table, "review\tKiB\trate/s\twebhook\tp50 ms\tp99 ms\tthroughput/s\tallocs/request\tKiB/request\tp99 ratio\t")
	for _, measured := range r.rows {
		ratio := float64(measured.seawall.quantile(0.99)) / float64(measured.empty.quantile(0.99))
		measured.empty.writeTo(table, fmt.Sprintf("%s\t%.1f\t%d\tempty", measured.name, measured.kilobytes, measured.rate), "")
		measured.seawall.writeTo(table, "\t\t\tSeawall", fmt.Sprintf("%.2f", ratio))
	}
	fmt.Fprintln(table)
	fmt.Fprintln(table, "resident memory\t\tempty MiB\tSeawall MiB\t")
	for _, measured := range r.footprint {
		fmt.Fprintf(table, "%s\t\t%.1f\t%.1f\t\n", measured.when, measured.empty/(1<<20), measured.seawall/(1<<20))
	}
	_ = table.Flush()
}

func (s *sample) writeTo(table io.Writer, label, ratio string) {
	fmt.Fprintf(table, "%s\t%.2f\t%.2f\t%.0f\t%.0f\t%.1f\t%s\t\n", label,
		milliseconds(s.quantile(0.5)), milliseconds(s.quantile(0.99)), s.perSecond(),
		s.perRequest(s.mallocs), s.perRequest(s.bytes)/1024, ratio)
}

func milliseconds(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }
