package flux

import (
	"context"
	"fmt"
	"slices"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/seawall-dev/seawall/hack/cluster"
	"github.com/seawall-dev/seawall/hack/peers"
)

// pause is as long as Flux takes to try again several times.
const pause = 6 * time.Second

var _ = Describe("With the sync gate and the nudge", Ordered, func() {
	var seawall *cluster.Webhook

	BeforeAll(func() { seawall = install(map[string]any{"enabled": true, "nudge": true}) })

	It("the next begins when one is done, and no more are in flight", func(ctx SpecContext) {
		recorder := record(ctx)
		revision := release(ctx, "v20")
		delivered := until(ctx, recorder, fleet.At(revision))
		asked, err := peers.Metric(ctx, seawall.MetricsURL, `seawall_starts_nudges_total{result="Nudged"}`)
		Expect(err).NotTo(HaveOccurred())
		AddReportEntry("nudged", fmt.Sprintf("%s; %d nudges", delivered.Summary(), asked), ReportEntryVisibilityAlways)
		Expect(delivered.Started()).To(ConsistOf(fleet.Environments))
		Expect(delivered.MostInFlight).To(Equal(most))
		Expect(delivered.MostRolling).To(BeNumerically("<=", most))
		Expect(asked).To(And(BeNumerically(">", 0), BeNumerically("<=", 2*environments)), "one for each start is enough")
	})

	It("what fails halts the others, and what mends it lets them go on", func(ctx SpecContext) {
		for _, name := range fleet.Environments {
			deployer.Break(name)
			DeferCleanup(deployer.Mend, name) // or no other spec would find it at rest
		}
		recorder := record(ctx)
		before := until(ctx, recorder, func(r Record) bool { return len(r.Environments) == environments })
		revision := release(ctx, "v21")
		// One that was admitted a moment before the first failure is about to start.
		halted := until(ctx, recorder, func(r Record) bool {
			started := r.Started()
			for _, name := range fleet.Environments {
				begun := slices.Contains(started, name)
				if begun && !r.Environments[name].Failed() || !begun && r.Environments[name] != before.Environments[name] {
					return false
				}
			}
			return len(r.Starts) > 0
		})
		Expect(len(halted.Starts)).To(BeNumerically("<=", most))
		held := slices.DeleteFunc(slices.Clone(fleet.Environments), func(name string) bool {
			return slices.Contains(halted.Started(), name)
		})
		Consistently(func(g Gomega) {
			now := recorder.Record()
			g.Expect(now.Starts).To(HaveLen(len(halted.Starts)))
			for _, name := range held {
				g.Expect(now.Environments[name]).To(Equal(before.Environments[name]), "it is ready at what it had")
			}
		}).WithTimeout(pause).Should(Succeed())

		for _, name := range fleet.Environments {
			Expect(deployer.Mend(ctx, name)).To(Succeed())
		}
		recovered := until(ctx, recorder, fleet.At(revision))
		AddReportEntry("halted", recovered.Summary(), ReportEntryVisibilityAlways)
		Expect(recovered.Started()).To(ConsistOf(fleet.Environments))
		Expect(recovered.MostInFlight).To(BeNumerically("<=", most))
	})

	It("nothing starts while Seawall is away, and a slot is neither lost nor given twice", func(ctx SpecContext) {
		recorder := record(ctx)
		revision := release(ctx, "v22")
		until(ctx, recorder, func(r Record) bool { return len(r.Starts) >= most })
		seawall.Kill()
		started := len(recorder.Record().Starts)
		Consistently(func() []peers.Began { return recorder.Record().Starts }).WithTimeout(2 * pause).Should(HaveLen(started))
		until(ctx, recorder, func(r Record) bool { return len(r.InFlight) == 0 }) // what had begun goes on
		Expect(seawall.Restart(context.WithoutCancel(ctx))).To(Succeed())
		delivered := until(ctx, recorder, fleet.At(revision))
		AddReportEntry("killed", delivered.Summary(), ReportEntryVisibilityAlways)
		Expect(delivered.Started()).To(ConsistOf(fleet.Environments))
		Expect(delivered.MostInFlight).To(BeNumerically("<=", most))
	})
})
