package evaluate

import (
	"context"
	"fmt"

	"github.com/seawall-dev/seawall/pkg/audit"
	"github.com/seawall-dev/seawall/pkg/policy"
	"github.com/seawall-dev/seawall/pkg/rollout"
)

// Explanation is a judgement with what led to it.
type Explanation struct {
	Judgement

	// Readings are those of all policies, whether they select the write or not.
	Readings []policy.Reading
	// Environments are the affected ones that have a name, step by step.
	Environments []Environment
	// Uncounted says why the environments could not be counted.
	Uncounted error
}

// Environment is one that a write affects, in a step, which is from 1.
type Environment struct {
	rollout.Target

	Step int
}

// Explain decides about a write that nobody makes as Evaluate does, by all the policies that there are, and
// says how it came to that.
func (e *Evaluator) Explain(ctx context.Context, write Write, policies []*policy.Policy) (explained Explanation, err error) {
	defer func() {
		if panicked := recover(); panicked != nil {
			explained, err = Explanation{}, fmt.Errorf("%w: %v", ErrInternal, panicked)
		}
	}()
	ctx, leave, err := e.Budget.Open(ctx, 0) // the names of environments are there until it is left
	defer leave()
	if err != nil {
		return explained, err
	}
	write.Trial = true
	explained.Judgement = NotJudged()
	subject, err := e.subject(ctx, write)
	if err != nil || subject == nil {
		return explained, err
	}
	var took audit.Phases
	counted, err := e.Count(ctx, write, policies, &took)
	if err != nil {
		return explained, err
	}
	var of *policy.Case
	if counted != nil {
		if explained.Judgement, err = e.conclude(ctx, write, counted); err != nil {
			return explained, err
		}
		of, explained.Uncounted = &counted.Case, counted.Err
		explained.Environments = named(counted.Change)
	}
	for _, one := range policies {
		explained.Readings = append(explained.Readings, one.Read(ctx, *subject, of))
	}
	return explained, nil
}

func named(change rollout.Change) []Environment {
	var found []Environment
	for i, step := range change.Steps {
		for _, target := range step.All() {
			found = append(found, Environment{target, i + 1})
		}
	}
	return found
}
