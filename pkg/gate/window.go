package gate

import (
	"cmp"
	"slices"
	"sort"
	"strings"
	"time"

	"github.com/seawall-dev/seawall/pkg/risk"
)

const (
	// MostWrites is the largest number of writes that a ledger holds.
	MostWrites = 500
	// undecided is for how long an admitted write may yet be stored: longer than a request lasts.
	undecided = 90 * time.Second
)

// Rollout names an object whose write changes environments. Of two with one name at different times the UID
// differs.
type Rollout struct {
	Group, Kind     string
	Namespace, Name string
	UID             string
}

// String returns the kind and namespace/name.
func (r Rollout) String() string { return r.Kind + " " + r.qualified() }

func (r Rollout) qualified() string { return strings.TrimPrefix(r.Namespace+"/"+r.Name, "/") }

// named is the rollout whatever its UID, which the API server makes up anew for each creation that it asks about.
func (r Rollout) named() Rollout {
	r.UID = ""
	return r
}

// Write is one of a rollout.
type Write struct {
	Rollout

	// Version is that of what was stored before, which tells whether two writes can both be stored: of two that
	// are based on the same one is at most. Empty for a creation.
	Version string
	// Content is that of a creation, so that the same one is recognised if it is tried again. Empty for others, and
	// for one that is like no other.
	Content string
	// Generation is that of the rollout once the write is stored, and Stored what it is before; 0 for none.
	Generation, Stored int64
	// Wave is the greatest that it puts in flight.
	Wave risk.Wave
	// Environments is how many the rollout has after the write, 0 if that is not known, and TornDown how many it
	// tears down.
	Environments, TornDown int
	// By is the user who writes, and At when.
	By string
	At time.Time
}

// repeats tells whether at most one of two writes can be stored.
func (w Write) repeats(earlier Write) bool {
	if w.Version == "" {
		return w.Content != "" && earlier.Version == "" && w.named() == earlier.named() && w.Content == earlier.Content
	}
	return w.UID == earlier.UID && w.Version == earlier.Version
}

// or returns what counts for two writes of which at most one is stored.
func (w Write) or(earlier Write) Write {
	w.Wave = risk.Either(w.Wave, earlier.Wave)
	w.TornDown = max(w.TornDown, earlier.TornDown)
	w.Generation = max(w.Generation, earlier.Generation)
	if w.Environments = max(w.Environments, earlier.Environments); earlier.Environments == 0 {
		w.Environments = 0
	}
	return w
}

// refutes tells whether it is known by a later write of the rollout that one has never been stored.
func (w Write) refutes(earlier Write) bool {
	return w.UID == earlier.UID && w.Version != "" && w.Stored < earlier.Generation && w.At.Sub(earlier.At) > undecided
}

// Window is what a policy says of writes that follow each other.
type Window struct {
	// Limit is how likely more failures than are tolerated may be among what they put in flight together.
	Limit risk.Limit
	// Length is for how long a write counts.
	Length time.Duration
	// Holds says whether what does not fit is refused. Without it all is admitted, and the decision says what
	// would have been refused.
	Holds bool
}

// Fit is what became of a write in a window.
type Fit struct {
	// Held says that it does not fit: it is refused, unless the window holds nothing.
	Held bool
	// Taken says that the ledger has it now, and Joined that it counts there with one of which it is a
	// repetition.
	Taken, Joined bool
	// Wave is what would be in flight together, by the others and the write, and Before what is by the others.
	Wave, Before risk.Wave
	// Others are the writes that count already, the oldest first.
	Others []Write
	// Room is how many environments of the write's own wave fit now.
	Room int
	// Next is when all of it fits, if nothing else is written.
	Next time.Time
	// TooMany says that the ledger has no room for one more.
	TooMany bool
}

// Admit decides about a write, and returns the ledger as it is then.
func (w Window) Admit(ledger Ledger, write Write) (Ledger, Fit) {
	ledger = ledger.WrittenSince(write.At.Add(-w.Length))
	others := slices.DeleteFunc(slices.Clone(ledger.Writes), write.refutes)
	var fit Fit
	own, counting := write, func(write Write) Write { return write }
	if at := slices.IndexFunc(others, write.repeats); at >= 0 {
		earlier := others[at]
		counting = func(write Write) Write { return write.or(earlier) }
		others, fit.Joined = slices.Delete(others, at, at+1), true
	}
	write = counting(own)
	fit.Others, fit.Before, fit.Wave = others, together(others), together(append(slices.Clone(others), write))
	fit.TooMany = len(others) >= MostWrites
	fit.Held = fit.TooMany || w.exceeded(others, write)
	if fit.Held {
		fit.Room = sort.Search(own.Wave.N(), func(n int) bool { return fit.TooMany || w.exceeded(others, counting(own.partly(n+1))) })
		fit.Next = w.next(others, write)
	}
	if fit.Held && w.Holds {
		return ledger, fit
	}
	fit.Taken = true
	ledger.Writes = append(slices.Clone(others[max(0, len(others)+1-MostWrites):]), write)
	ledger.Peak = max(ledger.Peak, together(ledger.Writes).N())
	return ledger, fit
}

// exceeded tells whether a write is too much beside others. By itself none is.
func (w Window) exceeded(others []Write, write Write) bool {
	return len(others) > 0 && w.Limit.Exceeded(together(append(slices.Clone(others), write)))
}

// next returns when so many of the others do not count any more that a write fits.
func (w Window) next(others []Write, write Write) time.Time {
	over := sort.Search(len(others), func(n int) bool {
		left := others[n+1:]
		return len(left) < MostWrites && !w.exceeded(left, write)
	})
	return others[over].At.Add(w.Length)
}

// partly returns the write with so many environments in its wave.
func (w Write) partly(n int) Write {
	w.Wave = w.Wave.Worst(n)
	return w
}

// WrittenSince returns the ledger without the writes before a time, or at it.
func (l Ledger) WrittenSince(since time.Time) Ledger {
	l.Writes = slices.DeleteFunc(slices.Clone(l.Writes), func(w Write) bool { return !w.At.After(since) })
	slices.SortStableFunc(l.Writes, func(a, b Write) int { return cmp.Or(a.At.Compare(b.At), strings.Compare(a.String(), b.String())) })
	return l
}

// Unwrite returns the ledger without a write that was taken and is refused elsewhere.
func (l Ledger) Unwrite(write Write) Ledger {
	l.Writes = slices.DeleteFunc(slices.Clone(l.Writes), write.is)
	return l
}

// is tells whether an entry is that of a write. Ledgers that are kept in the cluster hold microseconds.
func (w Write) is(entry Write) bool {
	return w.Rollout == entry.Rollout && w.At.Truncate(time.Microsecond).Equal(entry.At.Truncate(time.Microsecond))
}

// Written is what its writes put in flight together.
func (l Ledger) Written() risk.Wave { return together(l.Writes) }

// together is what writes put in flight together: those of one rollout not more environments than it has, and than
// they tear down.
func together(writes []Write) risk.Wave {
	type account struct {
		wave            risk.Wave
		most, gone, one int
		unknown         bool
	}
	accounts := map[Rollout]account{}
	for _, write := range writes {
		of := accounts[write.Rollout]
		of.wave = risk.Join(of.wave, write.Wave)
		of.most, of.gone = max(of.most, write.Environments), of.gone+write.TornDown
		of.one, of.unknown = max(of.one, write.Wave.N()), of.unknown || write.Environments == 0
		accounts[write.Rollout] = of
	}
	waves := make([]risk.Wave, 0, len(accounts))
	for _, of := range accounts {
		if !of.unknown {
			of.wave = of.wave.Worst(max(of.one, of.most+of.gone))
		}
		waves = append(waves, of.wave)
	}
	return risk.Join(waves...)
}
