package gate

import (
	"slices"
	"time"
)

// mostSightings is how many releases are remembered of a group.
const mostSightings = 256

// Sighting is when a release was first seen.
type Sighting struct {
	Release

	At time.Time
}

// see notes which of the current releases have not been seen before. Those that are noted at once are of
// the same age: which of them came first is not known.
func (l Ledger) see(current []Release, now time.Time) Ledger {
	known := make(map[Release]bool, len(l.Sightings))
	for _, sighting := range l.Sightings {
		known[sighting.Release] = true
		if now.Before(sighting.At) { // the clocks of two replicas differ, the order in which they write does not
			now = sighting.At
		}
	}
	seen := slices.Clip(l.Sightings)
	for _, release := range current {
		if release.Revision != "" && !known[release] {
			known[release] = true
			seen = append(seen, Sighting{release, now})
		}
	}
	l.Sightings = forget(seen, current)
	return l
}

// forget returns as many sightings as are remembered. The oldest of those go that nothing is at. If that is
// not enough, the newest are not noted: an old release that is forgotten would be taken for a new one the
// next time that it is seen.
func forget(seen []Sighting, current []Release) []Sighting {
	excess := len(seen) - mostSightings
	if excess <= 0 {
		return seen
	}
	inUse := make(map[Release]bool, len(current))
	for _, release := range current {
		inUse[release] = true
	}
	kept := slices.DeleteFunc(slices.Clone(seen), func(s Sighting) bool {
		if excess <= 0 || inUse[s.Release] {
			return false
		}
		excess--
		return true
	})
	return kept[:min(len(kept), mostSightings)]
}

// since returns the releases of a line that are not older than one of them: itself, and those that were
// first seen later. Of what was not seen nothing is known.
func (l Ledger) since(wanted Release) map[Release]bool {
	since := map[Release]bool{wanted: true}
	at := slices.IndexFunc(l.Sightings, func(s Sighting) bool { return s.Release == wanted })
	if at < 0 {
		return since
	}
	for _, sighting := range l.Sightings {
		if sighting.Line == wanted.Line && sighting.At.After(l.Sightings[at].At) {
			since[sighting.Release] = true
		}
	}
	return since
}

func releasesOf(siblings []Sibling) []Release {
	releases := make([]Release, 0, len(siblings)+1)
	for _, sibling := range siblings {
		releases = append(releases, sibling.Release)
	}
	return releases
}
