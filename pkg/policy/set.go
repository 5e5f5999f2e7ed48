package policy

import (
	"slices"
	"strings"
	"sync"

	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/seawall-dev/seawall/pkg/rollout"
)

// Set holds the policies in force. Its zero value holds none. It may be used by several
// goroutines at once.
type Set struct {
	mutex sync.RWMutex
	// sorted by name; replaced, never changed in place, so that a reader needs no copy.
	policies []*Policy
	ended    ended
}

// Put adds a policy or replaces the one of the same name.
func (s *Set) Put(policy *Policy) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	at, found := s.find(policy.Name)
	if found {
		s.ended.note(s.policies[at], policy)
		s.policies = slices.Clone(s.policies)
		s.policies[at] = policy
		return
	}
	s.ended.note(nil, policy)
	s.policies = slices.Concat(s.policies[:at], []*Policy{policy}, s.policies[at:])
}

// Delete removes the policy of that name, if there is one.
func (s *Set) Delete(name string) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	if at, found := s.find(name); found {
		s.ended.note(s.policies[at], nil)
		s.policies = slices.Concat(s.policies[:at], s.policies[at+1:])
	}
}

// Candidates returns the policies, sorted by name, that judge some writes of that kind and
// operation. Selects says whether they judge one write.
func (s *Set) Candidates(kind schema.GroupKind, operation rollout.Operation) []*Policy {
	s.mutex.RLock()
	policies := s.policies
	s.mutex.RUnlock()
	var candidates []*Policy
	for _, policy := range policies {
		if policy.mayJudge(kind, operation) {
			candidates = append(candidates, policy)
		}
	}
	return candidates
}

// All returns the policies, sorted by name.
func (s *Set) All() []*Policy {
	s.mutex.RLock()
	defer s.mutex.RUnlock()
	return slices.Clone(s.policies)
}

// Judging returns the policies, sorted by name, that judge any write of that kind.
func (s *Set) Judging(kind schema.GroupKind) []*Policy {
	s.mutex.RLock()
	policies := s.policies
	s.mutex.RUnlock()
	return slices.DeleteFunc(slices.Clone(policies), func(p *Policy) bool { return !p.judgesKind(kind) })
}

func (s *Set) find(name string) (int, bool) {
	return slices.BinarySearchFunc(s.policies, name, func(p *Policy, name string) int {
		return strings.Compare(p.Name, name)
	})
}
