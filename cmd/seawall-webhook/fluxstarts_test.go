package main_test

import (
	"context"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	gomegatypes "github.com/onsi/gomega/types"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

// heldByFlux matches the API server's error for a start of Flux that is held.
func heldByFlux(text string) gomegatypes.GomegaMatcher {
	return And(
		Satisfy(apierrors.IsForbidden),
		MatchError(HavePrefix(`admission webhook "flux.starts.seawall.dev" denied the request: `)),
		MatchError(ContainSubstring(text)),
	)
}

var _ = Describe("the sync gate of Flux", Ordered, func() {
	var gate *fluxGate

	BeforeAll(func(ctx SpecContext) { gate = startFluxGate(context.WithoutCancel(ctx)) })

	It("lets so many Kustomizations of a source be in flight, each once, and the next once one is Ready", func(ctx SpecContext) {
		names := gate.kustomizations(ctx, "tenants", 5)
		gate.artifact(ctx, gitRepository("tenants"), commit("b"))
		for _, name := range names[:3] {
			gate.start(ctx, name, "b")
		}
		const group = "GitRepository flux-system/tenants"
		Expect(*gate.wave(ctx, group).InFlightCount).To(BeEquivalentTo(3), "both writes of a start take one slot")
		text := "Kustomization flux-system/tenants-03: held: 3 of " + group + " are in flight " +
			`(tenants-00, tenants-01, tenants-02), and policy "three" allows 3 at a limit of 3%. Flux tries again by itself.`
		Expect(gate.fetch(ctx, names[3], "b")).To(heldByFlux(text))
		Expect(gate.attempt(ctx, names[3], "b")).To(heldByFlux(text), "as where the first is not told of")

		By("what it has is not held, nor anything else of its status")
		Expect(gate.fetch(ctx, names[3], "a")).To(Succeed())
		Expect(gate.attempt(ctx, names[3], "a")).To(Succeed())
		Expect(gate.succeed(ctx, names[3], "a")).To(Succeed())

		By("how many wait is in the Wave, and whose turn comes is asked for")
		Eventually(func() *int32 { return gate.wave(ctx, group).Held }).WithTimeout(20 * second).Should(HaveValue(BeEquivalentTo(2)))
		kind := kustomization("", "").GroupVersionKind()
		asked := func() (asked int) {
			for _, name := range names[3:] {
				if gate.requested(ctx, kind, name) != "" {
					asked++
				}
			}
			return asked
		}
		Consistently(asked).WithTimeout(3 * second).Should(BeZero())
		Expect(gate.succeed(ctx, names[0], "b")).To(Succeed())
		Eventually(asked).WithTimeout(20 * second).Should(Equal(1))
		Consistently(asked).WithTimeout(3 * second).Should(Equal(1))
		gate.start(ctx, names[3], "b")
		Expect(gate.fetch(ctx, names[4], "b")).To(heldByFlux("3 of"))
		Expect(*gate.wave(ctx, group).Peak).To(BeEquivalentTo(3))
	})

	It("halts the others once one has failed, which tries again unasked, until that succeeds", func(ctx SpecContext) {
		names := gate.kustomizations(ctx, "halting", 3)
		gate.start(ctx, names[0], "b")
		Expect(gate.fail(ctx, names[0], "HealthCheckCanceled")).To(Succeed())
		Expect(gate.fail(ctx, names[0], "HealthCheckFailed")).To(Succeed())
		Eventually(func() error { return gate.fetch(ctx, names[1], "b", client.DryRunAll) }).Should(heldByFlux(
			`held: 1 of GitRepository flux-system/halting failed (halting-00), and policy "three" halts the others until they succeed.`))
		Expect(gate.fetch(ctx, names[0], "b")).To(Succeed())
		Expect(gate.fail(ctx, names[0], "HealthCheckFailed")).To(Succeed())

		By("a later commit lifts it by the one that has failed only")
		Expect(gate.fetch(ctx, names[1], "c")).To(heldByFlux("failed (halting-00)"))
		gate.start(ctx, names[0], "c")
		Expect(gate.fetch(ctx, names[1], "c")).To(heldByFlux("failed (halting-00)"))
		Expect(gate.succeed(ctx, names[0], "c")).To(Succeed())
		gate.start(ctx, names[1], "c")
	})

	It("frees the slot of what never began", func(ctx SpecContext) {
		names := gate.kustomizations(ctx, "void", 4)
		for _, name := range names[:3] {
			Eventually(func() error { return gate.fetch(ctx, name, "b") }).Should(Succeed())
		}
		Expect(gate.fetch(ctx, names[3], "b")).To(heldByFlux("3 of"))
		By("the artifact could not be fetched")
		Expect(gate.fail(ctx, names[0], "ArtifactFailed")).To(Succeed())
		Eventually(func() error { return gate.fetch(ctx, names[3], "b", client.DryRunAll) }).Should(Succeed())
		Expect(gate.fetch(ctx, names[0], "b")).To(Succeed())
		Expect(gate.fetch(ctx, names[3], "b")).To(heldByFlux("3 of"))
		By("the source went back before anything was tried")
		Expect(gate.fetch(ctx, names[1], "a")).To(Succeed())
		Eventually(func() error { return gate.fetch(ctx, names[3], "b") }).Should(Succeed())
	})

	It("never holds what goes back to what it had applied", func(ctx SpecContext) {
		names := gate.kustomizations(ctx, "back", 2)
		gate.start(ctx, names[0], "b")
		gate.start(ctx, names[1], "b")
		Expect(gate.fail(ctx, names[1], "ReconciliationFailed")).To(Succeed())
		Eventually(func() string { return gate.wave(ctx, "GitRepository flux-system/back").HaltedBy }).WithTimeout(20 * second).
			Should(Equal("flux-system/back-01 (SyncFailed)"))
		Expect(gate.fetch(ctx, names[0], "c")).To(heldByFlux("failed (back-01)"))
		gate.start(ctx, names[0], "a")
	})

	It("holds HelmReleases by their charts and values", func(ctx SpecContext) {
		names := gate.helmReleases(ctx, "podinfo", 4)
		for _, name := range names {
			gate.artifact(ctx, helmChart(name), "2.0.0")
		}
		for _, name := range names[:3] {
			Eventually(func() error { return gate.run(ctx, name, "upgrade") }).WithTimeout(20 * second).Should(Succeed())
			Expect(gate.release(ctx, name, "2.0.0", "sha256:1")).To(Succeed())
		}
		const group = "HelmRepository flux-system/charts#podinfo"
		Expect(*gate.wave(ctx, group).InFlightCount).To(BeEquivalentTo(3))
		text := "HelmRelease flux-system/podinfo-03: held: 3 of " + group + " are in flight (podinfo-00, podinfo-01, podinfo-02)"
		Expect(gate.run(ctx, names[3], "upgrade")).To(heldByFlux(text))
		Expect(gate.release(ctx, names[3], "2.0.0", "sha256:1")).To(heldByFlux(text))
		Expect(gate.released(ctx, names[3], "True", "UpgradeSucceeded")).To(Succeed())
		Expect(gate.released(ctx, names[0], "True", "UpgradeSucceeded")).To(Succeed())
		Eventually(func() error { return gate.run(ctx, names[3], "upgrade") }).Should(Succeed())
		Expect(gate.release(ctx, names[3], "2.0.0", "sha256:1")).To(Succeed())

		By("other values are another start")
		Expect(gate.release(ctx, names[0], "2.0.0", "sha256:2")).To(heldByFlux("3 of"))
		Expect(gate.released(ctx, names[1], "False", "UpgradeFailed")).To(Succeed())
		Eventually(func() error { return gate.release(ctx, names[0], "2.0.0", "sha256:2") }).Should(heldByFlux("failed (podinfo-01)"))
		By("a further try of what has failed is none")
		Expect(gate.run(ctx, names[1], "upgrade")).To(Succeed())
		Expect(gate.released(ctx, names[1], "True", "UpgradeSucceeded")).To(Succeed())
		Eventually(func() error { return gate.release(ctx, names[0], "2.0.0", "sha256:2") }).Should(Succeed())
	})

	It("lets Seawall's account change nothing but one annotation", func(ctx SpecContext) {
		name := gate.kustomizations(ctx, "guarded", 1)[0]
		nudger := gate.as(nudgerUser) // which RBAC allows everything here: it is the admission policy that refuses
		merge := func(body string) error {
			return nudger.Patch(ctx, kustomization(name, "guarded"), client.RawPatch(types.MergePatchType, []byte(body)))
		}
		const and = `"annotations":{"reconcile.fluxcd.io/requestedAt":"2026-11-29T12:00:00.5Z"}`
		for what, body := range map[string]string{
			"another annotation": `{"metadata":{"annotations":{"reconcile.fluxcd.io/requestedAt":"2026-11-29T12:00:00Z","a":"b"}}}`,
			"no time":            `{"metadata":{"annotations":{"reconcile.fluxcd.io/requestedAt":"now"}}}`,
			"a label":            `{"metadata":{` + and + `,"labels":{"a":"b"}}}`,
			"the spec":           `{"metadata":{` + and + `},"spec":{"path":"./evil"}}`,
		} {
			Expect(merge(body)).To(And(Satisfy(apierrors.IsForbidden), MatchError(ContainSubstring(
				"This account may change nothing of an object of Flux but its annotation reconcile.fluxcd.io/requestedAt, to a time"))), what)
		}
		Expect(merge(`{"metadata":{` + and + `}}`)).To(Succeed())
	})

	It("leaves the status to Flux, and says why one waits", func(ctx SpecContext) {
		names := gate.kustomizations(ctx, "trusted", 4)
		Expect(gate.write(ctx, gate.as("jane"), kustomization(names[0], "trusted"), map[string]any{"lastAppliedRevision": commit("b")})).
			To(And(Satisfy(apierrors.IsForbidden), MatchError(ContainSubstring("Only Flux may change the status of its objects"))))
		Expect(gate.plugin(ctx, "gate", "why", "ks/flux-system/"+names[3]).Stderr).To(ContainSubstring("it does not wait"))
		gate.artifact(ctx, gitRepository("trusted"), commit("b"))
		for _, name := range names[:3] {
			gate.start(ctx, name, "b")
		}
		why := gate.plugin(ctx, "gate", "why", "kustomization/flux-system/"+names[3])
		Expect(why.Stdout).To(ContainSubstring(`Kustomization flux-system/trusted-03, policy "three": held: 3 of GitRepository flux-system/trusted are in flight`))
		Expect(gate.plugin(ctx, "gate", "why", "kustomization/flux-system/none").Stderr).To(ContainSubstring("there is no Kustomization flux-system/none"))
		Expect(gate.plugin(ctx, "gate", "why", "pod/a/b").Stderr).To(ContainSubstring("with kind application, kustomization or helmrelease"))
	})

	It("is not asked about what is exempt, and holds all else while it is away", func(ctx SpecContext) {
		Expect(gate.admin.Create(ctx, kustomization("seawall", "tenants"))).To(Succeed())
		names := gate.kustomizations(ctx, "outage", 1)
		Expect(gate.webhook.Stop()).To(Succeed())
		Expect(gate.fetch(ctx, "seawall", "b")).To(Succeed())
		Expect(gate.fetch(ctx, names[0], "b")).To(MatchError(ContainSubstring(`failed calling webhook "flux.starts.seawall.dev"`)))
		Expect(gate.attempt(ctx, names[0], "b")).To(MatchError(ContainSubstring("failed calling webhook")))
		Expect(gate.fetch(ctx, names[0], "a")).To(Succeed())
		Expect(gate.succeed(ctx, names[0], "a")).To(Succeed())
	})
})
