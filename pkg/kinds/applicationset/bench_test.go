package applicationset_test

import (
	"context"
	"fmt"
	"testing"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/seawall-dev/seawall/pkg/inventory/argocd"
	"github.com/seawall-dev/seawall/pkg/kinds/applicationset"
	"github.com/seawall-dev/seawall/pkg/rollout"
)

func benchmark(b *testing.B, argo interface {
	applicationset.Clusters
	applicationset.Switches
}, write rollout.Write, affected int) {
	b.Helper()
	reader := applicationset.Kind(applicationset.Inventory{Clusters: argo, Switches: argo}).Reader
	b.ReportAllocs()
	for b.Loop() {
		change, err := reader.Read(context.Background(), write)
		if err != nil || change.Affected() != affected {
			b.Fatalf("%d affected, %v", change.Affected(), err)
		}
	}
}

func BenchmarkCreate(b *testing.B) {
	for _, n := range []int{100, 1000} {
		b.Run(fmt.Sprintf("list of %d", n), func(b *testing.B) {
			benchmark(b, &argoCD{}, creation(b, tenants(n)), n)
		})
	}
	b.Run("bare list of 10000", func(b *testing.B) {
		benchmark(b, &argoCD{}, creation(b, with(b, tenants(10_000), map[string]any{}, "template", "spec")), 10_000)
	})
}

func BenchmarkUpdate(b *testing.B) {
	for _, n := range []int{100, 1000, 5000} {
		b.Run(fmt.Sprintf("template of %d", n), func(b *testing.B) {
			bumped := with(b, tenants(n), "v2", "template", "spec", "source", "targetRevision")
			benchmark(b, &argoCD{}, update(b, tenants(n), bumped), n)
		})
		b.Run(fmt.Sprintf("one more than %d", n), func(b *testing.B) {
			benchmark(b, &argoCD{}, update(b, tenants(n), tenants(n+1)), 1)
		})
	}
	b.Run("same spec of 5000", func(b *testing.B) {
		benchmark(b, &argoCD{}, update(b, tenants(5000), tenants(5000)), 0)
	})
}

// BenchmarkFunctions bumps the template of tenants whose fields are templates of functions and
// conditions, which text/template executes itself.
func BenchmarkFunctions(b *testing.B) {
	for _, n := range []int{1000, 5000} {
		b.Run(fmt.Sprintf("template of %d", n), func(b *testing.B) {
			spec := with(b, tenants(n), "{{.name | lower | trunc 40}}", "template", "metadata", "name")
			spec = with(b, spec, `{{if eq .env "prod"}}tenants/{{normalize .name}}{{else}}other/{{.name}}{{end}}`, "template", "spec", "source", "path")
			spec = with(b, spec, `{{default "default" (get . "project")}}`, "template", "spec", "project")
			spec = with(b, spec, []any{"values.yaml", `values-{{.env | lower}}.yaml`, `{{printf "values-%s.yaml" .name}}`}, "template", "spec", "source", "helm", "valueFiles")
			bumped := with(b, spec, "v2", "template", "spec", "source", "targetRevision")
			benchmark(b, &argoCD{}, update(b, spec, bumped), n)
		})
	}
}

// BenchmarkMatrix bumps the template of a matrix of tenants and ten clusters, which the
// second child selects by a parameter of the first.
func BenchmarkMatrix(b *testing.B) {
	for _, n := range []int{1000, 5000} {
		b.Run(fmt.Sprintf("%d", n), func(b *testing.B) {
			elements := make([]any, n/10)
			for i := range elements {
				elements[i] = map[string]any{"tenant": fmt.Sprintf("tenant-%05d", i), "env": "prod", "of": "0"}
			}
			selector := map[string]any{"matchLabels": map[string]any{"wave": "{{.of}}"}}
			spec := goSpec(matrixOf(listed(elements...), map[string]any{"clusters": map[string]any{"selector": selector}}))
			spec = with(b, with(b, spec, "{{.server}}", "template", "spec", "destination", "server"), "{{.tenant}}-{{.name}}", "template", "metadata", "name")
			bumped := with(b, spec, "v2", "template", "spec", "source", "targetRevision")
			benchmark(b, argocd.NewStatic(false, fleet(10)...), update(b, spec, bumped), n)
		})
	}
}

// clusterSpec is of clusters with a template of the usual size.
func clusterSpec(tb testing.TB, selector map[string]any) spec {
	tb.Helper()
	spec := goSpec(map[string]any{"clusters": map[string]any{"selector": selector}})
	spec = with(tb, with(tb, spec, "{{.server}}", "template", "spec", "destination", "server"), map[string]any{"wave": "{{.metadata.labels.wave}}"}, "template", "metadata", "labels")
	return with(tb, spec, []any{"values.yaml", "values-{{.name}}.yaml"}, "template", "spec", "source", "helm", "valueFiles")
}

// BenchmarkClusters takes as long for 10 of 10,000 clusters as for 10 of 100: what it asks
// is the inventory's index.
func BenchmarkClusters(b *testing.B) {
	for _, n := range []int{1000, 10_000, 100_000} {
		argo := argocd.NewStatic(false, fleet(n)...)
		for _, of := range []int{10, n} {
			all := clusterSpec(b, map[string]any{})
			if of == 10 {
				all = clusterSpec(b, map[string]any{"matchLabels": map[string]any{"wave": "0"}})
			} else {
				of++ // the cluster that Argo CD runs in has no labels, and yet a wave by default
				all["goTemplateOptions"] = []any{}
			}
			bumped := with(b, all, "v2", "template", "spec", "source", "targetRevision")
			b.Run(fmt.Sprintf("create %d of %d", min(of, n), n), func(b *testing.B) { benchmark(b, argo, creation(b, all), of) })
			b.Run(fmt.Sprintf("update %d of %d", min(of, n), n), func(b *testing.B) { benchmark(b, argo, update(b, all, bumped), of) })
		}
	}
}

// BenchmarkProduct is a matrix of 100 elements and 100 clusters.
func BenchmarkProduct(b *testing.B) {
	elements := make([]any, 100)
	for i := range elements {
		elements[i] = map[string]any{"tenant": fmt.Sprintf("tenant-%05d", i)}
	}
	spec := clusterSpec(b, nil)
	spec["generators"] = []any{matrixOf(map[string]any{"clusters": map[string]any{"selector": map[string]any{"matchExpressions": []any{map[string]any{"key": "wave", "operator": "Exists"}}}}}, listed(elements...))}
	spec = with(b, spec, "{{.tenant}}-{{.name}}", "template", "metadata", "name")
	bumped := with(b, spec, "v2", "template", "spec", "source", "targetRevision")
	argo := argocd.NewStatic(false, fleet(100)...)
	b.Run("create", func(b *testing.B) { benchmark(b, argo, creation(b, spec), 10_000) })
	b.Run("update", func(b *testing.B) { benchmark(b, argo, update(b, spec, bumped), 10_000) })
}

// fleet is n cluster Secrets, ten of each wave.
func fleet(n int) []*corev1.Secret {
	secrets := make([]*corev1.Secret, n)
	for i := range secrets {
		name := fmt.Sprintf("cluster-%05d", i)
		secrets[i] = &corev1.Secret{
			ObjectMeta: metav1.ObjectMeta{Name: name, Namespace: "argocd", Labels: map[string]string{
				"argocd.argoproj.io/secret-type": "cluster", "wave": fmt.Sprint(i / 10),
			}},
			Data: map[string][]byte{"name": []byte(name), "server": []byte("https://" + name + ".example.com")},
		}
	}
	return secrets
}
