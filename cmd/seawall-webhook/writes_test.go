package main_test

import (
	"bytes"
	"context"
	"encoding/json"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

const second = time.Second

// A way of writing is one of the verbs and clients by which the same object can be stored.
type way func(ctx context.Context, set *unstructured.Unstructured) error

func put(ctx context.Context, set *unstructured.Unstructured) error {
	stored := get(ctx, set.GetName())
	set = set.DeepCopy()
	set.SetResourceVersion(stored.GetResourceVersion())
	return api.Update(ctx, set)
}

func mergePatch(ctx context.Context, set *unstructured.Unstructured) error {
	body, err := json.Marshal(map[string]any{"spec": set.Object["spec"]})
	Expect(err).NotTo(HaveOccurred())
	return api.Patch(ctx, get(ctx, set.GetName()), client.RawPatch("application/merge-patch+json", body))
}

func serverSideApply(ctx context.Context, set *unstructured.Unstructured) error {
	return api.Apply(ctx, client.ApplyConfigurationFromUnstructured(set.DeepCopy()), client.FieldOwner("test"), client.ForceOwnership)
}

func dryRun(ctx context.Context, set *unstructured.Unstructured) error {
	stored := get(ctx, set.GetName())
	set = set.DeepCopy()
	set.SetResourceVersion(stored.GetResourceVersion())
	return api.Update(ctx, set, client.DryRunAll)
}

// kubectlApply returns what kubectl printed as an error when it failed.
func kubectlApply(ctx context.Context, set *unstructured.Unstructured) (string, int) {
	GinkgoHelper()
	body, err := json.Marshal(set)
	Expect(err).NotTo(HaveOccurred())
	output, err := plane.Kubectl(ctx, bytes.NewReader(body), "apply", "-f", "-")
	Expect(err).NotTo(HaveOccurred())
	return output.Stdout + output.Stderr, output.Code
}

var _ = Describe("a write", func() {
	It("is denied on creation, by any client, with the same words", func(ctx SpecContext) {
		set := tenants("tenants", 100, nil)
		Expect(create(ctx, set)).To(denied(overLimit("tenants")))
		Expect(create(ctx, set)).To(MatchError(HaveSuffix(
			" More, and how to ask for an override: https://github.com/seawall-dev/seawall/blob/main/docs/denied.md")))
		Expect(create(ctx, set, client.DryRunAll)).To(denied(overLimit("tenants")))
		Expect(serverSideApply(ctx, set)).To(denied(overLimit("tenants")))
		said, code := kubectlApply(ctx, set)
		Expect(code).To(Equal(1))
		Expect(said).To(ContainSubstring(`admission webhook "waves.seawall.dev" denied the request: ` + overLimit("tenants")))
	})

	It("passes once it is what the denial said", func(ctx SpecContext) {
		Expect(create(ctx, tenants("tenants", 100, int64(22)))).To(Succeed())
	})

	DescribeTable("of an existing rollout is decided alike by every verb",
		func(ctx SpecContext, name string, write way) {
			paced := tenants(name, 100, int64(22))
			Expect(create(ctx, paced)).To(Succeed())

			loosened := tenants(name, 100, nil)
			Expect(write(ctx, loosened)).To(denied(overLimit(name)), "taking the pacing off")

			bumped := paced.DeepCopy()
			bumped.Object["spec"].(map[string]any)["template"] = template("{{.tenant}}", "v2")
			Expect(write(ctx, bumped)).To(Succeed(), "a new version at the same pace")

			one := tenants(name, 101, nil)
			Expect(write(ctx, one)).To(denied(""), "a 101st tenant does not excuse taking the pacing off")
		},
		Entry("PUT", "by-put", way(put)),
		Entry("merge patch", "by-patch", way(mergePatch)),
		Entry("server-side apply", "by-apply", way(serverSideApply)),
		Entry("dry-run", "by-dry-run", way(dryRun)),
	)

	It("is decided alike by kubectl apply, which patches", func(ctx SpecContext) {
		paced := tenants("by-kubectl", 100, int64(22))
		said, code := kubectlApply(ctx, paced)
		Expect(said).To(ContainSubstring("created"))
		Expect(code).To(BeZero())
		DeferCleanup(func(ctx SpecContext) { Expect(api.Delete(ctx, paced)).To(Succeed()) })
		said, code = kubectlApply(ctx, tenants("by-kubectl", 100, nil))
		Expect(code).To(Equal(1))
		Expect(said).To(ContainSubstring(overLimit("by-kubectl")))
	})
})

var _ = Describe("n", func() {
	// An unpaced rollout of 100 that was there before the policy: every write that affects
	// more than 22 of its environments at once is denied.
	var stored *unstructured.Unstructured
	BeforeEach(func(ctx SpecContext) {
		set := tenants("existing", 100, nil)
		delete(set.Object["spec"].(map[string]any), "strategy")
		grandfather(ctx, set)
		stored = get(ctx, "existing")
	})

	spec := func() map[string]any { return stored.Object["spec"].(map[string]any) }

	DescribeTable("counts the environments that an update affects",
		func(ctx SpecContext, change func(), want OmegaMatcher) {
			change()
			Expect(api.Update(ctx, stored)).To(want)
		},
		Entry("a 101st tenant is 1", func() {
			setElements(stored, append(elements(stored), map[string]any{"tenant": "new", "version": "v1"}))
		}, Succeed()),
		Entry("23 new tenants are 23", func() {
			setElements(stored, append(elements(stored), elements(tenants("new", 23, nil))...))
		}, denied("wave 1 syncs 23 environments")),
		Entry("a new version of one tenant is 1", func() {
			elements(stored)[7].(map[string]any)["version"] = "v2"
		}, Succeed()),
		Entry("a new version for all is 100", func() { spec()["template"] = template("{{.tenant}}", "v2") },
			denied("wave 1 syncs 100 environments")),
		Entry("a field that no template uses is 0", func() {
			for _, element := range elements(stored) {
				element.(map[string]any)["note"] = "x"
			}
		}, Succeed()),
		Entry("another order is 0", func() {
			list := elements(stored)
			list[0], list[99] = list[99], list[0]
		}, Succeed()),
		Entry("50 tenants less are 50", func() { setElements(stored, elements(stored)[:50]) },
			denied("wave 1 tears down 50 environments")),
		Entry("a strategy where there was none is 0", func() {
			spec()["strategy"] = tenants("x", 1, int64(5)).Object["spec"].(map[string]any)["strategy"]
		}, Succeed()),
		Entry("a label is 0", func() { stored.SetLabels(map[string]string{"team": "a"}) }, Succeed()),
		Entry("a finalizer is 0", func() { stored.SetFinalizers([]string{"example.com/wait"}) }, Succeed()),
		Entry("the annotation alone is 0", func() { stored.SetAnnotations(map[string]string{rateKey: "0.999"}) }, Succeed()),
		Entry("and refused when it is malformed", func() { stored.SetAnnotations(map[string]string{rateKey: "soon"}) },
			denied(`annotation seawall.dev/sync-success-rate is "soon"`)),
	)

	AfterEach(func(ctx SpecContext) {
		stored = get(ctx, "existing")
		stored.SetFinalizers(nil)
		Expect(api.Update(ctx, stored)).To(Succeed())
	})

	It("is 0 for a write of the status", func(ctx SpecContext) {
		stored.Object["status"] = map[string]any{"resourcesCount": int64(100)}
		Expect(api.Status().Update(ctx, stored)).To(Succeed())
	})

	It("is not counted on a deletion that no policy asks about", func(ctx SpecContext) {
		Expect(api.Delete(ctx, stored, client.DryRunAll)).To(Succeed())
	})
})
