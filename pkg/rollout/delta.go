package rollout

import (
	"maps"
	"slices"
	"strings"
)

// Environment is what is known of an environment apart from its name.
type Environment struct {
	// SuccessRate and Source are those of a Target.
	SuccessRate, Source string
}

// Environments are those of a rollout at one time, by name.
type Environments map[string]Environment

// Delta returns the environments that a write affects, sorted by name: those of after that
// before does not have, those in both for which changed answers with an effect, and those
// of before that are gone. A nil changed affects none of those in both.
func Delta(before, after Environments, changed func(name string) (Effect, bool)) []Target {
	var targets []Target
	for _, name := range slices.Sorted(maps.Keys(after)) {
		effect, affected := Added, true
		if _, existed := before[name]; existed {
			if affected = changed != nil; affected {
				effect, affected = changed(name)
			}
		}
		if !affected {
			continue
		}
		if targets == nil {
			targets = make([]Target, 0, len(after)) // mostly it is none or all
		}
		targets = append(targets, after.target(name, effect))
	}
	for _, name := range slices.Sorted(maps.Keys(before)) {
		if _, stays := after[name]; !stays {
			targets = append(targets, before.target(name, Removed))
		}
	}
	SortTargets(targets)
	return targets
}

// SortTargets sorts by name, as a Step wants it.
func SortTargets(targets []Target) {
	slices.SortFunc(targets, func(a, b Target) int { return strings.Compare(a.Name, b.Name) })
}

func (e Environments) target(name string, effect Effect) Target {
	return Target{Name: name, Effect: effect, SuccessRate: e[name].SuccessRate, Source: e[name].Source}
}

// Everything answers for Delta that each environment has the effect.
func Everything(effect Effect) func(string) (Effect, bool) {
	return func(string) (Effect, bool) { return effect, true }
}

// Split separates the targets that are removed from the others.
func Split(targets []Target) (staying, removed []Target) {
	for _, target := range targets {
		if target.removed() {
			removed = append(removed, target)
		} else {
			staying = append(staying, target)
		}
	}
	return staying, removed
}

// Staying returns the change without the environments that it tears down.
func (c Change) Staying() Change {
	steps := make([]Step, len(c.Steps))
	for i, step := range c.Steps {
		step = step.Staying()
		step.InFlight = min(step.InFlight, step.Size())
		steps[i] = step
	}
	c.Steps = Steps(steps...)
	return c
}
