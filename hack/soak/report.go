package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	dto "github.com/prometheus/client_model/go"

	"github.com/seawall-dev/seawall/hack/cluster"
)

// reading is what a replica holds.
type reading struct {
	goroutines, descriptors float64
	memory                  cluster.Resident
}

// grown says what there is more of than there may be: a quarter more than before, and some that come and go.
func (r reading) grown(before reading) string {
	var more []string
	for _, each := range []struct {
		what               string
		now, before, grace float64
	}{
		{"goroutines", r.goroutines, before.goroutines, 100},
		{"descriptors", r.descriptors, before.descriptors, 50},
		{"bytes of anonymous memory", float64(r.memory.Anonymous), float64(before.memory.Anonymous), 64 << 20},
	} {
		if each.now > 1.25*each.before+each.grace {
			more = append(more, fmt.Sprintf("%.0f %s, which were %.0f", each.now, each.what, each.before))
		}
	}
	return strings.Join(more, "; ")
}

// read reads what all replicas hold.
func (s *soak) read(ctx context.Context) ([]reading, error) {
	var all []reading
	for _, replica := range s.replicas.all() {
		families, err := cluster.Scrape(ctx, http.DefaultClient, replica.MetricsURL)
		if err != nil {
			return nil, err
		}
		held, err := cluster.ResidentOf(replica.PID())
		if err != nil {
			return nil, err
		}
		all = append(all, reading{
			goroutines: gauge(families, "go_goroutines"), descriptors: gauge(families, "process_open_fds"), memory: held,
		})
	}
	return all, nil
}

// readFirst reads what the first replica holds, once it is warm.
func (s *soak) readFirst(ctx context.Context) (reading, error) {
	all, err := s.read(ctx)
	if err != nil {
		return reading{}, err
	}
	return all[0], nil
}

func gauge(families map[string]*dto.MetricFamily, name string) float64 {
	for _, metric := range families[name].GetMetric() {
		return metric.GetGauge().GetValue()
	}
	return 0
}

// report tells what came of it, and returns an error for what must not be. What is held at the end is left out if the run
// did not get there.
func (s *soak) report(out io.Writer, after []reading) error {
	r := s.reckoning
	r.lock.Lock()
	defer r.lock.Unlock()
	s.starts.lock.Lock()
	defer s.starts.lock.Unlock()
	fmt.Fprintf(out, "seed %d, %s, %d reviews a second, 2 replicas, memory held by %s\n\n", s.seed, s.duration, s.rate, s.replicas.limited)
	s.writeRequests(out)
	s.writeFaults(out)
	fmt.Fprintf(out, "\nfailures outside of faults, or not due in them: %d; decided wrongly: %d\n", r.failures, r.wrong)
	fmt.Fprintf(out, "starts: %d admitted, %d held, %d not answered; most in flight of a group %d, of %d that are allowed\n",
		s.starts.admitted, s.starts.held, s.starts.unknown, s.starts.most, gatedLargest)
	fmt.Fprintf(out, "changes of a policy and the inventory: %d stored, %d not\n", s.changes.made, s.changes.failed)
	leaks := s.writeHeld(out, after)
	for _, complaint := range r.complaints {
		fmt.Fprintln(out, complaint)
	}
	return s.verdict(leaks)
}

// verdict returns an error for what must not be, with the locks held.
func (s *soak) verdict(leaks []string) error {
	var problems []error
	if n := s.reckoning.failures; n > 0 {
		problems = append(problems, fmt.Errorf("%d failures", n))
	}
	if n := s.reckoning.wrong; n > 0 {
		problems = append(problems, fmt.Errorf("%d wrong decisions", n))
	}
	if n := s.starts.most; n > gatedLargest {
		problems = append(problems, fmt.Errorf("%d in flight together", n))
	}
	if s.starts.admitted == 0 || s.reckoning.allowed == 0 || s.reckoning.denied == 0 || s.changes.made == 0 {
		problems = append(problems, errors.New("nothing was admitted, denied, started or changed"))
	}
	for _, leak := range leaks {
		problems = append(problems, errors.New(leak))
	}
	return errors.Join(problems...)
}

func (s *soak) writeRequests(out io.Writer) {
	table := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	total := 0
	fmt.Fprintln(table, "REVIEWS\tNUMBER")
	for _, kind := range slices.Sorted(maps.Keys(s.reckoning.requests)) {
		fmt.Fprintf(table, "%s\t%d\n", kind, s.reckoning.requests[kind])
		total += s.reckoning.requests[kind]
	}
	fmt.Fprintf(table, "all\t%d\n", total)
	_ = table.Flush()
	fmt.Fprintf(out, "%d allowed, %d denied, %d bombs refused for what they cost; the slowest verdict outside of faults took %s\n\n",
		s.reckoning.allowed, s.reckoning.denied, s.reckoning.overloaded, s.reckoning.slowest.Round(time.Millisecond))
}

func (s *soak) writeFaults(out io.Writer) {
	type sum struct {
		times, forgiven int
		took            time.Duration
	}
	sums, names := map[string]*sum{}, []string(nil)
	for _, w := range s.reckoning.windows {
		if sums[w.fault] == nil {
			sums[w.fault], names = &sum{}, append(names, w.fault)
		}
		each := sums[w.fault]
		each.times++
		each.forgiven += w.forgiven
		if !w.to.IsZero() {
			each.took += w.to.Sub(w.from)
		}
	}
	table := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "FAULT\tTIMES\tLASTED\tANSWERS THAT IT MADE DUE")
	for _, name := range names {
		each := sums[name]
		fmt.Fprintf(table, "%s\t%d\t%.1f s\t%d\n", name, each.times, each.took.Seconds()/float64(each.times), each.forgiven)
	}
	_ = table.Flush()
}

// writeHeld tells what replicas hold, and returns what they hold too much of.
func (s *soak) writeHeld(out io.Writer, after []reading) (leaks []string) {
	table := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "\nREPLICA\tGOROUTINES\tDESCRIPTORS\tANONYMOUS MEMORY\tPEAK OF ALL")
	row := func(name string, r reading) {
		fmt.Fprintf(table, "%s\t%.0f\t%.0f\t%d MiB\t%d MiB\n", name, r.goroutines, r.descriptors, r.memory.Anonymous>>20, r.memory.Peak>>20)
	}
	row("when warm", s.before)
	for i, each := range after {
		row(fmt.Sprintf("at the end, %d", i+1), each)
		if more := each.grown(s.before); more != "" {
			leaks = append(leaks, more)
		}
	}
	_ = table.Flush()
	return leaks
}
