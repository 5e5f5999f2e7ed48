package gate

import (
	"slices"
	"time"

	"k8s.io/apimachinery/pkg/types"
)

// Ledger is who of a group is in flight and what has failed there. The zero value is that of a group of
// which nothing has started. A ledger is changed by the methods that return another; it is never changed
// in place.
type Ledger struct {
	// InFlight are the starts that were admitted and have not settled, each environment once.
	InFlight []Entry
	// Failures are those of environments that have not succeeded since, each environment once.
	Failures []Failure
	// Sightings are the releases in the order in which they were first seen.
	Sightings []Sighting
	// Peak is the largest number that was in flight at once.
	Peak int
}

// Settle returns the ledger after what the fleet shows: who has settled is out, who has failed is a
// failure, and failures that have been mended are none.
func (l Ledger) Settle(fleet Fleet, now time.Time) Ledger {
	return l.settle(fleet, now).see(releasesOf(fleet.Siblings()), now)
}

func (l Ledger) settle(fleet Fleet, now time.Time) Ledger {
	next := l
	next.InFlight = nil
	var failed []Failure
	mended := map[types.UID]bool{}
	for _, entry := range l.InFlight {
		stage := fleet.Stage(entry)
		switch stage.Phase {
		case Settled:
			mended[entry.UID] = !entry.Narrow
			continue
		case Void:
			continue
		case Failed:
			failed = append(failed, Failure{Environment: entry.Environment, Release: entry.Release, Reason: stage.Reason, Since: now})
			if !stage.Syncing {
				continue
			}
		case Unknown, Running:
		}
		next.InFlight = append(next.InFlight, entry)
	}
	known := slices.DeleteFunc(slices.Clone(l.Failures), func(f Failure) bool { return mended[f.UID] || fleet.Recovered(f) })
	next.Failures = join(known, failed)
	return next
}

// join returns all failures, as many as a ledger holds. One that is known stays since when it is.
func join(known, failed []Failure) []Failure {
	at := make(map[types.UID]int, len(known))
	for i, failure := range known {
		at[failure.UID] = i
	}
	for _, failure := range failed {
		switch i, exists := at[failure.UID]; {
		case !exists:
			known = append(known, failure)
		case known[i].Release != failure.Release:
			known[i] = failure
		}
	}
	return known[:min(len(known), MostInFlight)]
}

// Start returns the ledger with a start in flight: instead of the one of the same environment, if there
// is one.
func (l Ledger) Start(start Start) Ledger {
	l.InFlight = slices.DeleteFunc(slices.Clone(l.InFlight), func(e Entry) bool { return e.UID == start.UID })
	l.InFlight = append(l.InFlight, Entry{start})
	l.Peak = max(l.Peak, len(l.InFlight))
	return l
}

// Release returns the ledger without a start that was admitted by it and refused elsewhere.
func (l Ledger) Release(start Start) Ledger {
	l.InFlight = slices.DeleteFunc(slices.Clone(l.InFlight), func(e Entry) bool {
		return e.UID == start.UID && e.ResourceVersion == start.ResourceVersion && e.At.Equal(start.At)
	})
	return l
}

// Forgive returns the ledger without any failures.
func (l Ledger) Forgive() Ledger {
	l.Failures = nil
	return l
}

// Idle tells whether nothing would be lost with the ledger.
func (l Ledger) Idle() bool { return len(l.InFlight) == 0 && len(l.Failures) == 0 }

// of returns the entry of an environment.
func (l Ledger) of(uid types.UID) (Entry, bool) {
	at := slices.IndexFunc(l.InFlight, func(e Entry) bool { return e.UID == uid })
	if at < 0 {
		return Entry{}, false
	}
	return l.InFlight[at], true
}

// failed tells whether an environment has failed.
func (l Ledger) failed(uid types.UID) bool {
	return slices.ContainsFunc(l.Failures, func(f Failure) bool { return f.UID == uid })
}

// others returns what is in flight but the environment of a start.
func (l Ledger) others(start Start) []Entry {
	return slices.DeleteFunc(slices.Clone(l.InFlight), func(e Entry) bool { return e.UID == start.UID })
}
