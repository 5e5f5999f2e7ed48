package custom

import (
	"context"

	"github.com/google/cel-go/common/types"
	"github.com/google/cel-go/common/types/ref"

	"github.com/seawall-dev/seawall/pkg/budget"
	"github.com/seawall-dev/seawall/pkg/rollout"
)

// evaluation is the evaluation of all expressions for one object.
type evaluation struct {
	reader    *reader
	ctx       context.Context //nolint:containedctx // an evaluation is shorter than the call that has it
	variables map[string]any
	// failed is why a value could not be had that an expression asked for.
	failed error
}

// begin binds the variables; old is nil when there is no stored object. The variables of
// the RolloutKind and the inventory have no value before an expression asks for it.
func (r *reader) begin(ctx context.Context, object, old map[string]any) *evaluation {
	e := &evaluation{reader: r, ctx: ctx}
	e.variables = map[string]any{objectVariable: object, oldObjectVariable: nil, targetsVariable: e.objects(r.targets)}
	for name, objects := range r.related {
		e.variables[name] = e.objects(objects)
	}
	if old != nil {
		e.variables[oldObjectVariable] = old
	}
	for _, variable := range r.programs.variables {
		e.variables[variable.variable] = func() ref.Val {
			value, _, err := variable.ContextEval(ctx, e.variables)
			if err != nil {
				return e.fail(e.problem(variable, err))
			}
			return value
		}
	}
	return e
}

// objects returns what yields the objects of an inventory when an expression asks for them.
func (e *evaluation) objects(of *Inventory) func() ref.Val {
	return func() ref.Val {
		objects, err := list(budget.From(e.ctx), of)
		if err != nil {
			return e.fail(err)
		}
		return types.DefaultTypeAdapter.NativeToValue(objects)
	}
}

// fail makes the expression that asked for a value fail, unless it needs none, as the right
// side of an "||" whose left side is true.
func (e *evaluation) fail(err error) ref.Val {
	if e.failed == nil {
		e.failed = err
	}
	return types.WrapErr(err)
}

// run evaluates an expression.
func (e *evaluation) run(p program) (any, error) {
	value, _, err := p.ContextEval(e.ctx, e.variables)
	switch {
	case e.ctx.Err() != nil:
		return nil, e.ctx.Err()
	case err != nil && e.failed != nil:
		return nil, e.failed
	case err != nil:
		return nil, e.problem(p, err)
	}
	result, err := native(value)
	if err != nil {
		return nil, e.problem(p, err)
	}
	return result, nil
}

func (e *evaluation) problem(p program, err error) error {
	if e.reader.none() {
		return e.reader.unresolved(p.path, "fails: %s", rollout.Quote(err.Error()))
	}
	found := e.reader.unresolved(p.path, "fails: %s", p.sortOf(err))
	found.Withheld = rollout.Quote(err.Error())
	return found
}
