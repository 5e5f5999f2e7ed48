package audit

import (
	"context"
	"errors"
	"sync"
	"time"
)

// Run writes what is recorded until ctx ends. Then it goes on for at most the time that is
// given to drain, and drops what it could not write.
func (q *Queue) Run(ctx context.Context, drain time.Duration) {
	writing, cancel := context.WithCancel(context.WithoutCancel(ctx))
	var group sync.WaitGroup
	for range queueWorkers {
		group.Go(func() {
			for q.writeNext(writing) {
			}
		})
	}
	stop := make(chan struct{})
	group.Go(func() { q.tally.run(stop, reportPeriod) })

	<-ctx.Done()
	q.drainFor(drain)
	cancel()
	q.keys.ShutDown()
	close(stop)
	group.Wait()
	q.abandon()
	q.tally.report()
}

// drainFor returns when nothing waits any more, or after that time.
func (q *Queue) drainFor(longest time.Duration) {
	q.mutex.Lock()
	defer q.mutex.Unlock()
	q.draining = true
	for key := range q.batches {
		q.keys.Add(key) // those that pause too
	}
	deadline := time.Now().Add(longest)
	timer := time.AfterFunc(longest, func() {
		q.mutex.Lock() // so that it is not said before it is waited for
		defer q.mutex.Unlock()
		q.idle.Broadcast()
	})
	defer timer.Stop()
	for q.pending > 0 && time.Now().Before(deadline) {
		q.idle.Wait()
	}
	q.closed = true
}

// abandon drops all that is left.
func (q *Queue) abandon() {
	q.mutex.Lock()
	defer q.mutex.Unlock()
	if q.pending > 0 {
		q.drop(DropShutdown, q.pending, nil)
		q.account(-q.entries, -q.pending)
	}
	clear(q.batches)
}

// writeNext writes the entries of the next key, and tells whether there may be another.
func (q *Queue) writeNext(ctx context.Context) bool {
	key, shutdown := q.keys.Get()
	if shutdown || ctx.Err() != nil {
		return false
	}
	defer q.keys.Done(key)
	entries := q.take(key)
	if len(entries) == 0 {
		return true // written already: draining names a key twice
	}
	trying, cancel := context.WithTimeout(ctx, q.timeout)
	defer cancel()
	q.settle(ctx, key, entries, q.writer.Write(trying, entries))
	return true
}

func (q *Queue) take(key string) []Entry {
	q.mutex.Lock()
	defer q.mutex.Unlock()
	if waiting := q.batches[key]; waiting != nil {
		return waiting.take()
	}
	return nil
}

// settle accounts for entries that were written, or not.
func (q *Queue) settle(ctx context.Context, key string, entries []Entry, err error) {
	q.mutex.Lock()
	defer q.mutex.Unlock()
	batch := q.batches[key]
	if err != nil && (q.mayRetry(key, err) || ctx.Err() != nil) {
		before := len(entries) + len(batch.entries)
		batch.putBack(entries)
		q.account(len(batch.entries)-before, 0)
		q.tally.retried(err)
		q.retry(key)
		return
	}
	decisions := decisionsOf(entries)
	switch {
	case err == nil:
		q.counter.Written(q.name, decisions)
	case errors.Is(err, ErrQuota):
		q.drop(DropQuota, decisions, nil)
	default:
		q.drop(DropFailed, decisions, err)
	}
	q.account(-len(entries), -decisions)
	q.keys.Forget(key)
	if len(batch.entries) > 0 {
		q.keys.Add(key)
	} else {
		delete(q.batches, key)
	}
}

func (q *Queue) mayRetry(key string, err error) bool {
	return !errors.Is(err, ErrRefused) && q.keys.NumRequeues(key)+1 < q.tries
}

func (q *Queue) retry(key string) {
	if q.draining {
		q.keys.AddAfter(key, drainPause)
	} else {
		q.keys.AddRateLimited(key)
	}
}
