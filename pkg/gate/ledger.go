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
	// Writes are those of rollouts that were admitted of late, the oldest first. A ledger is either of these
	// or of starts.
	Writes []Write
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
		entry, stage := standing(fleet, entry)
		switch stage.Phase {
		case Settled:
			mended[entry.UID] = !entry.Narrow
		case Void:
		case Failed:
			failed = append(failed, Failure{Environment: entry.Environment, Release: entry.Release, Reason: stage.Reason, Since: now})
			switch {
			case stage.Syncing:
				next.InFlight = append(next.InFlight, entry)
			case entry.Before != nil: // a part has failed, and all of it is in flight still
				next.InFlight = append(next.InFlight, Entry{Start: *entry.Before})
			}
		case Unknown, Running:
			next.InFlight = append(next.InFlight, entry)
		}
	}
	known := slices.DeleteFunc(slices.Clone(l.Failures), func(f Failure) bool { return mended[f.UID] || fleet.Recovered(f) })
	next.Failures = join(known, failed)
	return next
}

// standing returns what an environment has in flight, and how far that has come: the start before the one
// that was admitted last, if that one never began, or is over and was only for a part.
func standing(fleet Fleet, entry Entry) (Entry, Stage) {
	stage := fleet.Stage(entry)
	switch {
	case entry.Before == nil:
		return entry, stage
	case stage.Phase == Void, stage.Phase == Settled && entry.Narrow:
		entry = Entry{Start: *entry.Before}
		return entry, fleet.Stage(entry)
	case stage.Phase != Unknown && !entry.Narrow:
		entry.Before = nil
	}
	return entry, stage
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
	entry := Entry{Start: start}
	entry.Promotion = ""
	if before, again := l.of(start.UID); again {
		// That it is not well is the doing of the start before.
		entry.Well = start.Well || before.Well
		entry.Promotion = before.Promotion
		entry.Before = before.Before
		if entry.Before == nil && before.ResourceVersion != start.ResourceVersion {
			entry.Before = &before.Start
		}
	}
	if start.isPromoted() {
		entry.Promotion = start.Promotion
	}
	// Whoever was well before a failure is not mended by being no worse after the next start.
	entry.Well = entry.Well || slices.ContainsFunc(l.Failures, func(f Failure) bool {
		return f.UID == start.UID && f.Reason != SyncFailed
	})
	l.InFlight = append(l.others(start), entry)
	l.Peak = max(l.Peak, len(l.InFlight))
	return l
}

// Release returns the ledger without a start that was admitted by it and refused elsewhere: what the
// environment had in flight before is again. The peak was given before the start, and is what it is without that.
func (l Ledger) Release(start Start, peak int) Ledger {
	at := slices.IndexFunc(l.InFlight, func(e Entry) bool { return e.same(start) })
	if at < 0 {
		return l
	}
	before := l.InFlight[at].Before
	l.InFlight = l.others(start)
	if before != nil {
		l.InFlight = append(l.InFlight, Entry{Start: *before})
		return l
	}
	l.Peak = max(peak, l.Peak-1)
	return l
}

// same tells whether an entry is that of a start. Ledgers that are kept in the cluster hold microseconds.
func (e Entry) same(start Start) bool {
	return e.UID == start.UID && e.ResourceVersion == start.ResourceVersion &&
		e.At.Truncate(time.Microsecond).Equal(start.At.Truncate(time.Microsecond))
}

// Forgive returns the ledger without any failures.
func (l Ledger) Forgive() Ledger {
	l.Failures = nil
	return l
}

// Equal tells whether another ledger says the same.
func (l Ledger) Equal(other Ledger) bool {
	return l.Peak == other.Peak && slices.EqualFunc(l.InFlight, other.InFlight, Entry.equal) &&
		slices.Equal(l.Failures, other.Failures) && slices.Equal(l.Sightings, other.Sightings) &&
		slices.EqualFunc(l.Writes, other.Writes, Write.is)
}

func (e Entry) equal(other Entry) bool {
	if e.Before == nil || other.Before == nil {
		return e == other
	}
	return e.Start == other.Start && *e.Before == *other.Before
}

// Idle tells whether nothing would be lost with the ledger.
func (l Ledger) Idle() bool {
	return len(l.InFlight) == 0 && len(l.Failures) == 0 && len(l.Writes) == 0
}

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
