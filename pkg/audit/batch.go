package audit

import (
	"slices"
	"time"
)

// Entry is what a Writer writes: one decision, or several that are alike.
type Entry struct {
	// Record is the last of the decisions.
	Record

	// First is when the first of them was made.
	First time.Time
	// Count is their number, at least 1.
	Count int
}

// batch holds what waits to be written together, in the order in which it came.
type batch struct {
	entries []Entry
	// places are the indexes of entries by what makes decisions alike.
	places map[Record]int
}

// has tells whether an entry that is alike waits already.
func (b *batch) has(entry Entry) bool {
	_, found := b.places[entry.Alike()]
	return found
}

// add adds an entry to one that is alike, or as another one.
func (b *batch) add(entry Entry) {
	if at, found := b.places[entry.Alike()]; found {
		b.entries[at] = b.entries[at].plus(entry)
		return
	}
	if b.places == nil {
		b.places = map[Record]int{}
	}
	b.places[entry.Alike()] = len(b.entries)
	b.entries = append(b.entries, entry)
}

// take removes the waiting entries to be written.
func (b *batch) take() []Entry {
	taken := b.entries
	b.entries, b.places = nil, nil
	return taken
}

// putBack makes taken entries wait again, before those that came since.
func (b *batch) putBack(taken []Entry) {
	since := b.take()
	for _, entry := range slices.Concat(taken, since) {
		b.add(entry)
	}
}

// plus returns the entry of the decisions of two that are alike.
func (e Entry) plus(other Entry) Entry {
	last := e
	if other.Time.After(e.Time) {
		last = other
	}
	last.First = e.First
	if other.First.Before(e.First) {
		last.First = other.First
	}
	last.Count = e.Count + other.Count
	return last
}

// decisionsOf returns how many decisions entries stand for.
func decisionsOf(entries []Entry) int {
	decisions := 0
	for _, entry := range entries {
		decisions += entry.Count
	}
	return decisions
}
