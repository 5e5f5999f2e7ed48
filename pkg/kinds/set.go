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
	// Templates lets RolloutKinds describe kinds of Kubernetes' own workloads: for an API server whose
	// workloads are templates that run elsewhere. It is set before the Set is used.
	Templates bool

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
// kind that is refused is not added: Refuses tells.
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

// Refuses says why no RolloutKind may describe a kind; nothing, if one may.
func (s *Set) Refuses(kind schema.GroupKind) string {
	if _, listed := s.listed[kind]; listed {
		return "Seawall itself reads " + kind.String() + ": this RolloutKind is not used"
	}
	if !s.Templates && isWorkload(kind) {
		return kind.String() + " is of Kubernetes itself, and runs where it is written: this RolloutKind is used only where such " +
			"objects are templates of what runs elsewhere, and Seawall runs elsewhere, too (--workload-templates)"
	}
	return ""
}

// isWorkload tells whether a kind is of the groups of Kubernetes' own workloads. A RolloutKind can be
// of no other group of Kubernetes': its definition holds that.
func isWorkload(kind schema.GroupKind) bool {
	return kind.Group == "apps" || kind.Group == "batch"
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
	if s.Refuses(wanted) != "" {
		return found, false
	}
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
		if s.Refuses(kind.GroupKind()) == "" {
			all = append(all, kind)
		}
	}
	slices.SortFunc(all, func(a, b rollout.Kind) int {
		return cmp.Or(cmp.Compare(a.Group, b.Group), cmp.Compare(a.Name, b.Name))
	})
	return slices.CompactFunc(all, func(a, b rollout.Kind) bool { return a.GroupKind() == b.GroupKind() })
}
