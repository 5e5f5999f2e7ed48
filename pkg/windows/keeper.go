package windows

import (
	"context"
	"fmt"
	"time"

	"github.com/go-logr/logr"
	"k8s.io/apimachinery/pkg/api/meta"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/seawall-dev/seawall/pkg/apis/v1alpha1"
	"github.com/seawall-dev/seawall/pkg/gate"
	"github.com/seawall-dev/seawall/pkg/gate/waves"
	"github.com/seawall-dev/seawall/pkg/policy"
)

const (
	// keepPeriod is how long a Wave may show what does not count any more, while nothing is written.
	keepPeriod = 5 * time.Second
	// longest is how long a write counts at most, whatever its policy says, which may be gone for a moment.
	longest = 24 * time.Hour
	// forgetAfter is how long a Wave stays in which no write counts.
	forgetAfter = time.Hour
)

// Kept are the ledgers that a Keeper keeps.
type Kept interface {
	Ledgers
	// Forget deletes the Wave of a group if it is idle still.
	Forget(ctx context.Context, key waves.Key) error
}

// Policies answers which policies there are.
type Policies interface {
	// All returns them, sorted by name.
	All() []*policy.Policy
}

// Keeper takes out of Waves what does not count any more, and deletes those that are of no use. One replica keeps. All
// fields are required.
type Keeper struct {
	Ledgers  Kept
	Waves    client.Reader
	Policies Policies
	Meter    Meter
	Log      logr.Logger
}

// Start implements manager.Runnable: it keeps the accounts until ctx ends.
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
		err := k.keep(ctx, time.Now())
		switch {
		case err == nil || ctx.Err() != nil || meta.IsNoMatchError(err): // readiness tells of a missing definition
			said = ""
		case err.Error() != said: // once, and not each time
			said = err.Error()
			k.Log.Error(err, "keeping the Waves of writes, trying again")
		}
	}
}

// keep goes through all Waves of writes once.
func (k *Keeper) keep(ctx context.Context, now time.Time) error {
	var list v1alpha1.WaveList
	if err := k.Waves.List(ctx, &list); err != nil {
		return err
	}
	windows := map[string]gate.Window{}
	for _, one := range k.Policies.All() {
		if window, has := one.Window(); has {
			windows[one.Name] = window
		}
	}
	k.Meter.Kept(accountsOf(windows, list.Items, now))
	for i := range list.Items {
		wave := &list.Items[i]
		if wave.Spec.Counts != v1alpha1.WaveOfWrites {
			continue
		}
		length := longest // a policy that comes back finds what it has counted
		if window, has := windows[wave.Spec.PolicyName]; has {
			length = window.Length
		}
		if err := k.one(ctx, wave, now, length); err != nil {
			return fmt.Errorf("wave %s: %w", wave.Name, err)
		}
	}
	return nil
}

func (k *Keeper) one(ctx context.Context, wave *v1alpha1.Wave, now time.Time, length time.Duration) error {
	key := waves.Key{Policy: wave.Spec.PolicyName, Group: gate.Group{Values: wave.Spec.Group}, Writes: true}
	expire := func(ledger gate.Ledger) (gate.Ledger, bool) {
		after := ledger.WrittenSince(now.Add(-length))
		return after, !after.Equal(ledger)
	}
	ledger, changes := expire(waves.Ledger(wave)) // of what was a moment ago, which costs no request
	if changes {
		_, err := k.Ledgers.Update(ctx, key, expire)
		return err
	}
	if at := wave.Status.ObservedTime; ledger.Idle() && at != nil && now.Sub(at.Time) > forgetAfter {
		return k.Ledgers.Forget(ctx, key)
	}
	return nil
}
