package fleet_test

import (
	"encoding/json"
	"fmt"
	"testing"

	"github.com/seawall-dev/seawall/pkg/inventory"
	"github.com/seawall-dev/seawall/pkg/kinds/kindtest"
	"github.com/seawall-dev/seawall/pkg/rollout"
)

// BenchmarkBundle reads a Bundle whose resources change, over ten or all of 10,000 clusters.
func BenchmarkBundle(b *testing.B) {
	static := static(b, clusters("fleet-default", "picked", "wave", "0", 10), clusters("fleet-default", "other", "wave", "1", 9_990))
	reader := bundle(inventory.NewStaticRegistry(static)).Reader
	for n, selector := range map[int]map[string]string{10: {"wave": "0"}, 10_000: {}} {
		old, written := written(b, selector, "v1"), written(b, selector, "v2")
		for name, write := range map[string]rollout.Write{
			"create": {Operation: rollout.Create, Namespace: "fleet-default", Name: "app", Object: written},
			"update": {Operation: rollout.Update, Namespace: "fleet-default", Name: "app", Object: written, OldObject: old},
		} {
			b.Run(fmt.Sprintf("%s %d of 10000", name, n), func(b *testing.B) {
				b.ReportAllocs()
				for b.Loop() {
					if change, err := reader.Read(b.Context(), write); err != nil || change.Affected() != n {
						b.Fatalf("%d affected, %v", change.Affected(), err)
					}
				}
			})
		}
	}
}

func written(b *testing.B, selector map[string]string, revision string) *rollout.Object {
	b.Helper()
	object, err := json.Marshal(map[string]any{
		"apiVersion": "fleet.cattle.io/v1alpha1", "kind": "Bundle",
		"metadata": map[string]any{"namespace": "fleet-default", "name": "app"},
		"spec": map[string]any{
			"resources":       []any{map[string]any{"name": "app.yaml", "content": revision}},
			"rolloutStrategy": map[string]any{"maxUnavailable": 20},
			"targets":         []any{map[string]any{"clusterSelector": map[string]any{"matchLabels": selector}}},
		},
	})
	if err != nil {
		b.Fatal(err)
	}
	return kindtest.Cut(b, object)
}
