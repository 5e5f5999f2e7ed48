package main

import (
	"context"
	"encoding/json"
	"slices"
	"sync"
	"time"

	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/seawall-dev/seawall/hack/cluster"
	"github.com/seawall-dev/seawall/pkg/apis/v1alpha1"
)

const (
	changePeriod = 100 * time.Millisecond
	// lag is how long a replica may take to see what is stored, on a machine with other work.
	lag = 5 * time.Second
)

// limits are those that the policy that changes has in turn.
var limits = []string{"0.2", "0.05"} //nolint:gochecknoglobals // a constant, but for the language

// state is a value that was written: when somebody began to, since it may be stored at once, and when it was stored, which is
// zero for as long as nobody knows.
type state[T any] struct {
	value         T
	since, stored time.Time
}

// history is what was written, in its order.
type history[T comparable] struct {
	lock   sync.Mutex
	states []state[T]
}

// write notes a value before and after it is written.
func (h *history[T]) write(value T, write func() error) error {
	h.lock.Lock()
	number := len(h.states)
	h.states = append(h.states, state[T]{value: value, since: time.Now()})
	h.lock.Unlock()
	err := write()
	h.lock.Lock()
	defer h.lock.Unlock()
	if err == nil {
		h.states[number].stored = time.Now()
	}
	return err
}

// between returns what may have been seen from one time to another by a replica that is no more than late behind: a value
// ends once a later one is stored.
func (h *history[T]) between(from, to time.Time, late time.Duration) (values []T) {
	h.lock.Lock()
	defer h.lock.Unlock()
	for _, of := range slices.Backward(h.states) {
		if !of.since.After(to) && !slices.Contains(values, of.value) {
			values = append(values, of.value)
		}
		if !of.stored.IsZero() && of.stored.Add(late).Before(from) {
			break
		}
	}
	return values
}

// changes are what changes while reviews come.
type changes struct {
	world    *world
	limits   history[string]
	flapping history[int]

	lock sync.Mutex
	// made are the writes that were stored, and failed those that were not.
	made, failed int
}

func newChanges(of *world) *changes {
	c := &changes{world: of}
	_ = c.limits.write(limits[0], stored)
	_ = c.flapping.write(leastFlapping, stored)
	return c
}

// stored is of what is stored already.
func stored() error { return nil }

// run changes a policy and the inventory in turn until ctx is done.
func (c *changes) run(ctx context.Context) {
	ticker := time.NewTicker(changePeriod)
	defer ticker.Stop()
	limit, present, direction := 0, 0, 1
	for step := 0; ; step++ {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
		var err error
		if step%2 == 0 {
			limit = (limit + 1) % len(limits)
			err = c.setLimit(ctx, limits[limit])
		} else {
			if present+direction < 0 || present+direction > comers {
				direction = -direction
			}
			if err = c.setPresent(ctx, present+direction, present); err == nil {
				present += direction
			}
		}
		c.count(err)
	}
}

func (c *changes) count(err error) {
	c.lock.Lock()
	defer c.lock.Unlock()
	if err != nil {
		c.failed++
	} else {
		c.made++
	}
}

func (c *changes) setLimit(ctx context.Context, limit string) error {
	policy := &v1alpha1.WavePolicy{}
	policy.Name = changing
	return c.limits.write(limit, func() error {
		return patch(ctx, c.world.api, policy, fields{"spec": fields{"maxWaveFailureProbability": limit}})
	})
}

// setPresent has so many of the comers be among those that are counted, one more or less than before.
func (c *changes) setPresent(ctx context.Context, present, before int) error {
	value := any("yes")
	if present < before {
		value = nil
	}
	of := object("v1", "Secret", cluster.ArgoCDNamespace, clusterName(steadyClusters+leastFlapping+min(present, before)), nil, fields{})
	return c.flapping.write(leastFlapping+present, func() error {
		return patch(ctx, c.world.api, of, fields{"metadata": fields{"labels": fields{flappingLabel: value}}})
	})
}

// seen returns what a replica may have seen when it answered a review.
func (c *changes) seen(asked, answered time.Time, late time.Duration) seen {
	return seen{limits: c.limits.between(asked, answered, late), flapping: c.flapping.between(asked, answered, late)}
}

func patch(ctx context.Context, api client.Client, of client.Object, change fields) error {
	ctx, cancel := context.WithTimeout(ctx, lag)
	defer cancel()
	text, err := json.Marshal(change)
	if err != nil {
		return err
	}
	return api.Patch(ctx, of, client.RawPatch(types.MergePatchType, text))
}
