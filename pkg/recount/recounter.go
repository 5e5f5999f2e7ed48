// Package recount judges the rollouts that exist. A fleet grows after admission, and policies
// change: no write tells that a rollout is over its limit now. Each is judged by what a change
// of all its environments would be. Nothing here ever writes a rollout.
package recount

import (
	"context"
	"fmt"
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
	// Publish tells the numbers of all policies. Those of which something else stands in states
	// keep what was told of them before.
	Publish(ctx context.Context, counts map[string]Counts, states map[string]Standing) error
}

// Memory is what was recorded before this replica began to count.
type Memory interface {
	// Recorded passes on the records of the re-count that nothing has cleared since.
	Recorded(ctx context.Context, tell func(audit.Record)) error
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
	Sink audit.Sink
	// Memory, if not nil, tells what Sink got from who did this before.
	Memory Memory
	Meter  Meter
	// Interval is that between two rounds when nothing changes.
	Interval time.Duration

	clock   clock.PassiveClock
	queue   workqueue.TypedRateLimitingInterface[Item]
	results results
	recall  recall
	// rounds are the last ones through the rollouts of each kind.
	rounds map[schema.GroupKind]round
	// told are the numbers that were published last.
	told map[string]Counts

	mu sync.Mutex
	// rested is when the next round through a kind may begin.
	rested map[schema.GroupKind]time.Time
}

var _ reconcile.TypedReconciler[Item] = &Recounter{}

// begin makes the Recounter one that has not looked at anything.
func (r *Recounter) begin(timer clock.PassiveClock) {
	r.clock, r.results = timer, results{}
	r.rounds, r.rested = map[schema.GroupKind]round{}, map[schema.GroupKind]time.Time{}
}

// Reconcile implements reconcile.TypedReconciler.
func (r *Recounter) Reconcile(ctx context.Context, item Item) (reconcile.Result, error) {
	if item == (Item{}) {
		return reconcile.Result{}, r.publish(ctx)
	}
	if err := r.remember(ctx); err != nil {
		return reconcile.Result{}, err
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
		return reconcile.Result{RequeueAfter: r.Interval}, r.goThrough(ctx, kind)
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
