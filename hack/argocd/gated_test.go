package argocd

import (
	"context"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/seawall-dev/seawall/hack/cluster"
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
		broken := fleet.Environments[5]
		deployer.Break(broken)
		recorder := record(ctx)
		Expect(fleet.Release(ctx, "v11")).NotTo(BeEmpty())
		Expect(fleet.Nudge(ctx, broken)).To(Succeed())
		halted := until(ctx, recorder, func(r Record) bool { return r.Applications[broken].Health == "Degraded" })
		started := len(halted.Started())
		Expect(started).To(BeNumerically("<=", 2*most), "those in flight with it, and who took the slot of one that had settled")
		Consistently(func() int { return len(recorder.Record().Started()) }).WithTimeout(2 * refresh).
			Should(BeNumerically("<=", started+most))

		Expect(deployer.Mend(ctx, broken)).To(Succeed())
		recovered := until(ctx, recorder, func(r Record) bool { return len(r.Started()) == environments && len(r.InFlight) == 0 })
		AddReportEntry("halted", recovered.Summary(), ReportEntryVisibilityAlways)
		Expect(recovered.MostInFlight).To(BeNumerically("<=", most))
	})

	It("nothing starts while Seawall is away, and no more than may once it is back", func(ctx SpecContext) {
		recorder := record(ctx)
		seawall.Kill()
		revision := release(ctx, "v12")
		Expect(fleet.Nudge(ctx, fleet.Environments...)).To(Succeed())
		Consistently(func() []Began { return recorder.Record().Starts }).WithTimeout(refresh).Should(BeEmpty())
		Expect(seawall.Restart(context.WithoutCancel(ctx))).To(Succeed())
		delivered := until(ctx, recorder, fleet.At(revision))
		AddReportEntry("restarted", delivered.Summary(), ReportEntryVisibilityAlways)
		Expect(delivered.MostInFlight).To(BeNumerically("<=", most))
	})

	It("a replica that is killed in mid-rollout costs no slot and gives none twice", func(ctx SpecContext) {
		recorder := record(ctx)
		revision := release(ctx, "v13")
		until(ctx, recorder, func(r Record) bool { return len(r.Started()) > most })
		seawall.Kill()
		Expect(seawall.Restart(context.WithoutCancel(ctx))).To(Succeed())
		delivered := until(ctx, recorder, fleet.At(revision))
		AddReportEntry("killed", delivered.Summary(), ReportEntryVisibilityAlways)
		Expect(delivered.MostInFlight).To(BeNumerically("<=", most))
		Expect(delivered.Took()).To(BeNumerically("<", patience-time.Second))
	})
})
