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
	// interval, if it is longer, is apart from what rate says: four times as long as the
	// slowest webhook takes, since a queue would be measured otherwise.
	interval time.Duration
}

const (
	slack = 4
	// warmUps is how often a review is sent before it is measured.
	warmUps = 5
	// unknown is the number of environments where none is counted.
	unknown = -1
)

func (l *load) apart() time.Duration { return max(time.Second/time.Duration(l.rate), l.interval) }

func (l *load) perSecond() float64 { return 1 / l.apart().Seconds() }

// warmUp sends a review some times, requires that so many environments are counted, and slows
// the rate down to what the webhook can do. A review that it fails to judge may be measured too:
// that is a result.
func (l *load) warmUp(ctx context.Context, target endpoint, body []byte, environments int) error {
	latencies := make([]time.Duration, warmUps)
	for i := range latencies {
		started := time.Now()
		answer, err := target.post(ctx, body)
		if err != nil {
			return err
		}
		latencies[i] = time.Since(started)
		if judged(answer) && environments != unknown {
			if err := expect(answer, environments); err != nil {
				return err
			}
		}
	}
	l.interval = max(l.interval, slack*slices.Min(latencies))
	return nil
}

// sample is what one webhook did with one review.
type sample struct {
	// latencies are those at the fixed rate.
	latencies []time.Duration
	// requests, elapsed, mallocs and bytes are those of the closed loop.
	requests int
	elapsed  time.Duration
	mallocs  float64
	bytes    float64
	// refused are the requests, at the rate or in the loop, that were not judged.
	refused int
}

func (s *sample) add(turn sample) {
	s.latencies = append(s.latencies, turn.latencies...)
	s.requests += turn.requests
	s.elapsed += turn.elapsed
	s.mallocs += turn.mallocs
	s.bytes += turn.bytes
	s.refused += turn.refused
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
func (l *load) addTurn(ctx context.Context, target endpoint, body []byte, into *sample) error {
	turn, err := l.runTurn(ctx, target, body)
	if err == nil {
		into.add(turn)
	}
	return err
}

// runTurn sends requests for the length of a turn at the fixed rate, then as long in the
// closed loop. What it takes to ask a process what it has allocated is taken off.
func (l *load) runTurn(ctx context.Context, target endpoint, body []byte) (sample, error) {
	result, err := l.atRate(ctx, target, body)
	if err != nil {
		return sample{}, err
	}
	idle, err := target.allocated(ctx)
	if err != nil {
		return sample{}, err
	}
	before, err := target.allocated(ctx)
	if err != nil {
		return sample{}, err
	}
	started := time.Now()
	if err := l.closedLoop(ctx, target, body, started.Add(l.turn), &result); err != nil {
		return sample{}, err
	}
	result.elapsed = time.Since(started)
	after, err := target.allocated(ctx)
	result.mallocs = max(0, after.mallocs-before.mallocs-(before.mallocs-idle.mallocs))
	result.bytes = max(0, after.bytes-before.bytes-(before.bytes-idle.bytes))
	return result, err
}

// atRate sends requests when they are due, however long others take, and notes how long each
// took from when it was due.
func (l *load) atRate(ctx context.Context, target endpoint, body []byte) (sample, error) {
	interval := l.apart()
	latencies := make([]time.Duration, max(1, int(l.turn/interval)))
	refused := make([]bool, len(latencies))
	errs := make([]error, len(latencies))
	var group sync.WaitGroup
	started := time.Now()
	for i := range latencies {
		due := started.Add(time.Duration(i) * interval)
		time.Sleep(time.Until(due))
		group.Go(func() {
			var answer []byte
			answer, errs[i] = target.post(ctx, body)
			latencies[i], refused[i] = time.Since(due), !judged(answer)
		})
	}
	group.Wait()
	return sample{latencies: latencies, refused: count(refused)}, errors.Join(errs...)
}

func (l *load) closedLoop(ctx context.Context, target endpoint, body []byte, end time.Time, into *sample) error {
	refused := make([][]bool, l.clients)
	errs := make([]error, l.clients)
	var group sync.WaitGroup
	for i := range l.clients {
		group.Go(func() {
			for errs[i] == nil && time.Now().Before(end) {
				var answer []byte
				answer, errs[i] = target.post(ctx, body)
				refused[i] = append(refused[i], !judged(answer))
			}
		})
	}
	group.Wait()
	for _, answers := range refused {
		into.requests += len(answers)
		into.refused += count(answers)
	}
	return errors.Join(errs...)
}

func count(all []bool) int {
	n := 0
	for _, is := range all {
		if is {
			n++
		}
	}
	return n
}
