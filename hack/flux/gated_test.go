package flux

import (
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
)

// most is how many the policy of testdata/gate.yaml lets be in flight together.
const most = 2

var _ = Describe("With the sync gate", Ordered, func() {
	BeforeAll(func() { install(map[string]any{"enabled": true}) })

	It("no more are in flight at any instant than the policy allows, and all are delivered", func(ctx SpecContext) {
		recorder := record(ctx)
		revision := release(ctx, "v10")
		delivered := until(ctx, recorder, fleet.At(revision))
		AddReportEntry("gated", delivered.Summary(), ReportEntryVisibilityAlways)
		Expect(delivered.Started()).To(ConsistOf(fleet.Environments))
		Expect(delivered.Starts).To(HaveLen(environments))
		Expect(delivered.MostInFlight).To(Equal(most))
		Expect(delivered.MostRolling).To(BeNumerically("<=", most))

		why := `and policy "two" allows 2 at a limit of 2%. Flux tries again by itself.`
		held, err := flux.Refused(why)
		Expect(err).NotTo(HaveOccurred())
		Expect(len(held)).To(BeNumerically(">=", environments-most))
	})
})
