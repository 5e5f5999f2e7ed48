package flux

import (
	"context"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/seawall-dev/seawall/hack/cluster"
)

// refusedWith is the message of testdata/refuse.yaml. The code alone is no sign that it is in force: what Seawall leaves to
// Flux's own account is forbidden too, for a moment after the gate of another spec is gone.
const refusedWith = "no start today"

var _ = Describe("While the API server refuses starts", func() {
	It("Flux changes nothing, stays ready, and goes on by itself when it may", func(ctx SpecContext) {
		refusal, err := cluster.ReadManifests("testdata/refuse.yaml")
		Expect(err).NotTo(HaveOccurred())
		Expect(plane.Apply(ctx, refusal...)).To(Succeed())
		DeferCleanup(func(ctx SpecContext) { withdraw(ctx, refusal) })
		first := object(kustomizeVersion, "Kustomization", Namespace, fleet.Environments[0])
		Eventually(begin).WithContext(ctx).WithArguments(first).WithTimeout(patience).Should(MatchError(ContainSubstring(refusedWith)))

		recorder := record(ctx)
		before := until(ctx, recorder, func(r Record) bool { return len(r.Environments) == environments })
		revision := release(ctx, "v3", fleet.Environments[0])
		Eventually(flux.Refused).WithArguments(refusedWith).WithTimeout(patience).Should(ConsistOf(fleet.Environments), flux.Tail)
		refused := recorder.Record()
		Expect(refused.Starts).To(BeEmpty())
		Expect(refused.Environments).To(Equal(before.Environments))
		Expect(refused.MostRolling).To(BeZero())

		withdraw(ctx, refusal)
		moved := until(ctx, recorder, fleet.At(revision))
		AddReportEntry("refused", moved.Summary(), ReportEntryVisibilityAlways)
		Expect(moved.Started()).To(ConsistOf(fleet.Environments))
	})
})

// begin asks on dry-run to begin something of an object.
func begin(ctx context.Context, of unstructured.Unstructured) error {
	patch := client.RawPatch(types.MergePatchType, []byte(`{"status":{"lastAttemptedRevision":"main@sha1:0"}}`))
	return api.Status().Patch(ctx, &of, patch, client.DryRunAll)
}

func withdraw(ctx SpecContext, objects []unstructured.Unstructured) {
	GinkgoHelper()
	for i := range objects {
		Expect(client.IgnoreNotFound(api.Delete(ctx, objects[i].DeepCopy()))).To(Succeed())
	}
}
