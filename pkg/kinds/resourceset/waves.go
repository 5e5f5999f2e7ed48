package resourceset

import (
	"fmt"
	"slices"

	"github.com/seawall-dev/seawall/pkg/rollout"
)

// wave is what is applied together: of one step, and of one level of the appliers that wait for
// others.
type wave struct{ step, level int }

type waves map[wave][]rollout.Target

func (w waves) add(step, level int, target rollout.Target) {
	at := wave{step, level}
	w[at] = append(w[at], target)
}

// waves puts appliers behind those of their step that they depend on, if those change, too.
func (s *side) waves(staying []rollout.Target) waves {
	levels := make(map[string]int, len(staying))
	const unknown = -1
	for _, target := range staying {
		levels[target.Name] = unknown
	}
	var level func(name string) int
	level = func(name string) int {
		if levels[name] != unknown {
			return levels[name]
		}
		levels[name] = 0 // where they wait for each other nothing tells
		deepest := 0
		for _, dependency := range s.appliers[name].dependencies {
			if _, changes := levels[dependency]; changes && s.appliers[dependency].step == s.appliers[name].step {
				deepest = max(deepest, level(dependency)+1)
			}
		}
		levels[name] = deepest
		return deepest
	}
	all := waves{}
	for _, target := range staying {
		all.add(s.appliers[target.Name].step, level(target.Name), target)
	}
	return all
}

// steps returns the waves in their order. What is removed is deleted after the last step is applied,
// without waiting for that.
func (w waves) steps(removed []rollout.Target, count int) []rollout.Step {
	last := wave{step: max(count-1, 0)}
	if len(removed) > 0 {
		w[last] = append(w[last], removed...)
	}
	order := make([]wave, 0, len(w))
	for at := range w {
		order = append(order, at)
	}
	slices.SortFunc(order, func(a, b wave) int {
		if a.step != b.step {
			return a.step - b.step
		}
		return a.level - b.level
	})
	steps := make([]rollout.Step, 0, len(order))
	for _, at := range order {
		targets := w[at]
		rollout.SortTargets(targets)
		step := rollout.Step{Targets: targets, InFlight: len(targets), PaceRemedy: stepRemedy, SplitRemedy: inputRemedy}
		if count > 0 {
			step.Name = fmt.Sprintf("spec.steps[%d]", at.step)
		}
		switch {
		case at != last || len(removed) == 0:
		case len(removed) == len(targets):
			step.Name, step.PaceRemedy, step.SplitRemedy = "", removeRemedy, removeRemedy
		default: // steps pace no removal
			step.PaceRemedy, step.SplitRemedy = bothRemedy, bothRemedy
		}
		steps = append(steps, step)
	}
	return steps
}
