package kinds

import (
	"cmp"
	"maps"
	"slices"
	"strings"
	"sync"

	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/seawall-dev/seawall/pkg/kinds/custom"
	"github.com/seawall-dev/seawall/pkg/rollout"
)

// Set holds the kinds that Seawall judges: those that are listed, and those that
// RolloutKinds describe, which come and go. It may be used by several goroutines at once.
type Set struct {
	listed map[schema.GroupKind]rollout.Kind

	mu sync.RWMutex
	// described are by the names of their RolloutKinds.
	described map[string]rollout.Kind
}

// NewSet returns a set of the kinds that are listed.
func NewSet(listed []rollout.Kind) *Set {
	set := &Set{listed: make(map[schema.GroupKind]rollout.Kind, len(listed)), described: map[string]rollout.Kind{}}
	for _, kind := range listed {
		set.listed[kind.GroupKind()] = kind
	}
	return set
}

// Put adds a kind that a RolloutKind describes, or replaces what it described before. A
// kind that is listed is not replaced: Listed tells.
func (s *Set) Put(name string, kind rollout.Kind) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.described[name] = kind
}

// Delete removes the kind that a RolloutKind describes.
func (s *Set) Delete(name string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.described, name)
}

// Listed tells whether Seawall itself reads a kind, so that no RolloutKind may describe it.
func (s *Set) Listed(kind schema.GroupKind) bool {
	_, listed := s.listed[kind]
	return listed
}

// Knows tells whether a kind is listed or described.
func (s *Set) Knows(wanted schema.GroupKind) bool {
	_, found := s.find(wanted)
	return found
}

// Lookup returns the kind of a rollout. The writes of one that is neither listed nor
// described cannot be counted.
func (s *Set) Lookup(wanted schema.GroupKind) rollout.Kind {
	if kind, found := s.find(wanted); found {
		return kind
	}
	return rollout.Kind{
		Group: wanted.Group, Name: wanted.Kind,
		Reader: custom.Uncounted(wanted.String(), "is a kind that no RolloutKind describes"),
	}
}

func (s *Set) find(wanted schema.GroupKind) (rollout.Kind, bool) {
	if kind, listed := s.listed[wanted]; listed {
		return kind, true
	}
	s.mu.RLock()
	defer s.mu.RUnlock()
	return s.describedAs(wanted)
}

// describedAs returns the kind that a RolloutKind describes. Of several that describe the same
// kind none is believed: whoever may create one could otherwise have less counted.
func (s *Set) describedAs(wanted schema.GroupKind) (rollout.Kind, bool) {
	var found rollout.Kind
	var names []string
	for name, kind := range s.described {
		if kind.GroupKind() == wanted {
			found, names = kind, append(names, name)
		}
	}
	if len(names) > 1 {
		slices.Sort(names)
		found.Reader = custom.Uncounted(wanted.String(), "is described by more than one RolloutKind: "+strings.Join(names, ", "))
	}
	return found, len(names) > 0
}

// All returns all kinds, sorted by group and name.
func (s *Set) All() []rollout.Kind {
	s.mu.RLock()
	defer s.mu.RUnlock()
	all := slices.Collect(maps.Values(s.listed))
	for _, kind := range s.described {
		if !s.Listed(kind.GroupKind()) {
			all = append(all, kind)
		}
	}
	slices.SortFunc(all, func(a, b rollout.Kind) int {
		return cmp.Or(cmp.Compare(a.Group, b.Group), cmp.Compare(a.Name, b.Name))
	})
	return slices.CompactFunc(all, func(a, b rollout.Kind) bool { return a.GroupKind() == b.GroupKind() })
}
