// Package custom reads kinds of rollouts that nobody coded: a RolloutKind says in
// expressions which environments a write would sync.
package custom

import (
	"cmp"
	"fmt"
	"slices"
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
	// relatedVariable and variablesVariable are followed by a name.
	relatedVariable   = "related."
	variablesVariable = "variables."
)

// program is a compiled expression.
type program struct {
	cel.Program

	// path is where it stands in the RolloutKind, and variable the name by which other
	// expressions use its value, if it is one.
	path, variable string
	// text is the expression, and reads are the fields of the object that it reads.
	text  string
	reads []string
}

// programs are the compiled expressions of a RolloutKind; waves may be nil.
type programs struct {
	variables                  []program
	environments, desiredState program
	waves                      *program
}

// newEnvironment returns what expressions may use: the libraries of Kubernetes 1.37, in
// whatever version Seawall runs, so that an expression does not change its meaning.
func newEnvironment(spec *v1alpha1.RolloutKindSpec) (*cel.Env, error) {
	options := []cel.EnvOption{
		cel.Variable(objectVariable, cel.DynType), cel.Variable(oldObjectVariable, cel.DynType), selects(),
	}
	objects := cel.ListType(cel.DynType)
	if spec.Inventory.Resource != "" {
		options = append(options, cel.Variable(targetsVariable, objects))
	}
	for _, related := range spec.Related {
		options = append(options, cel.Variable(relatedVariable+related.Name, objects))
	}
	const introduced, libraries = "1.0", "1.37"
	extended, err := environment.MustBaseEnvSet(version.MustParseGeneric(libraries)).Extend(environment.VersionedOptions{
		IntroducedVersion: version.MustParseGeneric(introduced), EnvOptions: options,
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

// compiler compiles the expressions of one RolloutKind and gathers what is wrong.
type compiler struct {
	env      *cel.Env
	problems field.ErrorList
	// reads are the fields of the object that each variable reads, by the name that expressions use.
	reads map[string][]string
}

func compile(spec *v1alpha1.RolloutKindSpec) (*programs, field.ErrorList) {
	path := field.NewPath("spec")
	env, err := newEnvironment(spec)
	if err != nil {
		return nil, field.ErrorList{field.InternalError(path, err)}
	}
	c := &compiler{env: env, reads: map[string][]string{}}
	compiled := &programs{variables: c.variables(path.Child("variables"), spec.Variables)}
	names, object := cel.ListType(cel.StringType), cel.MapType(cel.StringType, cel.DynType)
	compiled.environments, _ = c.compile(path.Child("environments"), spec.Environments, names, cel.IntType, cel.ListType(object), object)
	if spec.Waves != "" {
		waves, _ := c.compile(path.Child("waves"), spec.Waves,
			cel.IntType, cel.ListType(cel.IntType), cel.ListType(names), cel.ListType(object), cel.NullType)
		compiled.waves = &waves
	}
	compiled.desiredState, _ = c.compile(path.Child("desiredState"), cmp.Or(spec.DesiredState, "object.spec"), cel.DynType)
	return compiled, c.problems
}

// variables compiles the variables, each of which later expressions can use.
func (c *compiler) variables(path *field.Path, variables []v1alpha1.ExpressionVariable) []program {
	compiled := make([]program, len(variables))
	for i, variable := range variables {
		var yields *cel.Type
		compiled[i], yields = c.compile(path.Index(i).Child("expression"), variable.Expression, cel.DynType)
		compiled[i].variable = variablesVariable + variable.Name
		c.reads[compiled[i].variable] = compiled[i].reads
		extended, err := c.env.Extend(cel.Variable(compiled[i].variable, yields))
		if err != nil {
			c.problems = append(c.problems, field.Invalid(path.Index(i).Child("name"), variable.Name, err.Error()))
			continue
		}
		c.env = extended
	}
	return compiled
}

// compile compiles an expression that must yield one of the types, as far as can be told
// before it runs, and returns the type that it yields.
func (c *compiler) compile(path *field.Path, expression v1alpha1.Expression, wanted ...*cel.Type) (program, *cel.Type) {
	text := strings.TrimSpace(string(expression))
	result := program{path: path.String(), text: text}
	checked, issues := c.env.Compile(text)
	if issues.Err() != nil {
		c.problems = append(c.problems, field.Invalid(path, text, issues.String()))
		return result, cel.DynType
	}
	result.reads = reads(checked.NativeRep().Expr(), c.reads)
	yields := checked.OutputType()
	if !slices.ContainsFunc(wanted, func(want *cel.Type) bool { return mayBe(yields, want) }) {
		c.problems = append(c.problems, field.Invalid(path, text, fmt.Sprintf("yields %s: want %s", yields, spellTypes(wanted))))
		return result, cel.DynType
	}
	var err error
	result.Program, err = c.env.Program(checked,
		cel.EvalOptions(cel.OptOptimize, cel.OptTrackCost),
		cel.CostTracking(&library.CostEstimator{}),
		cel.CostLimit(costLimit),
		cel.InterruptCheckFrequency(interruptEvery),
	)
	if err != nil {
		c.problems = append(c.problems, field.Invalid(path, text, err.Error()))
	}
	return result, yields
}

// mayBe tells whether a value of one type can be one of the other, as far as it is known.
func mayBe(yields, want *cel.Type) bool {
	return want == cel.DynType || yields.Kind() == types.DynKind || yields.IsAssignableType(want) || want.IsAssignableType(yields)
}

func spellTypes(all []*cel.Type) string {
	texts := make([]string, len(all))
	for i, one := range all {
		texts[i] = one.String()
	}
	return strings.Join(texts, " or ")
}
