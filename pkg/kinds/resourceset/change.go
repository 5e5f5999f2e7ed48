package resourceset

import (
	"encoding/json"
	"slices"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/seawall-dev/seawall/pkg/rollout"
)

// others is the environment of what Flux Operator applies itself: its own cluster.
const others = "the cluster of the ResourceSet"

// change returns what it means to replace another side; that of no object is empty.
func (s *side) change(write rollout.Write, before *side) rollout.Change {
	release := s.releases(before)
	staying, removed := rollout.Split(s.delta(write, before, release))
	held := len(staying)
	staying = slices.DeleteFunc(staying, func(target rollout.Target) bool { return s.appliers[target.Name].suspended })
	held -= len(staying)
	removed = slices.DeleteFunc(removed, func(target rollout.Target) bool {
		return before.appliers[target.Name].kept || before.appliers[target.Name].suspended
	})
	own := s.own(write, before, staying, removed)
	if own.Effect == "" && release("") && s.alone() {
		own.Effect = rollout.Released
	}
	result := rollout.Change{Environments: s.count(write, before, own), Held: held}
	waves := s.waves(staying)
	switch own.Effect {
	case "":
	case rollout.Removed:
		removed = append(removed, own.Target)
	default:
		waves.add(own.step, 0, own.Target)
	}
	result.Steps = waves.steps(removed, len(s.Spec.Steps))
	if s.paused() {
		result.Held += result.Affected()
		result.Steps = nil
	}
	return result
}

// delta returns the appliers that are affected, given what is released.
func (s *side) delta(write rollout.Write, before *side, release func(name string) bool) []rollout.Target {
	return rollout.Delta(before.environments(), s.environments(), func(name string) (rollout.Effect, bool) {
		was, is := before.states[name], s.states[name]
		if write.Rewritten || was.digest != is.digest || is.asksAnew(was) {
			return rollout.Changed, true
		}
		return rollout.Released, was.suspended && !is.suspended || release(name)
	})
}

// alone tells whether a ResourceSet renders objects but no appliers.
func (s *side) alone() bool { return len(s.appliers) == 0 && len(s.objects) > 0 }

// count returns how many environments there are, with the cluster itself where that is one.
func (s *side) count(write rollout.Write, before *side, own own) int {
	switch {
	case write.Operation == rollout.Delete:
		return max(len(before.appliers), min(1, len(before.objects)))
	case own.Effect != "" && own.Effect != rollout.Removed, s.alone():
		return len(s.appliers) + 1
	default:
		return len(s.appliers)
	}
}

func (s *side) environments() rollout.Environments {
	all := make(rollout.Environments, len(s.appliers))
	for name := range s.appliers {
		all[name] = rollout.Environment{}
	}
	return all
}

// own is what Flux Operator itself changes in its cluster, beside appliers, and in which step. It has
// no effect where that is nothing.
type own struct {
	rollout.Target

	step int
}

// own returns that of a write. What is rendered for the same inputs as an applier that is affected
// counts with that.
func (s *side) own(write rollout.Write, before *side, staying, removed []rollout.Target) own {
	step, applies := s.applies(write, before, newCover(s, staying))
	drops := before.drops(s, newCover(before, removed))
	own := own{Target: rollout.Target{Name: others}, step: step}
	switch {
	case applies && len(before.objects) == 0:
		own.Effect = rollout.Added
	case applies, drops && len(s.objects) > 0:
		own.Effect = rollout.Changed
	case drops:
		own.Effect = rollout.Removed
	}
	return own
}

// applies tells whether objects in the cluster of the ResourceSet are new or change, and in which step
// the first of them; the last one if there is none.
func (s *side) applies(write rollout.Write, before *side, covered cover) (step int, applies bool) {
	step = max(len(s.Spec.Steps)-1, 0)
	for key, object := range s.objects {
		was := before.objects[key]
		if object.plain() && (was == nil || write.Rewritten || was.whole != object.whole) && !covered.covers(object) {
			step, applies = min(step, object.step), true
		}
	}
	return step, applies
}

// drops tells whether objects are deleted from the cluster of the ResourceSet.
func (s *side) drops(after *side, covered cover) bool {
	for key, object := range s.objects {
		if object.plain() && !object.kept && after.objects[key] == nil && !covered.covers(object) {
			return true
		}
	}
	return false
}

// plain tells whether an object reaches the cluster of the ResourceSet and no other.
func (o *object) plain() bool { return !o.applier() && !o.referred }

// cover holds which sets of inputs have an applier that is affected.
type cover struct {
	sets map[int]bool
	all  bool
}

func newCover(of *side, affected []rollout.Target) cover {
	cover := cover{map[int]bool{}, len(affected) > 0 && len(affected) == len(of.appliers)}
	for _, target := range affected {
		cover.sets[of.appliers[target.Name].set] = true
	}
	return cover
}

func (c cover) covers(object *object) bool {
	return c.all || object.set != shared && (c.sets[object.set] || c.sets[shared])
}

// releases returns what tells whether an applier, or with no name everything, may be applied now and
// could not before: a dependency or a step that was waited for is there no longer.
func (s *side) releases(before *side) func(name string) bool {
	applied := before.applied()
	all := before.paused() && !s.paused() || !applied && slices.ContainsFunc(before.Spec.DependsOn, func(dependency json.RawMessage) bool {
		return !slices.ContainsFunc(s.Spec.DependsOn, func(kept json.RawMessage) bool { return rollout.SameJSON(kept, dependency) })
	})
	waited := before.gates(s)
	return func(name string) bool {
		was, is := before.appliers[name], s.appliers[name]
		if all || was == nil || is == nil {
			return all
		}
		if !applied && was.step > 0 && waited[was.step-1] >= is.step {
			return true
		}
		return slices.ContainsFunc(was.dependencies, func(dependency string) bool { return !slices.Contains(is.dependencies, dependency) })
	}
}

// gates returns for each step the latest in which another side has what the ResourceSet has up to that
// step: one past all where it has it no longer.
func (s *side) gates(after *side) []int {
	latest := make([]int, max(1, len(s.Spec.Steps)))
	for key, object := range s.objects {
		step := max(1, len(after.Spec.Steps))
		if same := after.objects[key]; same != nil {
			step = same.step
		}
		latest[object.step] = max(latest[object.step], step)
	}
	for i := 1; i < len(latest); i++ {
		latest[i] = max(latest[i], latest[i-1])
	}
	return latest
}

// applied tells whether the status says of this very spec that all of it is applied.
func (s *side) applied() bool {
	return slices.ContainsFunc(s.Status.Conditions, func(condition metav1.Condition) bool {
		return condition.Type == "Ready" && condition.Status == metav1.ConditionTrue &&
			s.Metadata.Generation > 0 && condition.ObservedGeneration == s.Metadata.Generation
	})
}
