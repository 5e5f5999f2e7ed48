package starts

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/go-logr/logr"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/seawall-dev/seawall/pkg/apis/v1alpha1"
	"github.com/seawall-dev/seawall/pkg/audit"
	"github.com/seawall-dev/seawall/pkg/gate"
	"github.com/seawall-dev/seawall/pkg/gate/waves"
)

const (
	// keepPeriod is how long a Wave may show what is over, while nothing starts.
	keepPeriod = 2 * time.Second
	// restPeriod is how long it may while nobody waits for that: whoever starts next settles the ledger with the same
	// write by which it is admitted.
	restPeriod = 10 * time.Second
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
}

// Releases ends releases of Waves.
type Releases interface {
	// EndRelease takes the annotation off a Wave by which it was released.
	EndRelease(ctx context.Context, wave *v1alpha1.Wave) error
}

// Keeper settles ledgers while nothing starts, and writes what people see of them. One replica keeps.
type Keeper struct {
	Judge *Judge
	Waves client.Reader
	Notes Notes
	// Releases are of the Waves that drain.
	Releases Releases
	// Sink is told when starts begin to wait, when others are halted, and when that is over.
	Sink  audit.Sink
	Meter Meter
	// Ready returns why no Wave can be kept: that the API server does not keep all of it, say.
	Ready func() error
	Log   logr.Logger
}

// Start implements manager.Runnable: it keeps the ledgers until ctx ends.
func (k *Keeper) Start(ctx context.Context) error {
	ticker := time.NewTicker(keepPeriod)
	defer ticker.Stop()
	said := ""
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-ticker.C:
		}
		err := k.Ready()
		if err == nil {
			err = k.keep(ctx)
		}
		switch {
		case err == nil || ctx.Err() != nil:
			said = ""
		case err.Error() != said: // once, and not every two seconds
			said = err.Error()
			k.Log.Error(err, "keeping Waves, trying again")
		}
	}
}

// keep goes through all Waves once.
func (k *Keeper) keep(ctx context.Context) error {
	var list v1alpha1.WaveList
	if err := k.Waves.List(ctx, &list); err != nil {
		return err
	}
	list.Items = slices.DeleteFunc(list.Items, func(w v1alpha1.Wave) bool { return w.Spec.Counts == v1alpha1.WaveOfWrites })
	k.Meter.Kept(k.accounts(list.Items))
	if len(list.Items) == 0 {
		return nil
	}
	var unknown []error // which keep the others from nothing
	for i := range list.Items {
		wave := &list.Items[i]
		by := k.Judge.keeping(wave)
		members, err := k.members(ctx, wave, by)
		if err != nil {
			unknown = append(unknown, fmt.Errorf("wave %s: %w", wave.Name, err))
			continue
		}
		if err := k.one(ctx, wave, by, members); err != nil {
			return fmt.Errorf("wave %s: %w", wave.Name, err)
		}
	}
	return errors.Join(unknown...)
}

// members returns the environments that a Wave is kept by.
func (k *Keeper) members(ctx context.Context, wave *v1alpha1.Wave, by keeping) ([]gate.Ranked, error) {
	if by.says == nil {
		return nil, nil
	}
	return k.Judge.members(ctx, by.says, gate.Group{Values: wave.Spec.Group}.Key())
}

// one keeps one Wave. That of a policy that gates nothing any more goes once nothing of it is in flight.
func (k *Keeper) one(ctx context.Context, wave *v1alpha1.Wave, by keeping, members []gate.Ranked) error {
	key := waves.Key{Policy: wave.Spec.PolicyName, Group: gate.Group{Values: wave.Spec.Group}}
	now := time.Now().Truncate(waves.Precision)
	when := gate.Settling{ByOperation: true}
	if by.says != nil {
		when = settling(by.says)
	}
	fleet := k.Judge.fleetOf(when, now, members)
	settle := func(ledger gate.Ledger) (gate.Ledger, bool) {
		after := ledger.Settle(fleet, now)
		if by.says == nil {
			after = after.Forgive()
		}
		return after, !after.Equal(ledger)
	}
	waits := fleet.waits()
	ledger, err := k.settled(ctx, key, wave, settle, waits || by.kept != nil)
	if err != nil {
		return err
	}
	held := k.held(named{Gate: by.says, policy: wave.Spec.PolicyName, kept: by.kept}, ledger, fleet)
	idle := ledger.Idle() && !waits && wave.Status.ObservedTime != nil
	if idle && (by.says == nil || now.Sub(wave.Status.ObservedTime.Time) > forgetAfter) {
		return k.Notes.Forget(ctx, key)
	}
	by.over = len(ledger.InFlight) == 0 && !waits
	return k.note(ctx, key, k.shown(by, ledger, held.count), episode{wave: wave, held: held, members: members, at: now})
}

// settled returns the ledger of a Wave without what is over, and writes it if that is due now or somebody waits for it.
func (k *Keeper) settled(
	ctx context.Context, key waves.Key, wave *v1alpha1.Wave, settle func(gate.Ledger) (gate.Ledger, bool), now bool,
) (gate.Ledger, error) {
	before := waves.Ledger(wave) // of what was a moment ago, which costs no request
	ledger, changes := settle(before)
	if !changes || !now && rests(wave, before, ledger, time.Now()) {
		return ledger, nil
	}
	return k.Notes.Update(ctx, key, settle)
}

// rests tells whether a ledger can stay as it is for now: no more has become of it than that some are not in flight any
// more, and it was written not long ago.
func rests(wave *v1alpha1.Wave, before, after gate.Ledger, now time.Time) bool {
	before.InFlight, after.InFlight = nil, nil
	written := wave.Status.ObservedTime
	return written != nil && now.Sub(written.Time) < restPeriod && before.Equal(after)
}

// note writes what people are to see of a Wave, and records what has begun or is over with that. It ends a
// release that has had its effect.
func (k *Keeper) note(ctx context.Context, key waves.Key, shown func(*v1alpha1.WaveStatus) bool, of episode) error {
	if !shown(of.wave.Status.DeepCopy()) {
		if _, released := of.wave.Annotations[v1alpha1.ReleaseAnnotation]; released {
			return k.Releases.EndRelease(ctx, of.wave)
		}
		return nil
	}
	err := k.Notes.Note(ctx, key, func(status *v1alpha1.WaveStatus) bool {
		of.before = *status
		changes := shown(status)
		of.after = *status
		return changes
	})
	if err == nil {
		k.record(ctx, of)
	}
	return err
}

// shown returns how the status of a Wave becomes what people are to see of it.
func (*Keeper) shown(by keeping, ledger gate.Ledger, count int) func(*v1alpha1.WaveStatus) bool {
	held, halted := int32(count), "" //nolint:gosec // at most the Applications of a cluster
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
