// Package recount judges the rollouts that exist. A fleet grows after admission, and policies
// change: no write tells that a rollout is over its limit now. Each is judged by what a change
// of all its environments would be. Nothing here ever writes a rollout.
package recount

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"sync"
	"time"

	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/util/workqueue"
	"k8s.io/utils/clock"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"

	"github.com/seawall-dev/seawall/pkg/audit"
	"github.com/seawall-dev/seawall/pkg/evaluate"
	"github.com/seawall-dev/seawall/pkg/rollout"
)

const (
	// gathering is how long changes are collected before all rollouts are judged again, and
	// settling how long a rollout is left alone after it was written.
	gathering = 2 * time.Second
	settling  = time.Second
	// The pause between two rounds through the rollouts of a kind, however often something
	// changes, is idle times as long as the last one took, which leaves nine tenths of a core
	// alone. It is no longer than mostIdle, so that the numbers are not older than a minute,
	// unless a round takes that long: then it is as long as the round.
	idle      = 9
	leastIdle = 5 * time.Second
	mostIdle  = 30 * time.Second
	// publishing is how long numbers are collected before they are published.
	publishing = 500 * time.Millisecond
)

// Kinds answers which kinds of rollout there are.
type Kinds interface {
	// All returns them in an order that stays.
	All() []rollout.Kind
}

// atRest returns the kinds whose rollouts can be judged when nobody writes them.
func atRest(kinds Kinds) []rollout.Kind {
	return slices.DeleteFunc(slices.Clone(kinds.All()), func(kind rollout.Kind) bool { return kind.OneShot })
}

// Meter is told of the re-count.
type Meter interface {
	// Counted replaces the numbers of all policies, by name.
	Counted(counts map[string]Counts)
	// Passed says that all rollouts of a kind have been judged, and how long it took.
	Passed(kind string, took time.Duration)
}

// Publisher makes numbers known on the policies.
type Publisher interface {
	Publish(ctx context.Context, counts map[string]Counts) error
}

// Item is what waits to be judged: one rollout, or all of a kind if it has no name. The zero
// Item waits for numbers to be published.
type Item struct {
	types.NamespacedName

	Kind schema.GroupKind
}

// Recounter judges rollouts again when they, policies, kinds or environments change, and at
// an interval. One replica does so at a time; it works on one item after the other.
type Recounter struct {
	Evaluator *evaluate.Evaluator
	Kinds     Kinds
	Rollouts  *Rollouts
	Publisher Publisher
	// Sink gets a record when something is wrong with a rollout, and when it is mended.
	Sink  audit.Sink
	Meter Meter
	// Interval is that between two rounds when nothing changes.
	Interval time.Duration

	clock   clock.PassiveClock
	queue   workqueue.TypedRateLimitingInterface[Item]
	results results
	// tried are the kinds whose rollouts have been looked at once. Before that the numbers
	// are no use.
	tried map[schema.GroupKind]bool

	mu sync.Mutex
	// rested is when the next round through a kind may begin.
	rested map[schema.GroupKind]time.Time
}

var _ reconcile.TypedReconciler[Item] = &Recounter{}

// begin makes the Recounter one that has not looked at anything.
func (r *Recounter) begin(timer clock.PassiveClock) {
	r.clock, r.results = timer, results{}
	r.tried, r.rested = map[schema.GroupKind]bool{}, map[schema.GroupKind]time.Time{}
}

// Reconcile implements reconcile.TypedReconciler.
func (r *Recounter) Reconcile(ctx context.Context, item Item) (reconcile.Result, error) {
	if item == (Item{}) {
		return reconcile.Result{}, r.publish(ctx)
	}
	defer r.queue.AddAfter(Item{}, publishing)
	kind, known := r.find(item.Kind)
	switch {
	case !known:
		r.retain(ctx, item.Kind, nil)
		return reconcile.Result{}, nil
	case item.Name != "":
		return reconcile.Result{}, r.one(ctx, kind, item.NamespacedName)
	default:
		return reconcile.Result{RequeueAfter: r.Interval}, r.pass(ctx, kind)
	}
}

func (r *Recounter) find(wanted schema.GroupKind) (rollout.Kind, bool) {
	for _, kind := range atRest(r.Kinds) {
		if kind.GroupKind() == wanted {
			return kind, true
		}
	}
	return rollout.Kind{}, false
}

// pass judges all rollouts of a kind.
func (r *Recounter) pass(ctx context.Context, kind rollout.Kind) error {
	started := r.clock.Now()
	defer func() {
		r.tried[kind.GroupKind()] = true
		r.restAfter(kind.GroupKind(), r.clock.Since(started))
	}()
	asks, err := r.Evaluator.Asks(kind.GroupKind(), rollout.Update)
	if err != nil {
		return err
	}
	if !asks {
		r.retain(ctx, kind.GroupKind(), nil)
		return nil
	}
	seen := map[types.NamespacedName]bool{}
	for found, err := range r.Rollouts.all(ctx, kind) {
		if errors.Is(err, errNotServed) {
			r.retain(ctx, kind.GroupKind(), nil)
			return nil
		}
		if err != nil {
			return fmt.Errorf("reading %s.%s: %w", kind.Resource, kind.Group, err)
		}
		if err := r.judge(ctx, kind, found); err != nil {
			return err
		}
		seen[found.key()] = true
	}
	r.retain(ctx, kind.GroupKind(), seen)
	r.Meter.Passed(kind.Name, r.clock.Since(started))
	return nil
}

// one judges a rollout that was written, or is gone.
func (r *Recounter) one(ctx context.Context, kind rollout.Kind, key types.NamespacedName) error {
	found, exists, err := r.Rollouts.get(ctx, kind, key)
	if err != nil {
		return fmt.Errorf("reading %s %s: %w", kind.Name, key, err)
	}
	if !exists {
		r.forget(ctx, kind.GroupKind(), key)
		return nil
	}
	return r.judge(ctx, kind, found)
}

// judge keeps what policies conclude about a rollout, and records what is new.
func (r *Recounter) judge(ctx context.Context, kind rollout.Kind, found existing) error {
	started := r.clock.Now()
	var took audit.Phases
	candidates := r.Evaluator.Policies.Candidates(kind.GroupKind(), rollout.Update)
	counted, err := found.count(ctx, r.Evaluator, kind.GroupKind(), candidates, &took)
	if err != nil {
		return fmt.Errorf("%s %s: %w", kind.Name, found.key(), err)
	}
	if counted == nil {
		r.forget(ctx, kind.GroupKind(), found.key())
		return nil
	}
	judgement := counted.Conclude(ctx, candidates)
	judged := newResult(judgement)
	before := r.results.put(kind.GroupKind(), found.key(), judged)
	if judged.finding != before {
		record := judgement.Record()
		record.Version, record.RolloutUID = found.version(), found.Metadata.UID
		record.Phases, record.Duration = took, r.clock.Since(started)
		r.record(ctx, kind.GroupKind(), found.key(), record)
	}
	return nil
}

// forget drops a rollout that no policy judges, or that is gone.
func (r *Recounter) forget(ctx context.Context, kind schema.GroupKind, key types.NamespacedName) {
	if before := r.results.put(kind, key, result{}); before != (finding{}) {
		r.record(ctx, kind, key, evaluate.NotJudged().Record())
	}
}

func (r *Recounter) record(ctx context.Context, kind schema.GroupKind, key types.NamespacedName, record audit.Record) {
	record.Group, record.Kind, record.Namespace, record.Name = kind.Group, kind.Kind, key.Namespace, key.Name
	record.Time, record.Operation, record.Routine, record.Authenticated = r.clock.Now(), audit.Recount, false, true
	if record.Mended() {
		record.Message = "no policy objects to a change of all environments any more"
	}
	r.Sink.Record(ctx, record.Clean())
}

// retain drops the rollouts of a kind that have not been seen.
func (r *Recounter) retain(ctx context.Context, kind schema.GroupKind, seen map[types.NamespacedName]bool) {
	for key := range maps.Clone(r.results[kind]) {
		if !seen[key] {
			r.forget(ctx, kind, key)
		}
	}
}

// publish makes the numbers known once every kind has been looked at.
func (r *Recounter) publish(ctx context.Context) error {
	for _, kind := range atRest(r.Kinds) {
		if !r.tried[kind.GroupKind()] {
			return nil
		}
	}
	counts := r.results.counts()
	r.Meter.Counted(counts)
	return r.Publisher.Publish(ctx, counts)
}

// enqueue lets all rollouts of every kind be judged again. Those that wait for that already
// are judged once, no later than they were to be.
func (r *Recounter) enqueue() {
	for _, kind := range atRest(r.Kinds) {
		r.queue.AddAfter(Item{Kind: kind.GroupKind()}, r.pause(kind.GroupKind()))
	}
}

// restAfter notes how long a round took.
func (r *Recounter) restAfter(kind schema.GroupKind, took time.Duration) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.rested[kind] = r.clock.Now().Add(max(leastIdle, min(idle*took, mostIdle), took))
}

// pause returns how long a round through a kind has to wait after a change.
func (r *Recounter) pause(kind schema.GroupKind) time.Duration {
	r.mu.Lock()
	defer r.mu.Unlock()
	return max(gathering, r.rested[kind].Sub(r.clock.Now()))
}
