package recount

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"

	"github.com/seawall-dev/seawall/pkg/policy"
	"github.com/seawall-dev/seawall/pkg/rollout"
)

// round is the last one through the rollouts of a kind.
type round struct {
	// by are the names of the policies by which the last round that saw all of them has judged.
	by []string
	// failure is why there has been another round since that one.
	failure error
}

// Standing says what the numbers of a policy are worth.
type Standing struct {
	// Pending says that not all rollouts that the policy may match have been seen yet.
	Pending bool
	// Failure is why the last round through some of them failed.
	Failure error
}

// goThrough judges all rollouts of a kind, and notes whether it could.
func (r *Recounter) goThrough(ctx context.Context, kind rollout.Kind) error {
	started := r.clock.Now()
	by := namesOf(r.Evaluator.Policies.Candidates(kind.GroupKind(), rollout.Update))
	last := r.rounds[kind.GroupKind()]
	if last.failure = r.pass(ctx, kind); last.failure == nil {
		last.by = by
	}
	if ctx.Err() == nil { // who is told to stop has not failed
		r.rounds[kind.GroupKind()] = last
	}
	r.restAfter(kind.GroupKind(), r.clock.Since(started))
	return last.failure
}

func namesOf(policies []*policy.Policy) []string {
	names := make([]string, len(policies))
	for i, one := range policies {
		names[i] = one.Name
	}
	return names
}

// pass judges all rollouts of a kind.
func (r *Recounter) pass(ctx context.Context, kind rollout.Kind) error {
	started := r.clock.Now()
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

// retain drops the rollouts of a kind that have not been seen.
func (r *Recounter) retain(ctx context.Context, kind schema.GroupKind, seen map[types.NamespacedName]bool) {
	for key := range maps.Clone(r.results[kind]) {
		if !seen[key] {
			r.forget(ctx, kind, key)
		}
	}
}

// publish makes the numbers known once every kind has been looked at. Those of a policy are of
// rounds that have seen all that it may match: half a round says nothing.
func (r *Recounter) publish(ctx context.Context) error {
	for _, kind := range atRest(r.Kinds) {
		if _, looked := r.rounds[kind.GroupKind()]; !looked {
			return nil
		}
	}
	counts, states := r.results.counts(), r.standings()
	for name := range states {
		delete(counts, name)
		if before, told := r.told[name]; told {
			counts[name] = before
		}
	}
	r.told = counts
	r.Meter.Counted(counts)
	return r.Publisher.Publish(ctx, counts, states)
}

// standings returns those of the policies whose numbers are not to be published.
func (r *Recounter) standings() map[string]Standing {
	states := map[string]Standing{}
	for _, kind := range atRest(r.Kinds) {
		last := r.rounds[kind.GroupKind()]
		for _, name := range namesOf(r.Evaluator.Policies.Candidates(kind.GroupKind(), rollout.Update)) {
			state := states[name]
			if state.Failure == nil {
				state.Failure = last.failure
			}
			state.Pending = state.Pending || !slices.Contains(last.by, name)
			if state != (Standing{}) {
				states[name] = state
			}
		}
	}
	return states
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
