package kargo_test

import (
	"testing"

	. "github.com/onsi/gomega"

	"github.com/seawall-dev/seawall/pkg/apis/v1alpha1"
	"github.com/seawall-dev/seawall/pkg/kinds/kindtest"
)

// TestCases holds what is right of Promotions in public reports: how many Applications, or that it
// is not known.
func TestCases(t *testing.T) {
	const unknown = -1
	rows := map[string]int{
		"K1-selector-sharded": unknown, "K2b-name-expr-sharded": unknown,
		"K3-named-unauthorized": 0, "K5-multi-stage-annotation": 2,
	}
	kindtest.EachCase(t, "argo", []string{"Promotion"}, rows, func(t *testing.T, of kindtest.Case, want int) {
		t.Helper()
		g := NewWithT(t)
		change, err := of.Read(t, promotion)
		if want != unknown {
			g.Expect(err).NotTo(HaveOccurred())
			g.Expect(change.Affected()).To(Equal(want))
			return
		}
		g.Expect(err).To(MatchError(ContainSubstring("may be in another cluster")))
		of.Write.Object.Metadata.Annotations = map[string]string{v1alpha1.EnvironmentsAnnotation: "40"}
		change, err = of.Read(t, promotion)
		g.Expect(err).NotTo(HaveOccurred())
		g.Expect(change.Affected()).To(Equal(40))
	})
}
