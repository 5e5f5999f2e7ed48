package gate

import (
	"slices"
	"strings"

	"github.com/seawall-dev/seawall/pkg/risk"
)

// TooLarge says that what begins together is more than the rule lets be in flight, whoever else is.
const TooLarge Reason = "PromotionTooLarge"

// AdmitAll decides about starts that begin together, such as those of one promotion: all of them are admitted, or
// none. It returns the ledger as it is then. There is at least one start, all are asked for at the same time, and
// each is of another environment.
func (r Rule) AdmitAll(ledger Ledger, starts []Start, fleet Fleet) (Ledger, Decision) {
	if len(starts) == 1 {
		return r.Admit(ledger, starts[0], fleet)
	}
	settled := ledger.Settle(fleet, starts[0].At)
	after, together := r.addAll(settled, starts, fleet)
	together.Wave = waveOf(append(settled.but(starts), entriesOf(starts)...))
	if !together.Held {
		return after, together
	}
	if _, alone := r.addAll(Ledger{}, starts, fleet); together.Reason == Full && alone.Held {
		together.Reason = TooLarge
	}
	together.Largest = r.largestOf(starts)
	if together.Reason == Full || together.Reason == TooLarge { // a failure holds whichever has failed
		together.Others = slices.DeleteFunc(together.Others, func(other Environment) bool { return has(starts, other) })
	}
	if r.Holds {
		return settled, together
	}
	return after, together
}

// addAll admits one start after the other, and returns the first decision by which one is held, or the last.
func (r Rule) addAll(ledger Ledger, starts []Start, fleet Fleet) (Ledger, Decision) {
	var first Decision
	for _, start := range starts {
		var decision Decision
		ledger, decision = r.Admit(ledger, start, fleet)
		if !first.Held {
			first = decision
		}
		if first.Held && r.Holds {
			break
		}
	}
	return ledger, first
}

// largestOf returns how many of some starts may be in flight together, nobody else being there.
func (r Rule) largestOf(starts []Start) int {
	return max(1, risk.Limit{Max: r.Limit.Max, Tolerated: max(0, r.Limit.Tolerated)}.LargestOf(waveOf(entriesOf(starts))))
}

func entriesOf(starts []Start) []Entry {
	entries := make([]Entry, len(starts))
	for i, start := range starts {
		entries[i].Start = start
	}
	return entries
}

// but returns what is in flight but the environments of some starts.
func (l Ledger) but(starts []Start) []Entry {
	return slices.DeleteFunc(slices.Clone(l.InFlight), func(e Entry) bool { return has(starts, e.Environment) })
}

func has(starts []Start, environment Environment) bool {
	return slices.ContainsFunc(starts, func(s Start) bool { return s.UID == environment.UID })
}

// isPromoted tells whether a start is one that its promotion as a whole has asked for. Those are named with their
// namespace, and one that then begins a part of it is not.
func (s Start) isPromoted() bool { return strings.Contains(s.Promotion, "/") }

// isPartOf tells whether a start is a part of a promotion.
func (s Start) isPartOf(promotion string) bool {
	_, name, named := strings.Cut(promotion, "/")
	return named && s.Class == Promoted && (s.Promotion == promotion || s.Promotion == name)
}

// OfPromotion returns how far the start of an environment has come that belongs to a promotion. While that is under
// way the start is in flight, as the promotion may come back to the environment; once it is over, what it has
// not begun never will be.
func (s Stage) OfPromotion(entry Entry, underWay bool) Stage {
	switch {
	case underWay && s.Phase == Failed:
		s.Syncing = true
		return s
	case underWay:
		return Stage{Phase: Running}
	case s.Phase == Unknown && entry.Release == Release{}:
		return Stage{Phase: Void}
	}
	return s
}
