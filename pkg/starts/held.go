package starts

import (
	"github.com/seawall-dev/seawall/pkg/gate"
)

// waiting is how many starts of a group wait. Where the policy holds none it is how many more are in flight
// than it would let be.
type waiting struct {
	count int
	by    named
	// first is the start that has waited first of these, and decision why it does; neither is set where the
	// policy holds none.
	first    gate.Environment
	decision gate.Decision
}

// held returns how many starts of a group wait: of those that Argo CD would begin by itself now, the ones that
// would be held. One that nothing has begun yet, though there is room for it, does not wait for Seawall.
func (k *Keeper) held(by named, ledger gate.Ledger, fleet *fleet) waiting {
	held := waiting{by: by}
	if by.Gate == nil {
		return held
	}
	rule := by.rule()
	if !rule.Holds {
		held.count = rule.Beyond(ledger)
		return held
	}
	pending := fleet.pending()
	starts := make([]gate.Start, len(pending))
	for i, one := range pending {
		// One of which no rate is known counts as certain to fail.
		one.start.Rate, _ = by.StartRate(one.ClusterRate, one.SuccessRate, one.OwnerRate)
		starts[i] = one.start
	}
	held.count, held.first, held.decision = rule.Held(ledger, starts, fleet)
	return held
}
