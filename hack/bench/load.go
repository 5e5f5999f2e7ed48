package main

import (
	"context"
	"slices"
	"sync"
	"time"
)

// load says how requests are sent: by so many clients, each sending its next request when
// it has the answer to the last, in turns of a length.
type load struct {
	rounds  int
	turn    time.Duration
	clients int
}

// sample is what one webhook did with one review.
type sample struct {
	latencies []time.Duration
	elapsed   time.Duration
	mallocs   float64
	bytes     float64
}

func (s *sample) add(turn sample) {
	s.latencies = append(s.latencies, turn.latencies...)
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

func (s *sample) perSecond() float64 { return float64(len(s.latencies)) / s.elapsed.Seconds() }

func (s *sample) perRequest(total float64) float64 { return total / float64(len(s.latencies)) }

// addTurn sends requests for the length of a turn and adds what they took.
func (l load) addTurn(ctx context.Context, target endpoint, body []byte, into *sample) error {
	turn, err := l.runTurn(ctx, target, body)
	if err == nil {
		into.add(turn)
	}
	return err
}

// runTurn sends requests for the length of a turn.
func (l load) runTurn(ctx context.Context, target endpoint, body []byte) (sample, error) {
	before, err := target.gauges(ctx)
	if err != nil {
		return sample{}, err
	}
	var (
		mutex  sync.Mutex
		failed error
		result sample
		group  sync.WaitGroup
	)
	started := time.Now()
	for range l.clients {
		group.Go(func() {
			latencies, err := closedLoop(ctx, target, body, started.Add(l.turn))
			mutex.Lock()
			defer mutex.Unlock()
			result.latencies = append(result.latencies, latencies...)
			if err != nil {
				failed = err
			}
		})
	}
	group.Wait()
	result.elapsed = time.Since(started)
	if failed != nil {
		return sample{}, failed
	}
	after, err := target.gauges(ctx)
	result.mallocs, result.bytes = after.mallocs-before.mallocs, after.bytes-before.bytes
	return result, err
}

func closedLoop(ctx context.Context, target endpoint, body []byte, end time.Time) ([]time.Duration, error) {
	var latencies []time.Duration
	for time.Now().Before(end) {
		sent := time.Now()
		if _, err := target.post(ctx, body); err != nil {
			return nil, err
		}
		latencies = append(latencies, time.Since(sent))
	}
	return latencies, nil
}
