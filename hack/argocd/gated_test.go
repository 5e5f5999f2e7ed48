package argocd

import (
	"context"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/seawall-dev/seawall/hack/cluster"
	"github.com/seawall-dev/seawall/hack/peers"
)

// most is how many the policy of testdata/gate.yaml lets be in flight together.
const most = 3

var _ = Describe("With the sync gate", Ordered, func() {
	var seawall *cluster.Webhook

	BeforeAll(func() {
		seawall = installWith("testdata/gate.yaml", map[string]any{"syncGate": map[string]any{"enabled": true}})
	})

	It("no more are in flight at any instant than the policy allows, and all are delivered", func(ctx SpecContext) {
		recorder := record(ctx)
		revision := release(ctx, "v10")
		delivered := until(ctx, recorder, fleet.At(revision))
		AddReportEntry("gated", delivered.Summary(), ReportEntryVisibilityAlways)
		Expect(delivered.Started()).To(ConsistOf(fleet.Environments))
		Expect(delivered.MostInFlight).To(Equal(most))
		Expect(delivered.MostRolling).To(BeNumerically("<=", most))
	})

	It("what fails halts the others, and what mends it lets them go on", func(ctx SpecContext) {
		group := fleet.Environments[:6]
		broken := group[0]
		deployer.Break(broken)
		DeferCleanup(deployer.Mend, broken) // or no other spec would find it at rest
		recorder := record(ctx)
		release(ctx, "v11", group...)
		Expect(fleet.Nudge(ctx, broken)).To(Succeed())
		halted := until(ctx, recorder, func(r Record) bool { return r.Environments[broken].Health == "Degraded" })
		started := len(halted.Started())
		Expect(started).To(BeNumerically("<", len(group)))
		Consistently(func() int {
			now := recorder.Record()
			return len(now.Started())
		}).WithTimeout(2*refresh).
			Should(BeNumerically("<=", started+1), "one may have been admitted before the failure was seen")

		Expect(deployer.Mend(ctx, broken)).To(Succeed())
		recovered := until(ctx, recorder, func(r Record) bool { return len(r.Started()) == len(group) && len(r.InFlight) == 0 })
		AddReportEntry("halted", recovered.Summary(), ReportEntryVisibilityAlways)
		Expect(recovered.MostInFlight).To(BeNumerically("<=", most))
	})

	It("nothing starts while Seawall is away, and a slot is neither lost nor given twice", func(ctx SpecContext) {
		group := fleet.Environments[:6]
		recorder := record(ctx)
		revision := release(ctx, "v12", group...)
		until(ctx, recorder, func(r Record) bool { return len(r.Started()) >= most })
		seawall.Kill()
		started := recorder.Record().Starts
		Consistently(func() []peers.Began { return recorder.Record().Starts }).WithTimeout(refresh).Should(HaveLen(len(started)))
		Expect(seawall.Restart(context.WithoutCancel(ctx))).To(Succeed())
		delivered := until(ctx, recorder, fleet.At(revision))
		AddReportEntry("killed", delivered.Summary(), ReportEntryVisibilityAlways)
		Expect(delivered.Started()).To(ConsistOf(group))
		Expect(delivered.MostInFlight).To(BeNumerically("<=", most))
	})

	It("its policy is deleted in the middle, and no more are in flight than it allowed until all are delivered", func(ctx SpecContext) {
		group := fleet.Environments[:6]
		recorder := record(ctx)
		revision := release(ctx, "v13", group...)
		until(ctx, recorder, func(r Record) bool { return len(r.Started()) >= most })
		policies, err := cluster.ReadManifests("testdata/gate.yaml")
		Expect(err).NotTo(HaveOccurred())
		Expect(api.Delete(ctx, &policies[0])).To(Succeed())
		delivered := until(ctx, recorder, fleet.At(revision))
		AddReportEntry("drained", delivered.Summary(), ReportEntryVisibilityAlways)
		Expect(delivered.Started()).To(ConsistOf(group))
		Expect(delivered.MostInFlight).To(BeNumerically("<=", most))
	})
})
