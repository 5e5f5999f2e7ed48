package gate

import (
	"slices"

	"github.com/seawall-dev/seawall/pkg/risk"
)

// Rule is what a policy says of the starts of one group. The zero value admits one start at a time, and
// none after a failure.
type Rule struct {
	// Limit is how likely more failures than are tolerated may be among what is in flight together.
	Limit risk.Limit
	// Ordered says that an environment waits for those of a lower rank.
	Ordered bool
	// GoOn says that a failure does not hold the others.
	GoOn bool
	// Count are the classes of starts that are never held, and are in flight like others.
	Count []Class
	// Pass are the classes of starts that are neither held nor counted.
	Pass []Class
	// Holds says whether what should wait does. Without it, all starts are admitted, and the decision
	// says which should have waited.
	Holds bool
}

// Reason says why a start is admitted or held, in one word for metrics and records.
type Reason string

const (
	// Free says that the group has room for it.
	Free Reason = "WithinLimit"
	// Alone says that nothing else is in flight, and that even one start exceeds the limit.
	Alone Reason = "AloneOverLimit"
	// Retried says that the environment has the slot already, or has failed and may mend that.
	Retried Reason = "Retried"
	// Exempt says that the policy lets starts of its class pass.
	Exempt Reason = "Exempt"

	// Full says that too much is in flight.
	Full Reason = "WaveFull"
	// Halted says that too many have failed.
	Halted Reason = "Halted"
	// Early says that an environment that comes first is not done.
	Early Reason = "OutOfOrder"
	// TooMany says that the ledger has no room for more.
	TooMany Reason = "LedgerFull"
)

// Decision is what became of a start. The zero value holds it.
type Decision struct {
	Admitted bool
	Reason   Reason
	// Held says that it should wait: it does, unless the rule holds nothing.
	Held bool
	// Slot says that the start is in the ledger now. One that is admitted has none if it is not to be
	// counted, or if the ledger has no room.
	Slot bool
	// Wave is what would be in flight together: the others and the start.
	Wave risk.Wave
	// Largest is the most of these that the rule lets be in flight.
	Largest int
	// Others are those for which it waits: in flight, failed, or first in the order.
	Others []Environment
}

// Admit decides about a start, and returns the ledger as it is then. The fleet tells what has become of
// the others.
func (r Rule) Admit(ledger Ledger, start Start, fleet Fleet) (Ledger, Decision) {
	siblings := fleet.Siblings()
	ledger = ledger.settle(fleet, start.At).see(append(releasesOf(siblings), start.Release), start.At)
	if slices.Contains(r.Pass, start.Class) {
		return ledger, Decision{Admitted: true, Reason: Exempt}
	}
	others := ledger.others(start)
	decision := r.decide(ledger, start, others, siblings)
	decision.Admitted = !decision.Held || !r.Holds
	decision.Slot = decision.Admitted && len(others) < MostInFlight
	if decision.Slot {
		ledger = ledger.Start(start)
	}
	return ledger, decision
}

func (r Rule) decide(ledger Ledger, start Start, others []Entry, siblings []Sibling) Decision {
	decision := Decision{Wave: waveOf(append(slices.Clone(others), Entry{Start: start}))}
	limit := risk.Limit{Max: r.Limit.Max, Tolerated: max(0, r.Limit.Tolerated-ledger.failuresBut(start))}
	decision.Largest = max(1, limit.LargestOf(decision.Wave))
	has, again := ledger.of(start.UID)
	switch {
	case slices.Contains(r.Count, start.Class):
		return decision.because(Exempt)
	case again && has.Release == start.Release, again && start.isPartOf(has.Promotion), ledger.failed(start.UID):
		return decision.because(Retried)
	case len(others) >= MostInFlight:
		return decision.hold(TooMany, environments(others))
	case r.Halts(ledger):
		return decision.hold(Halted, failedOf(ledger.Failures))
	}
	if earlier := r.earlier(ledger, start, siblings); len(earlier) > 0 {
		return decision.hold(Early, earlier)
	}
	switch {
	case again: // what it rolls out is another release, and no more are in flight for it
		return decision.because(Retried)
	case !limit.Exceeded(decision.Wave):
		return decision.because(Free)
	case len(others) == 0:
		return decision.because(Alone)
	}
	return decision.hold(Full, environments(others))
}

// Halts tells whether so much has failed that the others wait.
func (r Rule) Halts(ledger Ledger) bool {
	return !r.GoOn && len(ledger.Failures) > max(0, r.Limit.Tolerated)
}

func (d Decision) because(reason Reason) Decision {
	d.Reason = reason
	return d
}

func (d Decision) hold(reason Reason, others []Environment) Decision {
	d.Reason, d.Held, d.Others = reason, true, others
	return d
}

// failuresBut returns how many others than the environment of a start have failed.
func (l Ledger) failuresBut(start Start) int {
	count := 0
	for _, failure := range l.Failures {
		if failure.UID != start.UID {
			count++
		}
	}
	return count
}

// waveOf returns what would be in flight together.
func waveOf(entries []Entry) risk.Wave {
	groups := make([]risk.Group, 0, len(entries))
	for _, entry := range entries {
		groups = append(groups, risk.Group{Rate: entry.Rate, Count: 1})
	}
	return risk.Mixed(groups...)
}

func environments(entries []Entry) []Environment {
	named := make([]Environment, 0, len(entries))
	for _, entry := range entries {
		named = append(named, entry.Environment)
	}
	slices.SortFunc(named, Environment.Compare)
	return named
}

func failedOf(failures []Failure) []Environment {
	named := make([]Environment, 0, len(failures))
	for _, failure := range failures {
		named = append(named, failure.Environment)
	}
	slices.SortFunc(named, Environment.Compare)
	return named
}
