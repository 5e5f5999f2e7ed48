package main_test

import (
	"context"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	openreports "github.com/openreports/reports-api/apis/openreports.io/v1alpha1"
	corev1 "k8s.io/api/core/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/seawall-dev/seawall/hack/cluster"
	"github.com/seawall-dev/seawall/pkg/apis/v1alpha1"
)

// holding has three Applications of a set sync and two wait for them, and returns their names.
func (g *gated) holding(ctx context.Context, set string) []string {
	GinkgoHelper()
	names := g.applications(ctx, set, 5)
	for _, name := range names[:3] {
		Eventually(func() error { return g.begin(ctx, name, "b") }).WithTimeout(20 * second).Should(Succeed())
	}
	for _, name := range names[3:] {
		Eventually(func() error {
			return g.change(ctx, g.argoCD, name, func(app map[string]any) { app["status"] = status("OutOfSync", "Healthy", "b") })
		}).Should(Succeed())
		for range 3 {
			Expect(g.begin(ctx, name, "b")).To(held("3 of"))
		}
	}
	return names
}

// events returns how often what happened to an ApplicationSet, as Events count it, by their reasons.
func (g *gated) events(ctx context.Context, set string) map[string]int32 {
	GinkgoHelper()
	var list corev1.EventList
	Expect(g.admin.List(ctx, &list, client.InNamespace(cluster.ArgoCDNamespace))).To(Succeed())
	counts := map[string]int32{}
	for _, event := range list.Items {
		if of := event.InvolvedObject; of.Kind == "ApplicationSet" && of.Name == set {
			Expect(of.UID).NotTo(BeEmpty(), "kubectl describe looks for it")
			counts[event.Reason] += event.Count
		}
	}
	return counts
}

// condition returns a condition of a policy as its status and reason.
func (g *gated) condition(ctx context.Context, policy, of string) string {
	GinkgoHelper()
	var stored v1alpha1.WavePolicy
	Expect(g.admin.Get(ctx, client.ObjectKey{Name: policy}, &stored)).To(Succeed())
	for _, condition := range stored.Status.Conditions {
		if condition.Type == of {
			return string(condition.Status) + " " + condition.Reason
		}
	}
	return ""
}

var _ = Describe("what people see of the sync gate", Ordered, func() {
	var gate *gated

	BeforeAll(func() { gate = startGate(context.Background(), func(*v1alpha1.WavePolicySpec) {}) })

	It("is one Event and one result of a report per episode, however often Argo CD tries", func(ctx SpecContext) {
		names := gate.holding(ctx, "seen")
		Eventually(gate.events).WithArguments(ctx, "seen").WithTimeout(20 * second).Should(Equal(map[string]int32{"StartsHeld": 1}))
		Expect(gate.begin(ctx, names[3], "b")).To(held("3 of"))
		Consistently(gate.events).WithArguments(ctx, "seen").WithTimeout(5 * second).Should(Equal(map[string]int32{"StartsHeld": 1}))
		Expect(*gate.waves(ctx)[0].Status.Held).To(BeEquivalentTo(2))
		var reports openreports.ReportList
		Eventually(func(g Gomega) {
			g.Expect(gate.admin.List(ctx, &reports, client.InNamespace(cluster.ArgoCDNamespace))).To(Succeed())
			g.Expect(reports.Items).To(HaveLen(1))
		}).WithTimeout(20 * second).Should(Succeed())
		Expect(reports.Items[0].Scope.Name).To(Equal("seen"))
		Expect(reports.Items[0].Results).To(ConsistOf(And(
			HaveField("Rule", "WaveFull"), HaveField("Properties", And(HaveKeyWithValue("operation", "HOLD"), HaveKeyWithValue("count", "1"))),
		)))

		By("and one when none waits any more")
		for i, name := range names[3:] {
			gate.end(ctx, names[i], "b", "Healthy")
			Eventually(func() error { return gate.begin(ctx, name, "b") }).WithTimeout(20 * second).Should(Succeed())
		}
		Eventually(gate.events).WithArguments(ctx, "seen").WithTimeout(20 * second).Should(Equal(map[string]int32{"StartsHeld": 1, "StartsReleased": 1}))
	})

	It("is one Event when a failure halts the others, and one when that is over", func(ctx SpecContext) {
		names := gate.applications(ctx, "broken", 2)
		Eventually(func() error { return gate.begin(ctx, names[0], "b") }).WithTimeout(20 * second).Should(Succeed())
		gate.end(ctx, names[0], "b", "Degraded")
		Eventually(gate.events).WithArguments(ctx, "broken").WithTimeout(20 * second).Should(Equal(map[string]int32{"StartsHalted": 1}))
		Eventually(func() float64 { return gauge(scrapedFrom(gate.webhook), "seawall_waves_halted", "three") }).
			WithTimeout(20 * second).Should(BeEquivalentTo(1))
		Eventually(func() error { return gate.begin(ctx, names[0], "c") }).Should(Succeed())
		gate.end(ctx, names[0], "c", "Healthy")
		Eventually(gate.events).WithArguments(ctx, "broken").WithTimeout(20 * second).Should(Equal(map[string]int32{"StartsHalted": 1, "StartsResumed": 1}))
	})

	It("says of a policy whether it gates, and whether one start exceeds its limit", func(ctx SpecContext) {
		Eventually(gate.condition).WithArguments(ctx, "three", "Gating").WithTimeout(20 * second).Should(Equal("True Gating"))
		Expect(gate.condition(ctx, "three", "StartsWithinLimit")).To(Equal("True WithinLimit"))
		narrow := newPolicy("narrow", "0.001", nil)
		narrow.Spec.SyncGate = &v1alpha1.SyncGate{}
		narrow.Spec.ValidationActions = []v1alpha1.ValidationAction{v1alpha1.ActionAudit}
		Expect(gate.admin.Create(ctx, narrow)).To(Succeed())
		DeferCleanup(func(ctx SpecContext) { Expect(gate.admin.Delete(ctx, narrow)).To(Succeed()) })
		Eventually(gate.condition).WithArguments(ctx, "narrow", "StartsWithinLimit").WithTimeout(20 * second).Should(Equal("False OneOverLimit"))

		By("and where nothing is gated")
		off := newPolicy("off", "0.5", nil)
		off.Spec.SyncGate = &v1alpha1.SyncGate{}
		Expect(api.Create(ctx, off)).To(Succeed())
		DeferCleanup(func(ctx SpecContext) { Expect(api.Delete(ctx, off)).To(Succeed()) })
		elsewhere := &gated{admin: api}
		Eventually(elsewhere.condition).WithArguments(ctx, "off", "Gating").WithTimeout(20 * second).Should(Equal("False GateDisabled"))
	})

	It("tells whether starts pass when Seawall is away", func() {
		families := scrapedFrom(gate.webhook)
		Expect(gauge(families, "seawall_starts_asked", "")).To(BeEquivalentTo(1))
		Expect(gauge(families, "seawall_starts_fail_open", "")).To(BeEquivalentTo(0))
	})
})
