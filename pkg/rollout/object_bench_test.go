package rollout_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/seawall-dev/seawall/pkg/rollout"
)

// BenchmarkCut cuts an object of 1 MiB, and compares it with one that differs at its end.
func BenchmarkCut(b *testing.B) {
	object := func(last string) []byte {
		var resources []string
		for i := range 256 {
			resources = append(resources, fmt.Sprintf(`{"name":"r-%d.yaml","content":%q}`, i, strings.Repeat("key: value\n", 340)))
		}
		return fmt.Appendf(nil, `{"metadata":{},"spec":{"resources":[%s,{"name":%q}]}}`, strings.Join(resources, ","), last)
	}
	before, after := object("a"), object("b")
	b.SetBytes(int64(len(before)))
	b.ReportAllocs()
	b.Run("cut", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if _, err := rollout.Cut(before); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("compare", func(b *testing.B) {
		b.ReportAllocs()
		old, _ := rollout.Cut(before)
		written, _ := rollout.Cut(after)
		for b.Loop() {
			if old.Spec.Same(written.Spec) {
				b.Fatal("the same")
			}
		}
	})
}
