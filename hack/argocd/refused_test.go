package argocd

import (
	"slices"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/seawall-dev/seawall/hack/cluster"
)

var _ = Describe("While the API server refuses starts", func() {
	It("Argo CD changes nothing, says why, and goes on when it may", func(ctx SpecContext) {
		refusal, err := cluster.ReadManifests("testdata/refuse.yaml")
		Expect(err).NotTo(HaveOccurred())
		Expect(plane.Apply(ctx, refusal...)).To(Succeed())
		DeferCleanup(func(ctx SpecContext) { withdraw(ctx, refusal) })
		held := fleet.Environments[:3]
		Eventually(func() error { return fleet.Sync(ctx, held[0], client.DryRunAll) }).WithTimeout(patience).Should(Satisfy(apierrors.IsForbidden))

		recorder := record(ctx)
		revision := release(ctx, "v3", held...)
		Expect(fleet.Nudge(ctx, held...)).To(Succeed())
		refused := until(ctx, recorder, func(r Record) bool {
			return !slices.ContainsFunc(held, func(name string) bool { return len(r.Environments[name].Errors) == 0 })
		})
		Expect(refused.Environments[held[0]].Errors).To(ConsistOf(ContainSubstring("no start today")))
		Expect(refused.Starts).To(BeEmpty())
		Expect(refused.MostRolling).To(BeZero())

		withdraw(ctx, refusal)
		Eventually(func() error { return fleet.Sync(ctx, held[0], client.DryRunAll) }).WithTimeout(patience).Should(Succeed())
		Expect(fleet.Nudge(ctx, held...)).To(Succeed())
		moved := until(ctx, recorder, fleet.At(revision))
		Expect(moved.Started()).To(ConsistOf(held))
		Expect(moved.Environments).To(HaveEach(HaveField("Errors", BeEmpty())))
	})
})

func withdraw(ctx SpecContext, objects []unstructured.Unstructured) {
	GinkgoHelper()
	for i := range objects {
		Expect(client.IgnoreNotFound(api.Delete(ctx, objects[i].DeepCopy()))).To(Succeed())
	}
}
