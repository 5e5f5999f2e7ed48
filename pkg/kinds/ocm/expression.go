package ocm

import (
	"fmt"
	"regexp"
	"strings"

	"github.com/google/cel-go/cel"
	"github.com/google/cel-go/common/types"
	"k8s.io/apimachinery/pkg/util/version"
	"k8s.io/apiserver/pkg/cel/environment"

	"github.com/seawall-dev/seawall/pkg/budget"
	"github.com/seawall-dev/seawall/pkg/rollout"
)

// clusterVariable is the cluster in the expressions of a celSelector.
const clusterVariable = "managedCluster"

// expressionCost bounds the evaluation for one cluster; a comparison of two texts costs about 10.
const expressionCost = 20_000

// kept matches what Seawall keeps of a ManagedCluster.
const kept = `^\.(metadata\.(name|labels)|spec\.taints|status\.(clusterClaims|version))\b`

// selecting is what selectors are compiled and evaluated with.
type selecting struct {
	account *budget.Account
	// expressions makes the environment of a celSelector, once.
	expressions func() (*cel.Env, error)
}

// newExpressions returns what a celSelector may use: the libraries that Kubernetes 1.37 has, which
// are more than OCM's but for scores and parseJSON.
func newExpressions() (*cel.Env, error) {
	const introduced, libraries = "1.0", "1.37"
	extended, err := environment.MustBaseEnvSet(version.MustParseGeneric(libraries)).Extend(environment.VersionedOptions{
		IntroducedVersion: version.MustParseGeneric(introduced), EnvOptions: []cel.EnvOption{cel.Variable(clusterVariable, cel.DynType)},
	})
	if err != nil {
		return nil, fmt.Errorf("making an environment of expressions: %w", err)
	}
	return extended.StoredExpressionsEnv(), nil
}

// compile returns whether expressions all yield true for a cluster. One that fails selects none, as
// in OCM.
func (s selecting) compile(path string, expressions []string) (func(managed) bool, error) {
	programs := make([]cel.Program, len(expressions))
	for i, text := range expressions {
		var err error
		if programs[i], err = s.program(fmt.Sprintf("%s[%d]", path, i), text); err != nil {
			return nil, err
		}
	}
	return func(cluster managed) bool {
		variables := map[string]any{clusterVariable: expressed(cluster)}
		for _, program := range programs {
			if s.account.Work(1) != nil {
				return false // whoever asks for all clusters is told
			}
			if yields, _, err := program.Eval(variables); err != nil || yields != types.True {
				return false
			}
		}
		return true
	}, nil
}

func (s selecting) program(path, text string) (cel.Program, error) {
	reads := regexp.MustCompile(kept)
	for _, after := range strings.Split(text, clusterVariable)[1:] {
		if !reads.MatchString(after) {
			return nil, rollout.Unresolved(path,
				"reads more of a ManagedCluster than Seawall keeps: its name, labels, taints, clusterClaims and version")
		}
	}
	env, err := s.expressions()
	if err != nil {
		return nil, err
	}
	checked, issues := env.Compile(text)
	if issues.Err() != nil {
		return nil, rollout.Unresolved(path, "cannot be evaluated here: %s", rollout.Quote(issues.Err().Error()))
	}
	program, err := env.Program(checked, cel.EvalOptions(cel.OptOptimize), cel.CostLimit(expressionCost))
	if err != nil {
		return nil, rollout.Unresolved(path, "cannot be evaluated here: %s", rollout.Quote(err.Error()))
	}
	return program, nil
}

// expressed returns a cluster as expressions see it.
func expressed(cluster managed) map[string]any {
	claims := make([]any, len(cluster.Value.Status.ClusterClaims))
	for i, claim := range cluster.Value.Status.ClusterClaims {
		claims[i] = map[string]any{"name": claim.Name, "value": claim.Value}
	}
	taints := make([]any, len(cluster.Value.Spec.Taints))
	for i, taint := range cluster.Value.Spec.Taints {
		taints[i] = map[string]any{"key": taint.Key, "value": taint.Value, "effect": string(taint.Effect)}
	}
	return map[string]any{
		"metadata": map[string]any{"name": cluster.Name, "labels": cluster.Labels.Map()},
		"spec":     map[string]any{"taints": taints},
		"status":   map[string]any{"clusterClaims": claims, "version": map[string]any{"kubernetes": cluster.Value.Status.Version.Kubernetes}},
	}
}
