package starts

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/go-logr/logr"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/seawall-dev/seawall/pkg/apis/v1alpha1"
	"github.com/seawall-dev/seawall/pkg/gate"
	"github.com/seawall-dev/seawall/pkg/gate/argocd"
	"github.com/seawall-dev/seawall/pkg/gate/waves"
	"github.com/seawall-dev/seawall/pkg/policy"
)

const (
	// keepPeriod is how long a Wave may show what is over, while nothing starts.
	keepPeriod = 2 * time.Second
	// forgetAfter is how long a Wave stays of which nothing is in flight, failed or waiting.
	forgetAfter = time.Hour
	// mostHalting is how many failures a Wave names.
	mostHalting = 3
)

// Notes writes what people see of a Wave, beside the ledger in it.
type Notes interface {
	Ledgers
	// Note changes the rest of the status of the Wave of a group, and nothing if there is none. The change
	// says whether there is one.
	Note(ctx context.Context, key waves.Key, change func(*v1alpha1.WaveStatus) bool) error
	// Forget deletes the Wave of a group if it is idle still.
	Forget(ctx context.Context, key waves.Key) error
	// EndRelease takes the annotation off a Wave by which it was released.
	EndRelease(ctx context.Context, wave *v1alpha1.Wave) error
}

// Keeper settles ledgers while nothing starts, and writes what people see of them. One replica keeps.
type Keeper struct {
	Judge *Judge
	Waves client.Reader
	Notes Notes
	Log   logr.Logger
}

// Start implements manager.Runnable: it keeps the ledgers until ctx ends.
func (k *Keeper) Start(ctx context.Context) error {
	ticker := time.NewTicker(keepPeriod)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-ticker.C:
		}
		if err := k.keep(ctx); err != nil && ctx.Err() == nil {
			k.Log.Error(err, "keeping Waves, trying again")
		}
	}
}

// keep goes through all Waves once.
func (k *Keeper) keep(ctx context.Context) error {
	var list v1alpha1.WaveList
	if err := k.Waves.List(ctx, &list); err != nil || len(list.Items) == 0 {
		return err
	}
	members, err := k.Judge.Applications.Members()
	if err != nil {
		return err
	}
	groups := map[*policy.Gate]map[string][]argocd.Ranked{}
	for i := range list.Items {
		wave := &list.Items[i]
		by := k.Judge.keeping(wave)
		if by.says != nil && groups[by.says] == nil {
			if groups[by.says], err = k.Judge.groups(ctx, by.says, members); err != nil {
				return err
			}
		}
		if err := k.one(ctx, wave, by, groups[by.says]); err != nil {
			return fmt.Errorf("wave %s: %w", wave.Name, err)
		}
	}
	return nil
}

// one keeps one Wave. That of a policy that gates nothing any more goes once nothing of it is in flight.
func (k *Keeper) one(ctx context.Context, wave *v1alpha1.Wave, by keeping, groups map[string][]argocd.Ranked) error {
	key := waves.Key{Policy: wave.Spec.PolicyName, Group: gate.Group{Values: wave.Spec.Group}}
	now := time.Now().Truncate(waves.Precision)
	when := argocd.Settling{ByOperation: true}
	if by.says != nil {
		when = settling(by.says)
	}
	fleet, err := k.Judge.Applications.Fleet(when, now, groups[key.Group.Key()])
	if err != nil {
		return err
	}
	settle := func(ledger gate.Ledger) (gate.Ledger, bool) {
		after := ledger.Settle(fleet, now)
		if by.says == nil {
			after = after.Forgive()
		}
		return after, !after.Equal(ledger)
	}
	ledger, changes := settle(waves.Ledger(wave)) // of what was a moment ago, which costs no request
	if changes {
		if ledger, err = k.Notes.Update(ctx, key, settle); err != nil {
			return err
		}
	}
	waiting := fleet.Waiting()
	idle := ledger.Idle() && len(waiting) == 0 && wave.Status.ObservedTime != nil
	if idle && (by.says == nil || now.Sub(wave.Status.ObservedTime.Time) > forgetAfter) {
		return k.Notes.Forget(ctx, key)
	}
	by.over = len(ledger.InFlight) == 0 && len(waiting) == 0
	return k.note(ctx, wave, key, k.shown(by, ledger, len(waiting)))
}

// note writes what people are to see of a Wave, and ends a release that has had its effect.
func (k *Keeper) note(ctx context.Context, wave *v1alpha1.Wave, key waves.Key, shown func(*v1alpha1.WaveStatus) bool) error {
	if shown(wave.Status.DeepCopy()) {
		return k.Notes.Note(ctx, key, shown)
	}
	if _, released := wave.Annotations[v1alpha1.ReleaseAnnotation]; released {
		return k.Notes.EndRelease(ctx, wave)
	}
	return nil
}

// shown returns how the status of a Wave becomes what people are to see of it.
func (*Keeper) shown(by keeping, ledger gate.Ledger, waiting int) func(*v1alpha1.WaveStatus) bool {
	held, halted := int32(waiting), "" //nolint:gosec // at most the Applications of a cluster
	var largest *int32
	if by.says != nil && by.rule().Halts(ledger) {
		halted = haltedBy(ledger.Failures)
	}
	if last := len(ledger.InFlight) - 1; by.says != nil && last >= 0 {
		most := by.rule().Limit.LargestWave(ledger.InFlight[last].Rate)
		largest = new(int32(max(1, min(most, gate.MostInFlight))))
	}
	return func(status *v1alpha1.WaveStatus) bool {
		before := *status
		if largest != nil {
			status.Largest = largest
		}
		status.HaltedBy, status.Held = halted, &held
		switch {
		case held == 0:
			status.HeldSince = nil
		case status.HeldSince == nil:
			status.HeldSince = &metav1.Time{Time: time.Now()}
		}
		changed := by.show(status)
		return changed || status.HaltedBy != before.HaltedBy || !equal(status.Held, before.Held) || !equal(status.Largest, before.Largest)
	}
}

// equal tells whether two numbers are the same, or neither is there.
func equal(a, b *int32) bool { return a == b || a != nil && b != nil && *a == *b }

// haltedBy says in a few words what has failed.
func haltedBy(failures []gate.Failure) string {
	sorted := slices.SortedFunc(slices.Values(failures), func(a, b gate.Failure) int { return a.Compare(b.Environment) })
	var said []string
	for _, failure := range sorted[:min(len(sorted), mostHalting)] {
		said = append(said, fmt.Sprintf("%s (%s)", failure.Environment, failure.Reason))
	}
	if more := len(sorted) - len(said); more > 0 {
		said = append(said, fmt.Sprintf("%d more", more))
	}
	return strings.Join(said, ", ")
}
