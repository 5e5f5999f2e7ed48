package argocd

import (
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
)

var _ = Describe("Without a gate", func() {
	It("one commit moves all environments at once", func(ctx SpecContext) {
		deployer.Take(5 * rollout) // or the first is done before the last begins, on a busy machine
		DeferCleanup(deployer.Take, rollout)
		recorder := record(ctx)
		revision := release(ctx, "v1")
		moved := until(ctx, recorder, fleet.At(revision))

		AddReportEntry("ungated", moved.Summary(), ReportEntryVisibilityAlways)
		Expect(moved.Started()).To(ConsistOf(fleet.Environments))
		Expect(moved.MostInFlight).To(BeNumerically(">", environments/2))
		Expect(moved.MostRolling).To(BeNumerically(">", environments/2))
	})

	It("an environment that does not become healthy stays in flight until it is mended", func(ctx SpecContext) {
		broken, sound := fleet.Environments[2], fleet.Environments[3]
		deployer.Break(broken)
		DeferCleanup(deployer.Mend, broken) // or no other spec would find it at rest
		recorder := record(ctx)
		revision := release(ctx, "v2", broken, sound)
		Expect(fleet.Nudge(ctx, broken, sound)).To(Succeed())
		degraded := until(ctx, recorder, func(r Record) bool {
			return r.Environments[broken].Health == "Degraded" && r.Environments[sound].At(revision) && !r.InFlight[sound]
		})
		Expect(degraded.Environments[broken].Phase).To(Equal("Succeeded"), "Argo CD does not tell by the operation")
		Expect(degraded.InFlight).To(Equal(map[string]bool{broken: true}))

		Expect(deployer.Mend(ctx, broken)).To(Succeed())
		mended := until(ctx, recorder, fleet.At(revision))
		Expect(mended.Started()).To(ConsistOf(broken, sound), "the commit concerns no other")
	})

	It("a user's sync is a start as any other", func(ctx SpecContext) {
		recorder := record(ctx)
		Expect(fleet.Sync(ctx, fleet.Environments[0])).To(Succeed())
		synced := until(ctx, recorder, func(r Record) bool { return len(r.Starts) > 0 && len(r.InFlight) == 0 })
		Expect(synced.Started()).To(ConsistOf(fleet.Environments[0]))
		Expect(synced.MostRolling).To(BeZero(), "nothing was to be changed")
	})
})
