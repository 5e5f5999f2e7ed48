package rollout

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
		if before, err = read(write.OldObject); err != nil {
			before = nil
		}
		if IsFinding(err) {
			err = nil
		}
	}
	return before, after, err
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

// Removing returns steps with what the system tears down all at once in the reconcile that starts the
// first of them, whatever paces that: it is in flight together with them. The remedies say how to pace
// both then; apart is how to pace what goes.
func Removing(steps []Step, gone Step, apart string) []Step {
	steps = Steps(steps...)
	if gone.Size() == 0 || len(steps) == 0 || steps[0].InFlight == 0 {
		return Steps(append(steps, gone)...)
	}
	first := steps[0].Beside(gone)
	first.PaceRemedy, first.SplitRemedy = first.PaceRemedy+apart, first.SplitRemedy+apart
	steps[0] = first
	return steps
}

// TornDown is the change that takes a rollout off all its environments.
func TornDown(all Environments, remedy string) Change {
	return Change{Environments: len(all), Steps: Steps(AtOnce(Delta(all, nil, nil), remedy))}
}
