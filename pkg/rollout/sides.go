package rollout

import (
	"encoding/json"
	"maps"
)

// Sides reads what a write replaces and what it stores; either is nil where there is none.
// What is stored already and cannot be read counts as nothing before, because the write
// that put it there was judged; only a Delete has nothing else to go by.
func Sides[T any](write Write, read func(object *Object) (*T, error)) (before, after *T, err error) {
	if write.Operation == Delete {
		before, err = read(write.OldObject)
		return before, nil, err
	}
	if after, err = read(write.Object); err != nil {
		return nil, nil, err
	}
	if write.Operation == Update {
		if stored, err := read(write.OldObject); err == nil {
			before = stored
		}
	}
	return before, after, nil
}

// Steps returns the steps that are not empty, in their order.
func Steps(all ...Step) []Step {
	var steps []Step
	for _, step := range all {
		if step.Size() > 0 {
			steps = append(steps, step)
		}
	}
	return steps
}

// AtOnce returns the step of targets that nothing paces.
func AtOnce(targets []Target, remedy string) Step {
	return Step{Targets: targets, InFlight: len(targets), PaceRemedy: remedy, SplitRemedy: remedy}
}

// Rewrites tells whether an update changes what reaches every environment, given that part
// of the spec before and after.
func (w Write) Rewrites(before, after json.RawMessage) bool {
	return w.Rewritten || !SameJSON(before, after)
}

// SameSpec tells whether an update leaves the spec of the rollout as it is.
func (w Write) SameSpec() bool {
	return w.Operation == Update && !w.Rewritten && SameJSON(w.OldObject.RawSpec, w.Object.RawSpec)
}

// SameLabels tells whether an update leaves the labels of the rollout as they are.
func (w Write) SameLabels() bool {
	return w.Operation == Update && maps.Equal(w.OldObject.Metadata.Labels, w.Object.Metadata.Labels)
}
