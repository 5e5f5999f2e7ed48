package main

import (
	"context"
	"errors"
	"slices"
	"sync"
	"time"
)

// load says how requests are sent, in turns of a length: for latencies at a fixed rate, as
// an API server with other work sends them; for throughput and allocations by so many
// clients, each sending its next request when it has the answer to the last.
type load struct {
	rounds  int
	turn    time.Duration
	rate    int
	clients int
}

// slower is for reviews of thousands of environments, of which no API server sends a
// hundred a second: a queue would be measured instead.
func (l load) slower() load {
	l.rate = max(l.rate/slowerBy, 1)
	return l
}

const slowerBy = 20

// sample is what one webhook did with one review.
type sample struct {
	// latencies are those at the fixed rate.
	latencies []time.Duration
	// requests, elapsed, mallocs and bytes are those of the closed loop.
	requests int
	elapsed  time.Duration
	mallocs  float64
	bytes    float64
}

func (s *sample) add(turn sample) {
	s.latencies = append(s.latencies, turn.latencies...)
	s.requests += turn.requests
	s.elapsed += turn.elapsed
	s.mallocs += turn.mallocs
	s.bytes += turn.bytes
}

// quantile returns the latency that a share of the requests did not exceed.
func (s *sample) quantile(share float64) time.Duration {
	if len(s.latencies) == 0 {
		return 0
	}
	slices.Sort(s.latencies)
	return s.latencies[min(int(share*float64(len(s.latencies))), len(s.latencies)-1)]
}

func (s *sample) perSecond() float64 { return float64(s.requests) / s.elapsed.Seconds() }

func (s *sample) perRequest(total float64) float64 { return total / float64(s.requests) }

// addTurn sends requests for the length of a turn and adds what they took.
func (l load) addTurn(ctx context.Context, target endpoint, body []byte, into *sample) error {
	turn, err := l.runTurn(ctx, target, body)
	if err == nil {
		into.add(turn)
	}
	return err
}

// runTurn sends requests for the length of a turn at the fixed rate, then as long in the
// closed loop.
func (l load) runTurn(ctx context.Context, target endpoint, body []byte) (sample, error) {
	latencies, err := l.atRate(ctx, target, body)
	if err != nil {
		return sample{}, err
	}
	result := sample{latencies: latencies}
	before, err := target.gauges(ctx)
	if err != nil {
		return sample{}, err
	}
	started := time.Now()
	result.requests, err = l.closedLoop(ctx, target, body, started.Add(l.turn))
	if err != nil {
		return sample{}, err
	}
	result.elapsed = time.Since(started)
	after, err := target.gauges(ctx)
	result.mallocs, result.bytes = after.mallocs-before.mallocs, after.bytes-before.bytes
	return result, err
}

// atRate sends requests when they are due, however long others take, and returns how long
// each took from when it was due.
func (l load) atRate(ctx context.Context, target endpoint, body []byte) ([]time.Duration, error) {
	interval := time.Second / time.Duration(l.rate)
	latencies := make([]time.Duration, int(l.turn/interval))
	errs := make([]error, len(latencies))
	var group sync.WaitGroup
	started := time.Now()
	for i := range latencies {
		due := started.Add(time.Duration(i) * interval)
		time.Sleep(time.Until(due))
		group.Go(func() {
			_, errs[i] = target.post(ctx, body)
			latencies[i] = time.Since(due)
		})
	}
	group.Wait()
	return latencies, errors.Join(errs...)
}

func (l load) closedLoop(ctx context.Context, target endpoint, body []byte, end time.Time) (int, error) {
	counts := make([]int, l.clients)
	errs := make([]error, l.clients)
	var group sync.WaitGroup
	for i := range l.clients {
		group.Go(func() {
			for errs[i] == nil && time.Now().Before(end) {
				_, errs[i] = target.post(ctx, body)
				counts[i]++
			}
		})
	}
	group.Wait()
	total := 0
	for _, count := range counts {
		total += count
	}
	return total, errors.Join(errs...)
}
