package policy

import (
	"slices"
	"strings"
	"time"
)

// remembered is how long it is known that a policy has held starts: longer than it takes until what Waves have
// kept of it is read, or their source counts as lost.
const remembered = time.Hour

// ended are policies as they were when they held starts, by their names. The zero value has none.
type ended map[string]endedPolicy

type endedPolicy struct {
	*Policy

	at time.Time
}

// note notes a policy that has held starts if what comes after it holds none; nil for nothing.
func (e *ended) note(before, after *Policy) {
	if after.holdsStarts() {
		delete(*e, after.Name)
		return
	}
	if !before.holdsStarts() {
		return
	}
	if *e == nil {
		*e = ended{}
	}
	(*e)[before.Name] = endedPolicy{before, time.Now()}
}

func (p *Policy) holdsStarts() bool { return p != nil && p.gate != nil && p.gate.Holds() }

// Ended returns the policies, sorted by name, that have held starts within the last hour and hold none now, as
// they were then.
func (s *Set) Ended() []*Policy {
	s.mutex.RLock()
	defer s.mutex.RUnlock()
	var found []*Policy
	for _, one := range s.ended {
		if time.Since(one.at) < remembered {
			found = append(found, one.Policy)
		}
	}
	slices.SortFunc(found, func(a, b *Policy) int { return strings.Compare(a.Name, b.Name) })
	return found
}
