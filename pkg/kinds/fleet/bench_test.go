package fleet_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/seawall-dev/seawall/pkg/inventory"
	"github.com/seawall-dev/seawall/pkg/kinds/kindtest"
	"github.com/seawall-dev/seawall/pkg/rollout"
)

// BenchmarkBundleOf1MiB updates a Bundle with resources of 1 MiB for 10 clusters, cutting both
// objects as the webhook does: its last resource differs, or only how it is paced.
func BenchmarkBundleOf1MiB(b *testing.B) {
	bundleOf := func(pace, last string) []byte {
		var resources []string
		for i := range 256 {
			resources = append(resources, fmt.Sprintf(`{"content":%q,"name":"r-%d.yaml"}`, strings.Repeat("key: value\n", 340), i))
		}
		return fmt.Appendf(nil, `{"apiVersion":"fleet.cattle.io/v1alpha1","kind":"Bundle","metadata":{"name":"b","namespace":"fleet-default"},`+
			`"spec":{"resources":[%s,{"content":%q,"name":"last.yaml"}],"rolloutStrategy":{"maxUnavailable":%s},"targets":[{"clusterSelector":{}}]}}`,
			strings.Join(resources, ","), last, pace)
	}
	kind := bundle(inventory.NewStaticRegistry(inventory.Static{Objects: kindtest.Objects(b, []byte(`
apiVersion: fleet.cattle.io/v1alpha1
kind: Cluster
metadata: {name: c, namespace: fleet-default, annotations: {kindtest.seawall.dev/copies: "10"}}
`))}))
	before := bundleOf("1", "a")
	for name, after := range map[string][]byte{"resources": bundleOf("1", "b"), "pace": bundleOf("2", "a"), "nothing": bundleOf("1", "a")} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			b.SetBytes(int64(len(before)))
			want := map[string]int{"resources": 10, "pace": 10}[name]
			for b.Loop() {
				write := rollout.Write{
					Operation: rollout.Update, Namespace: "fleet-default", Name: "b", Object: kindtest.Cut(b, after), OldObject: kindtest.Cut(b, before),
				}
				if change, err := kind.Reader.Read(b.Context(), write); err != nil || change.Affected() != want {
					b.Fatal(change.Affected(), err)
				}
			}
		})
	}
}
