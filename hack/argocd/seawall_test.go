package argocd

import (
	"context"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/seawall-dev/seawall/hack/cluster"
)

var _ = Describe("With Seawall", Ordered, func() {
	var seawall *cluster.Webhook

	BeforeAll(func() { seawall = install("testdata/policy.yaml") })

	It("a write that moves all environments is refused, and Argo CD starts nothing", func(ctx SpecContext) {
		recorder := record(ctx)
		moved := fleet.ApplicationSet()
		Expect(unstructured.SetNestedField(moved.Object, "other", "spec", "template", "spec", "source", "targetRevision")).To(Succeed())
		Expect(write(ctx, moved)).To(MatchError(ContainSubstring(
			`wave 1 syncs 24 environments at 0.99 each (the policy's successRate.default): 21.4% chance that at least one fails, policy "five" allows 5%.`)))
		Expect(recorder.Record().Starts).To(BeEmpty())
	})

	It("a smaller rollout passes, and Argo CD delivers it", func(ctx SpecContext) {
		few := NewFleet(api, fleet.repository, "few", 5)
		recorder := record(ctx)
		revision, err := few.Release(ctx, "v1")
		Expect(err).NotTo(HaveOccurred())
		Expect(api.Create(ctx, few.ApplicationSet())).To(Succeed())
		DeferCleanup(few.Remove)
		delivered := until(ctx, recorder, few.At(revision))
		AddReportEntry("five", delivered.Summary(), ReportEntryVisibilityAlways)
		Expect(delivered.Started()).To(ConsistOf(few.Environments))
	})

	It("nothing is written while it is away, and it judges again when it is back", func(ctx SpecContext) {
		six := NewFleet(api, fleet.repository, "six", 6)
		seawall.Kill()
		Expect(create(ctx, six)).To(Satisfy(apierrors.IsInternalError))
		Expect(seawall.Restart(context.WithoutCancel(ctx))).To(Succeed())
		Expect(create(ctx, six)).To(Satisfy(apierrors.IsForbidden))
	})
})

// install installs Seawall with a policy, for the specs of one container, and waits until it
// judges by that.
func install(policy string) *cluster.Webhook {
	GinkgoHelper()
	seawall := installWith(policy, map[string]any{})
	Eventually(func() error { return create(context.Background(), fleet) }).WithTimeout(patience).Should(Satisfy(apierrors.IsForbidden))
	return seawall
}

// installWith installs Seawall with a policy and values of the chart, for the specs of one container.
func installWith(policy string, values map[string]any) *cluster.Webhook {
	GinkgoHelper()
	ctx := context.Background() // it outlives the node that installs it
	values["policies"] = map[string]any{"default": nil}
	seawall, err := plane.StartWebhook(ctx, cluster.WebhookOptions{Values: values})
	Expect(err).NotTo(HaveOccurred())
	DeferCleanup(func(ctx context.Context) { Expect(seawall.Uninstall(ctx)).To(Succeed()) })
	policies, err := cluster.ReadManifests(policy)
	Expect(err).NotTo(HaveOccurred())
	Expect(plane.Apply(ctx, policies...)).To(Succeed())
	DeferCleanup(func(ctx context.Context) {
		for i := range policies {
			Expect(client.IgnoreNotFound(api.Delete(ctx, &policies[i]))).To(Succeed()) // a spec may have deleted it
		}
	})
	return seawall
}

// create asks on dry-run whether a fleet may be created, under a name that none has.
func create(ctx context.Context, of *Fleet) error {
	set := of.ApplicationSet()
	set.SetName("probe-" + of.Name)
	return api.Create(ctx, set, client.DryRunAll)
}

// write applies an ApplicationSet as its author does.
func write(ctx context.Context, set *unstructured.Unstructured) error {
	return plane.Apply(ctx, *set)
}
