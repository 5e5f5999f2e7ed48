package applicationset_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"testing"

	"github.com/seawall-dev/seawall/pkg/kinds/kindtest"
	"github.com/seawall-dev/seawall/pkg/rollout"
)

// spec is an ApplicationSet's spec as tests build it.
type spec = map[string]any

func object(tb testing.TB, spec spec) *rollout.Object {
	tb.Helper()
	data, err := json.Marshal(map[string]any{
		"apiVersion": "argoproj.io/v1alpha1", "kind": "ApplicationSet",
		"metadata": map[string]any{"name": "tenants", "namespace": "argocd"},
		"spec":     spec,
	})
	if err != nil {
		tb.Fatal(err)
	}
	return kindtest.Cut(tb, data)
}

// tenants is a list of n elements with a template of the usual size.
func tenants(n int) spec {
	elements := make([]any, n)
	for i := range elements {
		elements[i] = map[string]any{"name": fmt.Sprintf("tenant-%05d", i), "env": "prod", "url": "https://kubernetes.default.svc"}
	}
	return goSpec(map[string]any{"list": map[string]any{"elements": elements}})
}

func goSpec(generators ...any) spec {
	return spec{
		"goTemplate": true, "goTemplateOptions": []any{"missingkey=error"}, "generators": generators,
		"template": map[string]any{
			"metadata": map[string]any{"name": "{{.name}}", "labels": map[string]any{"env": "{{.env}}"}},
			"spec": map[string]any{
				"project": "default",
				"source": map[string]any{
					"repoURL": "https://git.example.com/tenants.git", "targetRevision": "v1", "path": "tenants/{{.name}}",
					"helm": map[string]any{"valueFiles": []any{"values.yaml", "values-{{.env}}.yaml"}},
				},
				"destination": map[string]any{"server": "{{.url}}", "namespace": "{{.name}}"},
				"syncPolicy":  map[string]any{"automated": map[string]any{"prune": true}},
			},
		},
	}
}

// with returns the spec with one field replaced, at a path of keys.
func with(tb testing.TB, original spec, value any, path ...string) spec {
	tb.Helper()
	copied := make(spec, len(original))
	maps.Copy(copied, original)
	if len(path) == 1 {
		copied[path[0]] = value
		return copied
	}
	inner, _ := original[path[0]].(map[string]any)
	copied[path[0]] = with(tb, inner, value, path[1:]...)
	return copied
}

func creation(tb testing.TB, spec spec) rollout.Write {
	tb.Helper()
	return rollout.Write{Operation: rollout.Create, Object: object(tb, spec)}
}

func update(tb testing.TB, before, after spec) rollout.Write {
	tb.Helper()
	return rollout.Write{Operation: rollout.Update, Object: object(tb, after), OldObject: object(tb, before)}
}
