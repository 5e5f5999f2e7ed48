package entry

import (
	"sync"

	"github.com/google/cel-go/cel"
	"github.com/google/cel-go/common/types"
)

// conditionCost bounds one evaluation.
const conditionCost = 100_000

// condition is a match condition of the webhook, of which only the name of an Application is told. One that
// looks at anything else, or cannot be compiled, may be false.
type condition struct{ program cel.Program }

// environment is that of conditions.
var environment = sync.OnceValues(func() (*cel.Env, error) { //nolint:gochecknoglobals // nothing changes it
	return cel.NewEnv(cel.Variable("request", cel.MapType(cel.StringType, cel.StringType)))
})

func compile(expression string) condition {
	env, err := environment()
	if err != nil {
		return condition{}
	}
	checked, issues := env.Compile(expression)
	if issues.Err() != nil {
		return condition{}
	}
	program, err := env.Program(checked, cel.CostLimit(conditionCost), cel.EvalOptions(cel.OptOptimize))
	if err != nil {
		return condition{}
	}
	return condition{program}
}

// asks tells whether the API server asks about the starts of an Application for certain.
func (h *hook) asks(namespace, name string) bool {
	request := map[string]string{"namespace": namespace, "name": name}
	for _, one := range h.conditions {
		if one.program == nil {
			return false
		}
		if value, _, err := one.program.Eval(map[string]any{"request": request}); err != nil || value != types.True {
			return false
		}
	}
	return true
}
