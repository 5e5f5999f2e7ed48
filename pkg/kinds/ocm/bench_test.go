package ocm_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/seawall-dev/seawall/pkg/inventory"
	"github.com/seawall-dev/seawall/pkg/kinds/kindtest"
	"github.com/seawall-dev/seawall/pkg/rollout"
)

// BenchmarkReplicaSetOf1MiB updates a ManifestWorkReplicaSet with manifests of 1 MiB for 10
// clusters, cutting both objects as the webhook does.
func BenchmarkReplicaSetOf1MiB(b *testing.B) {
	setOf := func(window, last string) []byte {
		var manifests []string
		for i := range 256 {
			manifests = append(manifests, fmt.Sprintf(`{"apiVersion":"v1","data":{"a":%q},"kind":"ConfigMap","metadata":{"name":"m-%d"}}`,
				strings.Repeat("key: value\n", 340), i))
		}
		return fmt.Appendf(nil, `{"apiVersion":"work.open-cluster-management.io/v1alpha1","kind":"ManifestWorkReplicaSet","metadata":{"name":"w","namespace":"ns"},`+
			`"spec":{"manifestWorkTemplate":{"workload":{"manifests":[%s,{"last":%q}]}},"placementRefs":[{"name":"p",`+
			`"rolloutStrategy":{"progressive":{"maxConcurrency":%s},"type":"Progressive"}}]}}`, strings.Join(manifests, ","), last, window)
	}
	kind := replicaSet(placed(b, 10))
	before := setOf("1", "a")
	for name, after := range map[string][]byte{"manifests": setOf("1", "b"), "pace": setOf("2", "a"), "nothing": setOf("1", "a")} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			b.SetBytes(int64(len(before)))
			want := map[string]int{"manifests": 10, "pace": 10}[name]
			for b.Loop() {
				write := rollout.Write{
					Operation: rollout.Update, Namespace: "ns", Name: "w", Object: kindtest.Cut(b, after), OldObject: kindtest.Cut(b, before),
				}
				if change, err := kind.Reader.Read(b.Context(), write); err != nil || change.Affected() != want {
					b.Fatal(change.Affected(), err)
				}
			}
		})
	}
}

// BenchmarkReplicaSetOf10000 creates and updates one for 10,000 clusters.
func BenchmarkReplicaSetOf10000(b *testing.B) {
	kind := replicaSet(placed(b, 10_000))
	setOf := func(name string) *rollout.Object {
		return kindtest.Cut(b, fmt.Appendf(nil, `{"apiVersion":"work.open-cluster-management.io/v1alpha1","kind":"ManifestWorkReplicaSet",`+
			`"metadata":{"name":"w","namespace":"ns"},"spec":{"manifestWorkTemplate":{"workload":{"manifests":[{"name":%q}]}},"placementRefs":[{"name":"p",`+
			`"rolloutStrategy":{"progressive":{"maxConcurrency":20},"type":"Progressive"}}]}}`, name))
	}
	for name, write := range map[string]rollout.Write{
		"create": {Operation: rollout.Create, Namespace: "ns", Name: "w", Object: setOf("a")},
		"update": {Operation: rollout.Update, Namespace: "ns", Name: "w", Object: setOf("b"), OldObject: setOf("a")},
	} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if change, err := kind.Reader.Read(b.Context(), write); err != nil || change.Affected() != 10_000 {
					b.Fatal(change.Affected(), err)
				}
			}
		})
	}
}

// placed returns so many clusters and a Placement of all of them.
func placed(b *testing.B, clusters int) *inventory.Registry {
	b.Helper()
	return inventory.NewStaticRegistry(inventory.Static{Objects: kindtest.Objects(b, fmt.Appendf(nil, `
apiVersion: cluster.open-cluster-management.io/v1
kind: ManagedCluster
metadata: {name: c, labels: {cluster.open-cluster-management.io/clusterset: s}, annotations: {kindtest.seawall.dev/copies: "%d"}}
---
apiVersion: cluster.open-cluster-management.io/v1beta2
kind: ManagedClusterSet
metadata: {name: s}
---
apiVersion: cluster.open-cluster-management.io/v1beta2
kind: ManagedClusterSetBinding
metadata: {name: s, namespace: ns}
---
apiVersion: cluster.open-cluster-management.io/v1beta1
kind: Placement
metadata: {name: p, namespace: ns}
`, clusters))})
}
