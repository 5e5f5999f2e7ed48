package rollout

import (
	"iter"
	"slices"
	"strings"
)

// Size returns the number of affected environments of the step.
func (s Step) Size() int {
	size := len(s.Targets) + s.Declared + s.Gone
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
	all := slices.Concat(s.grouped(), s.Targets)
	SortTargets(all)
	return all
}

// Beside returns the step together with another, of what is torn down at the same time whatever paces
// the step.
func (s Step) Beside(gone Step) Step {
	both := s
	both.Targets = slices.Concat(s.Targets, gone.Targets)
	SortTargets(both.Targets)
	both.Groups = slices.Concat(s.Groups, gone.Groups)
	slices.SortFunc(both.Groups, func(a, b Group) int { return strings.Compare(a.Name, b.Name) })
	if len(both.Groups) > 0 {
		both.Names = func() []Target {
			all := slices.Concat(s.grouped(), gone.grouped())
			SortTargets(all)
			return all
		}
	}
	both.Declared += gone.Declared
	both.Gone += gone.Gone
	both.InFlight += gone.InFlight
	both.Unpaced += gone.Size() - gone.Staying().Size()
	return both
}

// Gated returns the steps from gate to gate: one that is open is one with the next.
func Gated(steps []Step) []Step {
	gated := make([]Step, 0, len(steps))
	for _, step := range steps {
		if last := len(gated) - 1; last >= 0 && gated[last].Open {
			gated[last] = gated[last].Beside(step)
			gated[last].Open = step.Open
		} else {
			gated = append(gated, step)
		}
	}
	return gated
}

// grouped lists what Groups stand for.
func (s Step) grouped() []Target {
	if s.Names == nil {
		return nil
	}
	return s.Names()
}

// Staying returns the step without the environments that are torn down.
func (s Step) Staying() Step {
	s.Gone, s.InFlight, s.Unpaced = 0, s.InFlight-s.Unpaced, 0
	if slices.ContainsFunc(s.Targets, Target.removed) {
		s.Targets, _ = Split(s.Targets)
	}
	if slices.ContainsFunc(s.Groups, func(group Group) bool { return group.removed() }) {
		names := s.grouped
		s.Groups = slices.DeleteFunc(slices.Clone(s.Groups), func(group Group) bool { return group.removed() })
		s.Names = func() []Target {
			staying, _ := Split(names())
			return staying
		}
	}
	return s
}

func (t Target) removed() bool { return t.Effect == Removed }
