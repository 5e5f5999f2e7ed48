package policy

import (
	"slices"
	"sync"

	"k8s.io/apimachinery/pkg/types"
)

// Overrides holds the overrides of a cluster by the rollouts that they are for. It may be
// used by several goroutines at once.
type Overrides struct {
	// home is the namespace of the overrides for rollouts that are cluster-scoped.
	home string

	mutex sync.RWMutex
	names map[types.NamespacedName]*Override
	// rollouts holds lists that are replaced and never changed in place.
	rollouts map[Reference][]*Override
}

// NewOverrides returns an empty set. Rollouts that are cluster-scoped take their overrides
// from the namespace home, that in which Seawall runs.
func NewOverrides(home string) *Overrides {
	return &Overrides{home: home, names: map[types.NamespacedName]*Override{}, rollouts: map[Reference][]*Override{}}
}

// For returns the overrides of a rollout, those that have ended included.
func (s *Overrides) For(rollout Reference) []*Override {
	if rollout.Namespace == "" {
		rollout.Namespace = s.home
	}
	s.mutex.RLock()
	defer s.mutex.RUnlock()
	return s.rollouts[rollout]
}

// Put adds an override or replaces the one of the same name.
func (s *Overrides) Put(override *Override) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	s.remove(override.NamespacedName)
	s.names[override.NamespacedName] = override
	s.rollouts[override.Rollout] = append(slices.Clone(s.rollouts[override.Rollout]), override)
}

// Delete removes the override of that name, if there is one.
func (s *Overrides) Delete(name types.NamespacedName) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	s.remove(name)
}

func (s *Overrides) remove(name types.NamespacedName) {
	known, found := s.names[name]
	if !found {
		return
	}
	delete(s.names, name)
	left := slices.DeleteFunc(slices.Clone(s.rollouts[known.Rollout]), func(o *Override) bool { return o == known })
	if len(left) == 0 {
		delete(s.rollouts, known.Rollout)
		return
	}
	s.rollouts[known.Rollout] = left
}
