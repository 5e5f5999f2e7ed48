// Package custom reads kinds of rollouts that nobody coded: a RolloutKind says in
// expressions which environments a write would sync.
package custom

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/google/cel-go/cel"
	"github.com/google/cel-go/common/types"
	"k8s.io/apimachinery/pkg/util/validation/field"
	"k8s.io/apimachinery/pkg/util/version"
	"k8s.io/apiserver/pkg/cel/environment"
	"k8s.io/apiserver/pkg/cel/library"

	"github.com/seawall-dev/seawall/pkg/apis/v1alpha1"
)

const (
	// costLimit bounds one evaluation; a walk over 10,000 targets that compares two
	// strings each costs about 200,000.
	costLimit = 10_000_000
	// interruptEvery is after how many steps of a loop an evaluation looks at its context.
	interruptEvery = 100
)

// The variables of expressions.
const (
	objectVariable    = "object"
	oldObjectVariable = "oldObject"
	targetsVariable   = "targets"
)

// program is a compiled expression.
type program struct {
	path string
	cel.Program
}

// programs are the compiled expressions of a RolloutKind; waves may be nil.
type programs struct {
	environments, desiredState program
	waves                      *program
}

// libraries are those of Kubernetes 1.31, so that an expression means the same in every
// version of Seawall.
func newEnvironment(withTargets bool) (*cel.Env, error) {
	variables := []cel.EnvOption{cel.Variable(objectVariable, cel.DynType), cel.Variable(oldObjectVariable, cel.DynType)}
	if withTargets {
		variables = append(variables, cel.Variable(targetsVariable, cel.ListType(cel.DynType)))
	}
	const introduced, libraries = "1.0", "1.31"
	extended, err := environment.MustBaseEnvSet(version.MustParseGeneric(libraries)).Extend(environment.VersionedOptions{
		IntroducedVersion: version.MustParseGeneric(introduced), EnvOptions: variables,
	})
	if err != nil {
		return nil, fmt.Errorf("making an environment of expressions: %w", err)
	}
	return extended.StoredExpressionsEnv(), nil
}

// Validate checks the expressions of a RolloutKind; each error points into the expression.
func Validate(spec *v1alpha1.RolloutKindSpec) field.ErrorList {
	_, problems := compile(spec)
	return problems
}

func compile(spec *v1alpha1.RolloutKindSpec) (*programs, field.ErrorList) {
	path := field.NewPath("spec")
	env, err := newEnvironment(spec.Inventory != nil)
	if err != nil {
		return nil, field.ErrorList{field.InternalError(path, err)}
	}
	var compiled programs
	var problems field.ErrorList
	add := func(name string, expression v1alpha1.Expression, into *program, yields ...*cel.Type) {
		text := strings.TrimSpace(string(expression))
		program, err := compileOne(env, text, yields)
		if err != nil {
			problems = append(problems, field.Invalid(path.Child(name), text, err.Error()))
		}
		program.path = "spec." + name
		*into = program
	}
	names := cel.ListType(cel.StringType)
	add("environments", spec.Environments, &compiled.environments, names, cel.IntType)
	if spec.Waves != "" {
		compiled.waves = &program{}
		add("waves", spec.Waves, compiled.waves, cel.IntType, cel.ListType(cel.IntType), cel.ListType(names), cel.NullType)
	}
	desired := spec.DesiredState
	if desired == "" {
		desired = "object.spec"
	}
	add("desiredState", desired, &compiled.desiredState, cel.DynType)
	return &compiled, problems
}

// compileOne compiles an expression that must yield one of the types, as far as can be told
// before it runs.
func compileOne(env *cel.Env, expression string, yields []*cel.Type) (program, error) {
	checked, issues := env.Compile(expression)
	if issues.Err() != nil {
		return program{}, errors.New(issues.String())
	}
	if !yieldsOne(checked.OutputType(), yields) {
		wanted := make([]string, len(yields))
		for i, yield := range yields {
			wanted[i] = yield.String()
		}
		return program{}, fmt.Errorf("yields %s: want %s", checked.OutputType(), strings.Join(wanted, " or "))
	}
	compiled, err := env.Program(checked,
		cel.EvalOptions(cel.OptOptimize, cel.OptTrackCost),
		cel.CostTracking(&library.CostEstimator{}),
		cel.CostLimit(costLimit),
		cel.InterruptCheckFrequency(interruptEvery),
	)
	if err != nil {
		return program{}, fmt.Errorf("cannot be run: %w", err)
	}
	return program{Program: compiled}, nil
}

func yieldsOne(output *cel.Type, yields []*cel.Type) bool {
	for _, yield := range yields {
		if yield == cel.DynType || output.IsAssignableType(yield) || yield.IsAssignableType(output) {
			return true
		}
	}
	return output.Kind() == types.DynKind
}

// run evaluates an expression.
func (p program) run(ctx context.Context, variables map[string]any) (any, error) {
	value, _, err := p.ContextEval(ctx, variables)
	if err != nil {
		return nil, err //nolint:wrapcheck // the caller says which expression
	}
	return native(value)
}
