package admission_test

import (
	"encoding/json"
	"fmt"
	"testing"

	admissionv1 "k8s.io/api/admission/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	ctrladmission "sigs.k8s.io/controller-runtime/pkg/webhook/admission"

	"github.com/seawall-dev/seawall/pkg/budget"
	"github.com/seawall-dev/seawall/pkg/inventory"
	"github.com/seawall-dev/seawall/pkg/inventory/argocd"
	"github.com/seawall-dev/seawall/pkg/kinds"
)

// BenchmarkHandle measures one decision without HTTP: the creation of an ApplicationSet over
// a list, over ten clusters of a fleet, or over all of them.
func BenchmarkHandle(b *testing.B) {
	b.Run("list of 100", func(b *testing.B) { benchmarkHandle(b, 0, list(100)) })
	for _, size := range []int{1_000, 10_000, 100_000} {
		b.Run(fmt.Sprintf("10 of %d clusters", size), func(b *testing.B) {
			benchmarkHandle(b, size, map[string]any{"clusters": map[string]any{
				"selector": map[string]any{"matchLabels": map[string]any{"fleet": "picked"}},
			}})
		})
		b.Run(fmt.Sprintf("all of %d clusters", size), func(b *testing.B) {
			benchmarkHandle(b, size, map[string]any{"clusters": map[string]any{}})
		})
	}
}

func benchmarkHandle(b *testing.B, clusters int, generator map[string]any) {
	b.Helper()
	secrets := make([]*corev1.Secret, clusters)
	for i := range secrets {
		secrets[i] = cluster(i)
	}
	known := kinds.All(kinds.Inventories{ArgoCD: argocd.NewStatic(true, secrets...), Registry: inventory.NewRegistry()})
	handler, _ := newHandler(b, known[0].Reader)
	handler.Evaluator.Kinds = kinds.NewSet(known)
	handler.Sink = discard{}
	handler.Evaluator.Budget = budget.NewPool(0)
	r := creation(b, generator)
	b.ReportAllocs()
	for b.Loop() {
		if response := handler.Handle(b.Context(), r); !response.Allowed {
			b.Fatal(response.Result.Message)
		}
	}
}

func cluster(number int) *corev1.Secret {
	name := fmt.Sprintf("cluster-%05d", number)
	labels := map[string]string{"argocd.argoproj.io/secret-type": "cluster", "region": fmt.Sprint(number % 20)}
	if number < 10 {
		labels["fleet"] = "picked"
	}
	return &corev1.Secret{
		ObjectMeta: metav1.ObjectMeta{Namespace: "argocd", Name: name, Labels: labels},
		Data:       map[string][]byte{"name": []byte(name), "server": []byte("https://" + name)},
	}
}

func list(n int) map[string]any {
	elements := make([]any, n)
	for i := range elements {
		elements[i] = map[string]any{"name": fmt.Sprintf("tenant-%03d", i), "server": fmt.Sprintf("https://tenant-%03d", i)}
	}
	return map[string]any{"list": map[string]any{"elements": elements}}
}

func creation(b *testing.B, generator map[string]any) ctrladmission.Request {
	b.Helper()
	object, err := json.Marshal(map[string]any{
		"metadata": map[string]any{"name": "bench", "namespace": "apps"},
		"spec": map[string]any{
			"goTemplate": true, "goTemplateOptions": []any{"missingkey=error"}, "generators": []any{generator},
			"strategy": map[string]any{"type": "RollingSync", "rollingSync": map[string]any{"steps": []any{map[string]any{"maxUpdate": 20}}}},
			"template": map[string]any{
				"metadata": map[string]any{"name": "{{.name}}", "labels": map[string]any{"fleet": "bench"}},
				"spec": map[string]any{
					"project":     "default",
					"source":      map[string]any{"repoURL": "https://git.example.com/app.git", "path": "envs/{{.name}}"},
					"destination": map[string]any{"server": "{{.server}}", "namespace": "app"},
				},
			},
		},
	})
	if err != nil {
		b.Fatal(err)
	}
	return ctrladmission.Request{AdmissionRequest: admissionv1.AdmissionRequest{
		UID: "u1", Operation: admissionv1.Create, Namespace: "apps", Name: "bench",
		Kind:   metav1.GroupVersionKind{Group: "argoproj.io", Version: "v1alpha1", Kind: "ApplicationSet"},
		Object: runtime.RawExtension{Raw: object},
	}}
}
