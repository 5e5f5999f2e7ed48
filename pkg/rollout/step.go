package rollout

import (
	"iter"
	"slices"
)

// Size returns the number of affected environments of the step.
func (s Step) Size() int {
	size := len(s.Targets) + s.Declared
	for _, group := range s.Groups {
		size += group.Count
	}
	return size
}

// Grouped yields the affected environments that have a name, as groups.
func (s Step) Grouped() iter.Seq[Group] {
	return func(yield func(Group) bool) {
		for _, group := range s.Groups {
			if !yield(group) {
				return
			}
		}
		for _, target := range s.Targets {
			if !yield(Group{Target: target, Count: 1}) {
				return
			}
		}
	}
}

// All lists the affected environments that have a name, sorted by it.
func (s Step) All() []Target {
	if s.Names == nil {
		return s.Targets
	}
	all := slices.Concat(s.Names(), s.Targets)
	SortTargets(all)
	return all
}

// Staying returns the step without the environments with a name that are torn down.
func (s Step) Staying() Step {
	if slices.ContainsFunc(s.Targets, Target.removed) {
		s.Targets, _ = Split(s.Targets)
	}
	if slices.ContainsFunc(s.Groups, func(group Group) bool { return group.removed() }) {
		names := s.Names
		s.Groups = slices.DeleteFunc(slices.Clone(s.Groups), func(group Group) bool { return group.removed() })
		s.Names = func() []Target {
			staying, _ := Split(names())
			return staying
		}
	}
	return s
}

func (t Target) removed() bool { return t.Effect == Removed }
