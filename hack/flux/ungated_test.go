package flux

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
		Expect(moved.MostInFlight).To(Equal(environments))
		Expect(moved.MostRolling).To(BeNumerically(">", environments/2))
	})

	It("an environment that does not become healthy stays in flight until it is mended", func(ctx SpecContext) {
		broken, sound := fleet.Environments[2], fleet.Environments[3]
		deployer.Break(broken)
		DeferCleanup(deployer.Mend, broken) // or no other spec would find it at rest
		recorder := record(ctx)
		revision := release(ctx, "v2", broken, sound)
		failed := until(ctx, recorder, func(r Record) bool {
			return r.Environments[broken].Failed() && len(r.Started()) == environments && len(r.InFlight) == 1
		})
		Expect(failed.Environments[broken]).To(And(HaveField("Attempted", revision), HaveField("Reason", "HealthCheckFailed")))
		Expect(failed.InFlight).To(Equal(map[string]bool{broken: true}))

		Expect(deployer.Mend(ctx, broken)).To(Succeed())
		mended := until(ctx, recorder, fleet.At(revision))
		Expect(mended.Starts).To(HaveLen(environments), "to try again at a revision begins nothing")
	})
})
