package audit

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/client-go/util/workqueue"
)

// ErrRefused is among the errors of a write that would fail again.
var ErrRefused = errors.New("refused")

// Permanent adds ErrRefused to an error of the API server that trying again cannot mend: it
// does not take the object, or the object's namespace is gone or going.
func Permanent(err error) error {
	if apierrors.IsInvalid(err) || apierrors.IsNotFound(err) || apierrors.HasStatusCause(err, corev1.NamespaceTerminatingCause) {
		return errors.Join(ErrRefused, err)
	}
	return err
}

// Writer writes entries to objects of the API server.
type Writer interface {
	// Key returns the object that a notable record goes to: those of one object are written
	// together and one after the other. Without ok the record is left out.
	Key(record Record) (key string, ok bool)
	// Write adds entries of one key to its object. It must be safe for concurrent use with
	// other keys. An error means that none was added.
	Write(ctx context.Context, entries []Entry) error
}

// Counter is told how many decisions became what.
type Counter interface {
	// Written counts decisions that a sink has written.
	Written(sink string, decisions int)
	// Dropped counts those that it has not and will not, by reason.
	Dropped(sink, reason string, decisions int)
	// Pending says how many wait or are being written.
	Pending(sink string, decisions int)
}

// Reasons for which a record is dropped.
const (
	// DropFull says that too many records waited already.
	DropFull = "QueueFull"
	// DropFailed says that the API server did not take the record, as often as it was asked.
	DropFailed = "WriteFailed"
	// DropQuota says that its writer has begun too many objects about rollouts that do not
	// exist: see Quota.
	DropQuota = "Quota"
	// DropShutdown says that the process ended before the record was written.
	DropShutdown = "Shutdown"
)

const (
	queueWorkers = 4
	// writeTimeout bounds one try of a write.
	writeTimeout = 5 * time.Second
	// Tries of a write and the pauses between them: for about a minute in all, longer than
	// an API server takes to restart.
	writeTries = 8
	firstPause = 500 * time.Millisecond
	longPause  = 30 * time.Second
	// drainPause is the one between tries while the process waits to end.
	drainPause = 100 * time.Millisecond
	// reportPeriod is how often drops are logged.
	reportPeriod = 5 * time.Second
)

// Queue is a Sink that hands notable records to a Writer without making anyone wait for it:
// its memory is bounded, and what does not fit, or cannot be written, is dropped, counted
// and logged.
type Queue struct {
	name     string
	capacity int
	writer   Writer
	counter  Counter
	tally    *tally
	timeout  time.Duration
	tries    int
	keys     workqueue.TypedRateLimitingInterface[string]

	mutex   sync.Mutex
	batches map[string]*batch
	// entries is how many there are, those being written included, and pending how many
	// decisions they stand for.
	entries int
	pending int
	idle    *sync.Cond
	// draining makes pauses short, and closed refuses what still comes.
	draining, closed bool
}

// NewQueue returns a queue for one sink, which is named in logs and metrics. It holds at most
// capacity records; those that are alike count as one.
func NewQueue(sink string, capacity int, writer Writer, counter Counter, logger *slog.Logger) *Queue {
	q := &Queue{
		name: sink, capacity: capacity, writer: writer, counter: counter,
		tally:   newTally(logger.With("sink", sink)),
		timeout: writeTimeout, tries: writeTries,
		keys: workqueue.NewTypedRateLimitingQueue(
			workqueue.NewTypedItemExponentialFailureRateLimiter[string](firstPause, longPause)),
		batches: map[string]*batch{},
	}
	q.idle = sync.NewCond(&q.mutex)
	return q
}

// Record implements Sink. It does no I/O.
func (q *Queue) Record(_ context.Context, record Record) {
	if !record.Notable() {
		return
	}
	key, ok := q.writer.Key(record)
	if !ok {
		return
	}
	q.mutex.Lock()
	defer q.mutex.Unlock()
	entry := Entry{Record: record, First: record.Time, Count: 1}
	waiting := q.batches[key]
	fits := q.entries < q.roomFor(record) || (waiting != nil && waiting.has(entry))
	switch {
	case q.closed:
		q.drop(DropShutdown, 1, nil)
		return
	case !fits:
		q.drop(DropFull, 1, nil)
		return
	case waiting == nil:
		// A key that has a batch is queued, or being written, or waits for its next try,
		// which it would come before if it were added.
		waiting = &batch{}
		q.batches[key] = waiting
		q.keys.Add(key)
	}
	before := len(waiting.entries)
	waiting.add(entry)
	q.account(len(waiting.entries)-before, 1)
}

// roomFor returns with how many entries the queue is full for a record: a quarter is left for
// those that are authenticated, whoever sends what.
func (q *Queue) roomFor(record Record) int {
	if record.Authenticated {
		return q.capacity
	}
	return q.capacity - q.capacity/4 //nolint:mnd // a quarter
}

// account changes the numbers of what there is.
func (q *Queue) account(entries, decisions int) {
	q.entries += entries
	q.pending += decisions
	q.counter.Pending(q.name, q.pending)
	if q.pending == 0 {
		q.idle.Broadcast()
	}
}

func (q *Queue) drop(reason string, decisions int, err error) {
	q.counter.Dropped(q.name, reason, decisions)
	q.tally.dropped(reason, decisions, err)
}
