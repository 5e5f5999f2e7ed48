package main_test

import (
	"context"
	"encoding/json"
	"fmt"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	admissionregistrationv1 "k8s.io/api/admissionregistration/v1"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/seawall-dev/seawall/pkg/apis/v1alpha1"
)

// automatedTemplate is that of Applications that sync by themselves.
func automatedTemplate(name, revision string) map[string]any {
	of := template(name, revision)
	of["spec"].(map[string]any)["syncPolicy"] = map[string]any{"automated": map[string]any{}}
	return of
}

// release writes another revision into the template of an ApplicationSet.
func (g *gated) release(ctx context.Context, by client.Client, set, revision string) error {
	GinkgoHelper()
	body, err := json.Marshal(map[string]any{"spec": map[string]any{"template": automatedTemplate("{{.tenant}}", revision)}})
	Expect(err).NotTo(HaveOccurred())
	return by.Patch(ctx, tenants(set, 0, nil), client.RawPatch(types.MergePatchType, body))
}

// fails sets the failure policy of the webhook of starts.
func (g *gated) fails(ctx context.Context, policy admissionregistrationv1.FailurePolicyType) {
	GinkgoHelper()
	Eventually(func() error {
		var hooks admissionregistrationv1.ValidatingWebhookConfiguration
		if err := g.admin.Get(ctx, client.ObjectKey{Name: "seawall"}, &hooks); err != nil {
			return err
		}
		for i := range hooks.Webhooks {
			if hook := &hooks.Webhooks[i]; hook.Name == "starts.seawall.dev" {
				hook.FailurePolicy = &policy
			}
		}
		return g.admin.Update(ctx, &hooks)
	}).Should(Succeed())
}

var _ = Describe("a write of an ApplicationSet under the sync gate", Ordered, func() {
	var gate *gated

	BeforeAll(func(ctx SpecContext) {
		gate = startGate(context.WithoutCancel(ctx), func(*v1alpha1.WavePolicySpec) {})
	})

	// unpaced creates an ApplicationSet of so many Applications that nothing paces.
	unpaced := func(ctx context.Context, set string, n int) {
		GinkgoHelper()
		of := tenants(set, n, nil)
		spec := of.Object["spec"].(map[string]any)
		delete(spec, "strategy")
		spec["template"] = automatedTemplate("{{.tenant}}", "v1")
		Eventually(func() error { return gate.admin.Create(ctx, of) }).WithTimeout(20 * second).Should(Succeed())
	}

	It("passes where the gate holds all starts that follow, which the writer is told", func(ctx SpecContext) {
		unpaced(ctx, "fleet", 9)
		writer, warnings := connect(gate.plane.Config)
		revision := 1
		Eventually(func() []string { // until the policy is known
			revision++
			Expect(gate.release(ctx, writer, "fleet", fmt.Sprint("v", revision))).To(Succeed())
			return warnings.list()
		}).WithTimeout(20 * second).Should(ContainElement("ApplicationSet argocd/fleet: wave 1 syncs 9 environments at 0.99 each " +
			"(annotation seawall.dev/sync-success-rate): 8.6% chance that at least one fails, policy \"three\" allows 3%. " +
			"The sync gate accounts for it: it begins the starts at most 3 of them together."))
		Expect(gate.waves(ctx)).To(BeEmpty(), "nothing has started")
	})

	It("is denied while the gate fails open, and passes again when it does not", func(ctx SpecContext) {
		unpaced(ctx, "open", 9)
		DeferCleanup(func() { gate.fails(context.Background(), admissionregistrationv1.Fail) })
		gate.fails(ctx, admissionregistrationv1.Ignore)
		Eventually(func() error { return gate.release(ctx, gate.admin, "open", "v2") }).WithTimeout(20 * second).
			Should(denied("The sync gate does not account for it: failurePolicy of webhook starts.seawall.dev is Ignore."))
		gate.fails(ctx, admissionregistrationv1.Fail)
		Eventually(func() error { return gate.release(ctx, gate.admin, "open", "v3") }).WithTimeout(20 * second).Should(Succeed())
	})

	It("is denied where an Application is exempt, or is torn down", func(ctx SpecContext) {
		unpaced(ctx, "seawall", 3)
		Expect(gate.admin.Create(ctx, tenants("paced", 9, nil))).To(denied("The sync gate does not account for it: RollingSync paces it."))
		grown := tenants("seawall", 9, nil)
		body, err := json.Marshal(map[string]any{"spec": map[string]any{"generators": grown.Object["spec"].(map[string]any)["generators"]}})
		Expect(err).NotTo(HaveOccurred())
		Expect(gate.admin.Patch(ctx, grown, client.RawPatch(types.MergePatchType, body))).To(
			denied("The sync gate does not account for it: the matchConditions of webhook starts.seawall.dev exempt 6 of these Applications."))

		unpaced(ctx, "shrinking", 9)
		Expect(gate.admin.Patch(ctx, tenants("shrinking", 0, nil), client.RawPatch(types.JSONPatchType,
			[]byte(`[{"op": "replace", "path": "/spec/generators/0/list/elements", "value": [{"tenant": "x", "version": "v1"}]}]`)))).To(
			denied("The sync gate does not account for it: what it tears down is over the limit by itself, and no start tells of that."))
	})
})
