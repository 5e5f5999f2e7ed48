package resourceset_test

import (
	"testing"

	. "github.com/onsi/gomega"

	"github.com/seawall-dev/seawall/pkg/kinds/kindtest"
	"github.com/seawall-dev/seawall/pkg/rollout"
)

// TestCases holds what is right of ResourceSets in public reports: how many environments are
// affected, and how.
func TestCases(t *testing.T) {
	type right struct {
		effect rollout.Effect
		n      int
	}
	rows := map[string]right{
		"R2-force-annotation": {rollout.Changed, 3}, "R3-plain-object-beside": {rollout.Changed, 1}, "R4-one-input": {rollout.Changed, 1},
		"R5-artifact-generator": {rollout.Changed, 3}, "R7-oci-shared": {rollout.Changed, 3}, "R15-hub-deploy-only": {rollout.Changed, 1},
		"R16-copyfrom": {rollout.Changed, 3}, "R18-dependson-dropped": {rollout.Released, 3},
		"R21-namespace-labels": {rollout.Changed, 1}, "R23-healthcheck-double": {rollout.Changed, 1},
	}
	kindtest.EachCase(t, "argo", []string{"ResourceSet"}, rows, func(t *testing.T, of kindtest.Case, want right) {
		t.Helper()
		g := NewWithT(t)
		change, err := of.Read(t, resourceSet)
		g.Expect(err).NotTo(HaveOccurred())
		g.Expect(change.Affected()).To(Equal(want.n))
		for _, step := range change.Steps {
			for _, target := range step.All() {
				g.Expect(target.Effect).To(Equal(want.effect))
			}
		}
	})
}
