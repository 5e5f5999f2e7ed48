package main_test

import (
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/seawall-dev/seawall/pkg/apis/v1alpha1"
)

// counting has the policy count writes of some time together, by some traits.
func counting(seconds int32, by ...v1alpha1.WriteTraitSource) func(*v1alpha1.WavePolicySpec) {
	return func(spec *v1alpha1.WavePolicySpec) {
		spec.WriteWindow = v1alpha1.WriteWindow{Seconds: seconds}
		for _, source := range by {
			spec.WriteWindow.GroupBy = append(spec.WriteWindow.GroupBy, v1alpha1.WriteTrait{Source: source})
		}
	}
}

var _ = Describe("a policy that counts writes together and is changed", func() {
	DescribeTable("becomes looser, which the owner may do and the editor may not:",
		func(ctx SpecContext, field string, from, to func(*v1alpha1.WavePolicySpec)) {
			Expect(rewritten(ctx, "policy-editor", from, to)).To(looser(field))
			Expect(client.IgnoreNotFound(api.Delete(ctx, ratcheted(nil)))).To(Succeed())
			Expect(rewritten(ctx, "policy-owner", from, to)).To(Succeed())
		},
		Entry("no window any more", "writeWindow", counting(600), func(s *v1alpha1.WavePolicySpec) { s.WriteWindow = v1alpha1.WriteWindow{} }),
		Entry("a shorter one", "writeWindow.seconds", counting(600), counting(599)),
		Entry("a group divided", "writeWindow.groupBy", counting(600), counting(600, v1alpha1.WriteTraitNamespace)),
		Entry("groups that begin anew as one", "writeWindow.groupBy", counting(600, v1alpha1.WriteTraitNamespace), counting(600)),
	)

	DescribeTable("becomes tighter, or stays as it is, which the editor may do:",
		func(ctx SpecContext, from, to func(*v1alpha1.WavePolicySpec)) {
			Expect(rewritten(ctx, "policy-editor", from, to)).To(Succeed())
		},
		Entry("a window where there was none", nil, counting(10, v1alpha1.WriteTraitNamespace)),
		Entry("a longer one", counting(600), counting(601)),
		Entry("nothing at all", counting(600), counting(600)),
	)
})
