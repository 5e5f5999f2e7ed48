// Package windows keeps account of the writes of rollouts that policies count together (writeWindow), in Waves, so that
// all replicas share it.
package windows

import (
	"context"
	"time"

	"github.com/seawall-dev/seawall/pkg/gate"
	"github.com/seawall-dev/seawall/pkg/gate/waves"
	"github.com/seawall-dev/seawall/pkg/policy"
)

// giveBackTimeout bounds how long it takes to give back: what is not counts until its time is over.
const giveBackTimeout = time.Second

// Ledgers keeps the ledgers of groups.
type Ledgers interface {
	// Update changes a ledger, and returns what it is then. The change says whether there is one; it may be
	// asked several times, and its last answer holds.
	Update(ctx context.Context, key waves.Key, change func(gate.Ledger) (gate.Ledger, bool)) (gate.Ledger, error)
}

// Windows keeps account of writes. Ledgers is required.
type Windows struct {
	Ledgers Ledgers
}

// Take has the account of a claim hold its write if that fits. A trial only says whether it does. The error says why
// the account could not be read or written.
func (w *Windows) Take(ctx context.Context, claim policy.Claim, trial bool) (gate.Fit, error) {
	var fit gate.Fit
	claim.Write.At = claim.Write.At.Truncate(waves.Precision)
	_, err := w.Ledgers.Update(ctx, keyOf(claim), func(ledger gate.Ledger) (gate.Ledger, bool) {
		var after gate.Ledger
		after, fit = claim.Window.Admit(ledger, claim.Write)
		return after, fit.Taken && !trial
	})
	return fit, err
}

// GiveBack takes a write out that is refused all the same.
func (w *Windows) GiveBack(ctx context.Context, claim policy.Claim) {
	giving, stop := context.WithTimeout(context.WithoutCancel(ctx), giveBackTimeout)
	defer stop()
	// Without success it counts until its time is over, which is too much and never too little.
	_, _ = w.Ledgers.Update(giving, keyOf(claim), func(ledger gate.Ledger) (gate.Ledger, bool) {
		after := ledger.Unwrite(claim.Write)
		return after, !after.Equal(ledger)
	})
}

func keyOf(claim policy.Claim) waves.Key {
	return waves.Key{Policy: claim.Policy, Group: claim.Group, Writes: true}
}
