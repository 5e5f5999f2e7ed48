package audit

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/onsi/gomega"
)

// store is a Writer into memory, which fails or waits as a test wants. Records go to an
// object by their name; those named "nowhere" to none.
type store struct {
	mutex  sync.Mutex
	counts map[string]int
	writes int
	// fail answers a write before it is kept.
	fail func(ctx context.Context, entries []Entry) error
}

func (s *store) Key(record Record) (string, bool) { return record.Name, record.Name != "nowhere" }

func (s *store) Write(ctx context.Context, entries []Entry) error {
	if s.fail != nil {
		if err := s.fail(ctx, entries); err != nil {
			return err
		}
	}
	s.mutex.Lock()
	defer s.mutex.Unlock()
	s.writes++
	if s.counts == nil {
		s.counts = map[string]int{}
	}
	for _, entry := range entries {
		s.counts[entry.Name] += entry.Count
	}
	return nil
}

func (s *store) total() int {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	total := 0
	for _, count := range s.counts {
		total += count
	}
	return total
}

// counts is a Counter in memory.
type counts struct {
	mutex            sync.Mutex
	written, pending int
	drops            map[string]int
}

func (c *counts) Written(_ string, decisions int) {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	c.written += decisions
}

func (c *counts) Dropped(_, reason string, decisions int) {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	if c.drops == nil {
		c.drops = map[string]int{}
	}
	c.drops[reason] += decisions
}

func (c *counts) Pending(_ string, decisions int) {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	c.pending = decisions
}

func (c *counts) get() (written, pending int, drops map[string]int) {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	drops = map[string]int{}
	maps.Copy(drops, c.drops)
	return c.written, c.pending, drops
}

// logged adds up the numbers of dropped decisions in a log.
func logged(t *testing.T, log *bytes.Buffer) map[string]int {
	t.Helper()
	sums := map[string]int{}
	for line := range strings.Lines(log.String()) {
		var fields struct {
			Message   string `json:"msg"`
			Reason    string `json:"reason"`
			Decisions int    `json:"decisions"`
		}
		gomega.NewWithT(t).Expect(json.Unmarshal([]byte(line), &fields)).To(gomega.Succeed())
		if fields.Message == "records dropped" {
			sums[fields.Reason] += fields.Decisions
		}
	}
	return sums
}

func newTestQueue(capacity int, writer Writer) (*Queue, *counts, *bytes.Buffer) {
	log, counter := &bytes.Buffer{}, &counts{}
	return NewQueue("test", capacity, writer, counter, slog.New(slog.NewJSONHandler(log, nil))), counter, log
}

// run runs a queue and returns how to end it.
func run(q *Queue, drain time.Duration) (end func()) {
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() { defer close(done); q.Run(ctx, drain) }()
	return func() { cancel(); <-done }
}

func denial(name, user string) Record {
	return Record{Action: Deny, Name: name, User: user, Time: time.Now()}
}

func TestOnlyWhatIsNotableIsWritten(t *testing.T) {
	g := gomega.NewWithT(t)
	kept := &store{}
	q, counter, _ := newTestQueue(10, kept)
	for _, record := range []Record{
		{Action: Deny, Name: "denied"}, {Action: Warn, Name: "warned"}, {Action: Audit, Name: "audited"}, {Action: Error, Name: "failed"},
		{Action: Allow, Name: "let pass", Override: "apps/incident"}, {Action: Allow, Name: "mended", Operation: Recount},
		{Action: Allow, Name: "allowed"}, {Action: Deny, Name: "dry", DryRun: true}, {Action: Deny, Name: "nowhere"},
	} {
		q.Record(t.Context(), record)
	}
	run(q, time.Second)()
	g.Expect(kept.counts).To(gomega.Equal(map[string]int{"denied": 1, "warned": 1, "audited": 1, "failed": 1, "let pass": 1, "mended": 1}))
	written, pending, drops := counter.get()
	g.Expect([]int{written, pending, len(drops)}).To(gomega.Equal([]int{6, 0, 0}))
}

func TestABurstAboutOneRolloutIsOneRecordAndFewWrites(t *testing.T) {
	g := gomega.NewWithT(t)
	kept := &store{}
	q, counter, _ := newTestQueue(1, kept)
	var group sync.WaitGroup
	for range 50 {
		group.Go(func() {
			for range 200 {
				q.Record(t.Context(), denial("tenants", "eve"))
			}
		})
	}
	group.Wait()
	run(q, time.Second)()
	g.Expect(kept.counts).To(gomega.Equal(map[string]int{"tenants": 10_000}), "they take one place")
	g.Expect(kept.writes).To(gomega.Equal(1))
	written, _, drops := counter.get()
	g.Expect(written).To(gomega.Equal(10_000))
	g.Expect(drops).To(gomega.BeEmpty())
}

// TestNothingWaitsForAnAPIServerThatHangs proves that recording takes no longer while every
// write hangs, that memory is bounded, and that all is accounted for.
func TestNothingWaitsForAnAPIServerThatHangs(t *testing.T) {
	g := gomega.NewWithT(t)
	q, counter, log := newTestQueue(100, &store{fail: func(ctx context.Context, _ []Entry) error {
		<-ctx.Done()
		return ctx.Err()
	}})
	end := run(q, 50*time.Millisecond)
	started := time.Now()
	for i := range 10_000 {
		q.Record(t.Context(), denial(fmt.Sprint("rollout-", i), "eve"))
	}
	g.Expect(time.Since(started)).To(gomega.BeNumerically("<", 2*time.Second), "0.2 ms each would be a lot")
	_, pending, _ := counter.get()
	g.Expect(pending).To(gomega.Equal(75), "the last quarter is for what is authenticated")
	for i := range 25 {
		finding := denial(fmt.Sprint("rollout-", i), "")
		finding.Authenticated = true
		q.Record(t.Context(), finding)
	}
	_, pending, _ = counter.get()
	g.Expect(pending).To(gomega.Equal(100))
	end()
	written, pending, drops := counter.get()
	g.Expect([]int{written, pending}).To(gomega.Equal([]int{0, 0}))
	g.Expect(drops).To(gomega.Equal(map[string]int{DropFull: 9_925, DropShutdown: 100}))
	g.Expect(logged(t, log)).To(gomega.Equal(drops))
}

func TestAWriteIsTriedAgainThenDropped(t *testing.T) {
	for name, test := range map[string]struct {
		failures int
		err      error
		kept     int
		drops    map[string]int
	}{
		"an outage that ends":       {failures: 2, err: errors.New("no route"), kept: 1, drops: map[string]int{}},
		"an outage that goes on":    {failures: 99, err: errors.New("no route"), drops: map[string]int{DropFailed: 1}},
		"one object too many":       {failures: 1, err: errors.Join(ErrRefused, ErrQuota), drops: map[string]int{DropQuota: 1}},
		"an object that is no good": {failures: 1, err: fmt.Errorf("%w: too long", ErrRefused), drops: map[string]int{DropFailed: 1}},
	} {
		t.Run(name, func(t *testing.T) {
			g := gomega.NewWithT(t)
			left := test.failures
			kept := &store{}
			kept.fail = func(context.Context, []Entry) error {
				if left == 0 {
					return nil
				}
				left--
				return test.err
			}
			q, counter, log := newTestQueue(10, kept)
			q.tries = 3
			q.Record(t.Context(), denial("tenants", "eve"))
			end := run(q, 0)
			g.Eventually(func() int { _, pending, _ := counter.get(); return pending }).WithTimeout(10 * time.Second).Should(gomega.BeZero())
			end()
			g.Expect(kept.total()).To(gomega.Equal(test.kept))
			_, _, drops := counter.get()
			g.Expect(drops).To(gomega.Equal(test.drops))
			g.Expect(logged(t, log)).To(gomega.Equal(drops))
		})
	}
}

func TestWhatComesDuringAFailingWriteIsNotLost(t *testing.T) {
	g := gomega.NewWithT(t)
	writing, fail := make(chan struct{}), make(chan struct{})
	var once sync.Once
	kept := &store{}
	kept.fail = func(context.Context, []Entry) error {
		var err error
		once.Do(func() { close(writing); <-fail; err = errors.New("no route") })
		return err
	}
	q, counter, _ := newTestQueue(10, kept)
	end := run(q, 5*time.Second)
	q.Record(t.Context(), denial("tenants", "eve"))
	<-writing
	q.Record(t.Context(), denial("tenants", "eve"))
	q.Record(t.Context(), denial("tenants", "mallory"))
	close(fail)
	end()
	g.Expect(kept.counts).To(gomega.Equal(map[string]int{"tenants": 3}))
	written, pending, drops := counter.get()
	g.Expect([]int{written, pending, len(drops)}).To(gomega.Equal([]int{3, 0, 0}))
}

func TestShutdownWritesWhatWaits(t *testing.T) {
	g := gomega.NewWithT(t)
	kept := &store{}
	var failures sync.Map // by rollout: the first write of each fails
	kept.fail = func(_ context.Context, entries []Entry) error {
		if _, failed := failures.LoadOrStore(entries[0].Name, true); !failed {
			return errors.New("no route")
		}
		return nil
	}
	q, counter, _ := newTestQueue(1000, kept)
	for i := range 100 {
		q.Record(t.Context(), denial(fmt.Sprint("rollout-", i), "eve"))
	}
	started := time.Now()
	run(q, 20*time.Second)()
	g.Expect(kept.total()).To(gomega.Equal(100), "also those that pause until the next try")
	g.Expect(time.Since(started)).To(gomega.BeNumerically("<", 10*time.Second), "it does not wait for the deadline")
	q.Record(t.Context(), denial("late", "eve"))
	_, _, drops := counter.get()
	g.Expect(drops).To(gomega.Equal(map[string]int{DropShutdown: 1}))
}

// TestNumbersAddUp lets clients, failures and the end race: with -race it finds what is not
// guarded, and always that every decision became exactly one thing.
func TestNumbersAddUp(t *testing.T) {
	g := gomega.NewWithT(t)
	kept := &store{}
	var asked sync.Map
	kept.fail = func(_ context.Context, entries []Entry) error {
		n, _ := asked.LoadOrStore(entries[0].Name, new(int))
		tries := n.(*int) // one write of a name at a time
		*tries++
		if *tries%3 == 0 {
			return errors.New("no route")
		}
		return nil
	}
	q, counter, log := newTestQueue(50, kept)
	q.tries = 2
	end := run(q, 100*time.Millisecond)
	var group sync.WaitGroup
	for client := range 10 {
		group.Go(func() {
			for i := range 500 {
				q.Record(t.Context(), denial(fmt.Sprint("rollout-", i%40), fmt.Sprint("user-", client)))
			}
		})
	}
	group.Wait()
	end()
	written, pending, drops := counter.get()
	g.Expect(kept.total()).To(gomega.Equal(written))
	g.Expect(pending).To(gomega.BeZero())
	g.Expect(written + drops[DropFull] + drops[DropFailed] + drops[DropShutdown]).To(gomega.Equal(5_000))
	g.Expect(logged(t, log)).To(gomega.Equal(drops))
}
