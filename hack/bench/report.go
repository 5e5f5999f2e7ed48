package main

import (
	"fmt"
	"io"
	"runtime"
	"strconv"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/seawall-dev/seawall/hack/cluster"
)

// row compares the webhooks on one review, in the order of the report's subjects.
type row struct {
	name      string
	kilobytes float64
	rate      float64
	samples   []sample
}

type memoryRow struct {
	when string
	held []cluster.Resident
}

// report gathers what is measured.
type report struct {
	subjects  []string
	rows      []row
	footprint []memoryRow
	bursts    []burstRow
}

func (r *report) name(subjects []subject) {
	r.subjects = nil
	for _, subject := range subjects {
		r.subjects = append(r.subjects, subject.name)
	}
}

func (r *report) writeTo(out io.Writer, chosen choice) {
	load := chosen.load
	fmt.Fprintf(out, "TLS 1.3 on loopback, %d turns of %s each; latencies at a fixed rate, "+
		"throughput by %d clients in a closed loop; ratios are to the empty webhook; %s, %d CPUs, %s/%s\n\n",
		load.rounds, load.turn, load.clients, runtime.Version(), runtime.NumCPU(), runtime.GOOS, runtime.GOARCH)
	for _, table := range []table{r.reviews(), r.memory(), r.burst()} {
		if len(table) > 1 {
			table.writeTo(out, chosen.markdown)
			fmt.Fprintln(out)
		}
	}
}

func (r *report) reviews() table {
	cells := table{{
		"review", "KiB", "rate/s", "webhook", "p50 ms", "p99 ms", "throughput/s", "allocs/request", "KiB/request",
		"p50 ratio", "p99 ratio", "refused",
	}}
	for _, measured := range r.rows {
		label := []string{measured.name, fmt.Sprintf("%.1f", measured.kilobytes), fmt.Sprintf("%.3g", measured.rate)}
		for i := range measured.samples {
			cells = append(cells, append(label, measured.samples[i].cells(r.subjects[i], &measured.samples[0])...))
			label = []string{"", "", ""}
		}
	}
	return cells
}

// cells are what there is to say of a sample beside that of the empty webhook.
func (s *sample) cells(name string, empty *sample) []string {
	ratio := func(share float64) string {
		if s == empty {
			return ""
		}
		return fmt.Sprintf("%.2f", float64(s.quantile(share))/float64(empty.quantile(share)))
	}
	refused := ""
	if s.refused > 0 {
		refused = fmt.Sprintf("%d of %d", s.refused, s.requests+len(s.latencies))
	}
	return []string{
		name, fmt.Sprintf("%.2f", milliseconds(s.quantile(0.5))), fmt.Sprintf("%.2f", milliseconds(s.quantile(0.99))),
		fmt.Sprintf("%.0f", s.perSecond()), fmt.Sprintf("%.0f", s.perRequest(s.mallocs)), fmt.Sprintf("%.1f", s.perRequest(s.bytes)/1024),
		ratio(0.5), ratio(0.99), refused,
	}
}

func (r *report) memory() table {
	cells := make(table, 0, 1+len(r.footprint))
	cells = append(cells, append([]string{"resident MiB (anonymous)"}, r.subjects...))
	for _, noted := range r.footprint {
		line := make([]string, 0, 1+len(noted.held))
		line = append(line, noted.when)
		for _, held := range noted.held {
			line = append(line, fmt.Sprintf("%.1f (%.1f)", mebibytes(held.All), mebibytes(held.Anonymous)))
		}
		cells = append(cells, line)
	}
	return cells
}

func (r *report) burst() table {
	cells := make(table, 0, 1+len(r.bursts))
	cells = append(cells, []string{
		"burst", "memory limit", "webhook", "judged", "refused", "no answer", "slowest s", "peak MiB", "afterwards",
	})
	for _, b := range r.bursts {
		cells = append(cells, []string{
			b.what, b.limit, b.webhook, strconv.Itoa(b.judged), strconv.Itoa(b.refused), strconv.Itoa(b.unanswered),
			fmt.Sprintf("%.2f", b.slowest.Seconds()), fmt.Sprintf("%.0f", mebibytes(b.peak)), b.afterwards,
		})
	}
	return cells
}

// table holds the cells of a table, its header first.
type table [][]string

func (t table) writeTo(out io.Writer, markdown bool) {
	if markdown {
		t.markdownTo(out)
		return
	}
	aligned := tabwriter.NewWriter(out, 0, 0, 2, ' ', tabwriter.AlignRight)
	for _, line := range t {
		fmt.Fprintln(aligned, strings.Join(line, "\t")+"\t")
	}
	_ = aligned.Flush()
}

func (t table) markdownTo(out io.Writer) {
	for i, line := range t {
		fmt.Fprintln(out, "| "+strings.Join(line, " | ")+" |")
		if i == 0 {
			fmt.Fprintln(out, "|---"+strings.Repeat("|---:", len(line)-1)+"|")
		}
	}
}

func milliseconds(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }

func mebibytes(bytes int64) float64 { return float64(bytes) / (1 << 20) }
