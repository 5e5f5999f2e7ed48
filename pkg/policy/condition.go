package policy

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/google/cel-go/cel"
	"github.com/google/cel-go/common/types"
	"k8s.io/apimachinery/pkg/util/version"
	"k8s.io/apiserver/pkg/cel/environment"
	"k8s.io/apiserver/pkg/cel/library"

	"github.com/seawall-dev/seawall/pkg/apis/v1alpha1"
	"github.com/seawall-dev/seawall/pkg/rollout"
)

const (
	// conditionCost bounds one evaluation; the comparison of two strings costs about 10.
	conditionCost = 1_000_000
	// interruptEvery is after how many steps of a loop an evaluation looks at its context.
	interruptEvery = 100
)

// condition is a compiled v1alpha1.MatchCondition.
type condition struct {
	name    string
	program cel.Program
}

// readConditions compiles the conditions; the error points into each expression that is none.
func (p *Policy) readConditions(source []v1alpha1.MatchCondition) error {
	if len(source) == 0 {
		return nil
	}
	const introduced, libraries = "1.0", "1.37" // of Kubernetes, so that an expression does not change its meaning
	extended, err := environment.MustBaseEnvSet(version.MustParseGeneric(libraries)).Extend(environment.VersionedOptions{
		IntroducedVersion: version.MustParseGeneric(introduced), EnvOptions: []cel.EnvOption{
			cel.Variable("object", cel.DynType), cel.Variable("oldObject", cel.DynType), cel.Variable("request", cel.DynType),
		},
	})
	if err != nil {
		return fmt.Errorf("making an environment of conditions: %w", err)
	}
	var errs []error
	for i, one := range source {
		compiled, err := compileCondition(extended.StoredExpressionsEnv(), one.Expression)
		if err != nil {
			errs = append(errs, fmt.Errorf("spec.matchConditions[%d].expression: %w", i, err))
			continue
		}
		p.conditions = append(p.conditions, condition{one.Name, compiled})
	}
	return errors.Join(errs...)
}

func compileCondition(env *cel.Env, text string) (cel.Program, error) {
	checked, issues := env.Compile(text)
	if issues.Err() != nil {
		return nil, errors.New(issues.String())
	}
	if yields := checked.OutputType(); !yields.IsExactType(cel.BoolType) && yields.Kind() != types.DynKind {
		return nil, fmt.Errorf("%s yields %s: want bool", rollout.Quote(text), yields)
	}
	return env.Program(checked, cel.EvalOptions(cel.OptOptimize, cel.OptTrackCost), cel.CostTracking(&library.CostEstimator{}),
		cel.CostLimit(conditionCost), cel.InterruptCheckFrequency(interruptEvery))
}

// exemptedBy returns the condition that does not hold; nothing if all do. Only one that is false exempts:
// whatever fails, for what reason ever, selects.
func (p *Policy) exemptedBy(ctx context.Context, subject Subject) string {
	if len(p.conditions) == 0 {
		return ""
	}
	variables := map[string]any{"object": nil, "oldObject": nil, "request": map[string]any{}}
	if subject.Variables != nil {
		variables = subject.Variables()
	}
	for _, one := range p.conditions {
		if one.exempts(ctx, variables) {
			return "spec.matchConditions " + strconv.Quote(one.name)
		}
	}
	return ""
}

func (c condition) exempts(ctx context.Context, variables map[string]any) bool {
	value, _, err := c.program.ContextEval(ctx, variables)
	return err == nil && value == types.False
}

// exempted warns of conditions that exempt, whatever it writes, an account that writes most rollouts.
func (p *Policy) exempted(ctx context.Context) []string {
	var warnings []string
	for _, one := range p.conditions {
		for _, account := range []string{
			"argocd:argocd-application-controller", "flux-system:kustomize-controller", "flux-system:helm-controller",
			"cattle-fleet-system:fleet-agent",
		} {
			namespace, _, _ := strings.Cut(account, ":")
			user := "system:serviceaccount:" + account
			variables := map[string]any{"object": map[string]any{}, "oldObject": nil, "request": map[string]any{"userInfo": map[string]any{
				"username": user, "groups": []string{"system:serviceaccounts", "system:serviceaccounts:" + namespace, "system:authenticated"},
			}}}
			if one.exempts(ctx, variables) {
				warnings = append(warnings, fmt.Sprintf(
					"spec.matchConditions: %q exempts %s, which writes most rollouts where it runs: they are not judged", one.name, user))
			}
		}
	}
	return warnings
}
