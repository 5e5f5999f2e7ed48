package main_test

import (
	"context"
	"encoding/json"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	admissionv1 "k8s.io/api/admission/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/seawall-dev/seawall/pkg/apis/v1alpha1"
	"github.com/seawall-dev/seawall/pkg/controller"
	"github.com/seawall-dev/seawall/pkg/policy"
	"github.com/seawall-dev/seawall/pkg/rollout"
)

// forged is a review of an update that nobody makes.
func forged(old, object *unstructured.Unstructured) *admissionv1.AdmissionRequest {
	GinkgoHelper()
	request := reviewOf(object, "system:serviceaccount:argocd:gitops")
	if old != nil {
		raw, err := json.Marshal(old)
		Expect(err).NotTo(HaveOccurred())
		request.Operation, request.OldObject.Raw = admissionv1.Update, raw
	}
	return request
}

// giveUp settles the reservation of an override as the leader does, after less time.
func giveUp(ctx context.Context, override *v1alpha1.WaveOverride, after time.Duration) {
	GinkgoHelper()
	live, err := client.NewWithWatch(plane.Config, client.Options{Scheme: api.Scheme()})
	Expect(err).NotTo(HaveOccurred())
	var stored v1alpha1.WaveOverride
	Expect(api.Get(ctx, client.ObjectKeyFromObject(override), &stored)).To(Succeed())
	settling := &controller.Reservation{Client: api, Live: live, Lasts: after}
	_, err = settling.Reconcile(ctx, &stored)
	Expect(err).NotTo(HaveOccurred())
}

var _ = Describe("the reservation of an override for one use", func() {
	It("by a made-up creation does not use it up", func(ctx SpecContext) {
		override := once("madeup")
		permit(ctx, override)
		set := tenants("madeup", 100, nil)
		set.SetUID("11111111-1111-1111-1111-111111111111")
		Expect(post(ctx, webhook, forged(nil, set)).Allowed).To(BeTrue())
		Expect(uses(ctx, override)).To(And(HaveField("TimesUsed", BeNil()),
			HaveField("Reservation", HaveField("By", "system:serviceaccount:argocd:gitops"))))
		Expect(create(ctx, tenants("madeup", 100, nil))).To(denied(overLimit("madeup") +
			" WaveOverride argocd/for-madeup is reserved for another write, which may yet be stored."))

		giveUp(ctx, override, time.Second)
		settled(ctx, override, 0)
		Eventually(func() error { return create(ctx, tenants("madeup", 100, nil)) }).Should(Succeed())
		settled(ctx, override, 1)
		Expect(patch(ctx, "madeup", "v2")).To(denied("WaveOverride argocd/for-madeup has been used."))
	})

	It("by a made-up update does not use it up when something else is written", func(ctx SpecContext) {
		grandfather(ctx, tenants("bystander", 100, nil))
		override := once("bystander")
		permit(ctx, override)
		stored := get(ctx, "bystander")
		Expect(post(ctx, webhook, forged(stored, release(stored, "v2"))).Allowed).To(BeTrue())
		Expect(uses(ctx, override).Reservation).NotTo(BeZero())
		label := client.RawPatch(types.MergePatchType, []byte(`{"metadata":{"labels":{"team":"a"}}}`))
		Expect(api.Patch(ctx, tenants("bystander", 0, nil), label)).To(Succeed())
		giveUp(ctx, override, time.Second)
		settled(ctx, override, 0)
		Eventually(func() error { return patch(ctx, "bystander", "v2") }).Should(Succeed())
		settled(ctx, override, 1)
	})

	It("is not to be had by a review of what is not stored, or is already", func(ctx SpecContext) {
		grandfather(ctx, tenants("lied", 100, nil))
		override := once("lied")
		permit(ctx, override)
		stored := get(ctx, "lied")
		recreated := stored.DeepCopy()
		recreated.SetUID("11111111-1111-1111-1111-111111111111")
		for what, request := range map[string]*admissionv1.AdmissionRequest{
			"another object than the stored one": forged(recreated, release(recreated, "v2")),
			"another spec than the stored one":   forged(release(stored, "v0"), release(stored, "v2")),
			"what is stored already":             forged(release(stored, "v0"), stored),
			"a creation of what exists":          forged(nil, recreated),
		} {
			answer := post(ctx, webhook, request)
			Expect(answer.Allowed).To(BeFalse(), what)
			Expect(answer.Result.Message).To(ContainSubstring("WaveOverride argocd/for-lied is not used: what is stored has changed meanwhile, try again."), what)
			Expect(uses(ctx, override)).To(BeZero(), what)
		}
		Expect(patch(ctx, "lied", "v2")).To(Succeed())
		settled(ctx, override, 1)
	})

	It("is a use at once when the write is stored, by whom and when", func(ctx SpecContext) {
		writer, _ := gitOps(ctx, "gitops")
		override := once("landed")
		permit(ctx, override)
		before := time.Now().Add(-time.Second)
		Eventually(func() error { return apply(ctx, writer, tenants("landed", 100, nil)) }).Should(Succeed())
		DeferCleanup(func(ctx SpecContext) { Expect(api.Delete(ctx, get(ctx, "landed"))).To(Succeed()) })
		settled(ctx, override, 1)
		Expect(uses(ctx, override)).To(And(
			HaveField("LastUsedBy", "system:serviceaccount:argocd:gitops"), HaveField("LastWrite", ""),
			HaveField("LastUsedTime", HaveValue(HaveField("Time", BeTemporally(">=", before.Truncate(time.Second)))))))
	})

	It("is a use though the rollout is deleted before anybody looks", func(ctx SpecContext) {
		override := once("brief")
		provide(ctx, override)
		compiled, err := policy.CompileOverride(override)
		Expect(err).NotTo(HaveOccurred())
		set := tenants("brief", 1, nil)
		Expect(api.Create(ctx, set)).To(Succeed())
		fingerprint := fingerprintOf(get(ctx, "brief"))
		claim := policy.Use{By: "x", At: time.Now(), Version: "v1alpha1", Before: fingerprint, After: fingerprintOf(release(get(ctx, "brief"), "v2"))}
		claimed, _, err := controller.NewUses(api, api, GinkgoLogr).Claim(ctx, compiled, claim)
		Expect(err).NotTo(HaveOccurred())
		Expect(claimed).To(BeTrue())
		Expect(patch(ctx, "brief", "v2")).To(Succeed())
		Expect(api.Delete(ctx, set)).To(Succeed())
		giveUp(ctx, override, 10*time.Second)
		settled(ctx, override, 1)
	})

	It("is given back when its write is refused all the same", func(ctx SpecContext) {
		override := once("refused")
		provide(ctx, override)
		compiled, err := policy.CompileOverride(override)
		Expect(err).NotTo(HaveOccurred())
		for _, authenticated := range []bool{false, true} {
			counter := controller.NewUses(api, api, GinkgoLogr)
			use := policy.Use{By: "x", At: time.Now(), Version: "v1alpha1", After: "a", Authenticated: authenticated}
			claimed, _, err := counter.Claim(ctx, compiled, use)
			Expect(err).NotTo(HaveOccurred())
			Expect(claimed).To(BeTrue())
			Expect(counter.Release(ctx, compiled, use)).To(Succeed())
			settled(ctx, override, 0)
		}
	})
})

func fingerprintOf(object *unstructured.Unstructured) string {
	GinkgoHelper()
	text, err := object.MarshalJSON()
	Expect(err).NotTo(HaveOccurred())
	cut, err := rollout.Cut(text)
	Expect(err).NotTo(HaveOccurred())
	fingerprint, err := rollout.Fingerprint(cut)
	Expect(err).NotTo(HaveOccurred())
	return fingerprint
}
