package flux

import (
	"context"
	"fmt"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/seawall-dev/seawall/hack/cluster"
	"github.com/seawall-dev/seawall/hack/peers"
)

// Releases is what a Recorder of HelmReleases knows.
type Releases = peers.Record[HelmRelease]

var _ = Describe("HelmReleases", Ordered, func() {
	Context("with the sync gate and the nudge", func() {
		var seawall *cluster.Webhook

		BeforeAll(func() {
			seawall = installWith("testdata/helmgate.yaml", map[string]any{"enabled": true, "nudge": true})
		})

		It("are installed no more at once than the policy allows", func(ctx SpecContext) {
			recorder := recordOf(ctx, helmReleases())
			Expect(charts.Release(ctx, "1.0.0")).To(Succeed())
			Expect(plane.Apply(ctx, charts.Objects()...)).To(Succeed())
			installed := until(ctx, recorder, charts.At("1.0.0"))
			asked, err := peers.Metric(ctx, seawall.MetricsURL, `seawall_starts_nudges_total{result="Nudged"}`)
			Expect(err).NotTo(HaveOccurred())
			AddReportEntry("installed", fmt.Sprintf("%s; %d nudges", installed.Summary(), asked), ReportEntryVisibilityAlways)
			Expect(installed.Started()).To(ConsistOf(charts.Environments))
			Expect(installed.Starts).To(HaveLen(environments))
			Expect(installed.MostInFlight).To(Equal(most))
			Expect(installed.MostRolling).To(BeNumerically("<=", most))
		})

		It("wait while one has failed, and go on once that is mended", func(ctx SpecContext) {
			DeferCleanup(mendAll) // or no other spec would find them at rest
			for _, name := range charts.Environments {
				deployer.Break(name)
			}
			recorder := recordOf(ctx, helmReleases())
			before := until(ctx, recorder, func(r Releases) bool { return len(r.Environments) == environments })
			upgrade(ctx, "1.1.0")
			halted := until(ctx, recorder, func(r Releases) bool {
				return len(r.Starts) > 0 && allFailed(r)
			})
			Expect(len(halted.Starts)).To(BeNumerically("<=", most))
			Consistently(func(g Gomega) {
				now := recorder.Record()
				g.Expect(now.Started()).To(HaveLen(len(halted.Started())))
				for _, name := range charts.Environments {
					if !halted.InFlight[name] {
						g.Expect(now.Environments[name]).To(Equal(before.Environments[name]), "it is ready at what it had")
					}
				}
			}).WithTimeout(pause / 2).Should(Succeed())

			mendAll(ctx)
			recovered := until(ctx, recorder, charts.At("1.1.0"))
			AddReportEntry("halted", recovered.Summary(), ReportEntryVisibilityAlways)
			Expect(recovered.Started()).To(ConsistOf(charts.Environments))
			Expect(recovered.MostInFlight).To(BeNumerically("<=", most))
		})

		It("start nothing while Seawall is away, and no slot is lost or given twice", func(ctx SpecContext) {
			recorder := recordOf(ctx, helmReleases())
			upgrade(ctx, "1.2.0")
			until(ctx, recorder, func(r Releases) bool { return len(r.Starts) >= most })
			seawall.Kill()
			started := len(recorder.Record().Starts)
			until(ctx, recorder, func(r Releases) bool { return len(r.InFlight) == 0 }) // what had begun goes on
			Consistently(func() []peers.Began { return recorder.Record().Starts }).WithTimeout(pause / 2).Should(HaveLen(started))
			Expect(seawall.Restart(context.WithoutCancel(ctx))).To(Succeed())
			delivered := until(ctx, recorder, charts.At("1.2.0"))
			AddReportEntry("killed", delivered.Summary(), ReportEntryVisibilityAlways)
			Expect(delivered.Started()).To(ConsistOf(charts.Environments))
			Expect(delivered.MostInFlight).To(BeNumerically("<=", most))
			Expect(delivered.MostRolling).To(BeNumerically("<=", most))
		})
	})

	Context("with the sync gate alone", func() {
		BeforeAll(func() { installWith("testdata/helmgate.yaml", map[string]any{"enabled": true}) })

		It("are upgraded no more at once than the policy allows, and all are", func(ctx SpecContext) {
			recorder := recordOf(ctx, helmReleases())
			upgrade(ctx, "1.3.0")
			delivered := until(ctx, recorder, charts.At("1.3.0"))
			AddReportEntry("gated", delivered.Summary(), ReportEntryVisibilityAlways)
			Expect(delivered.Started()).To(ConsistOf(charts.Environments))
			Expect(delivered.Starts).To(HaveLen(environments))
			Expect(delivered.MostInFlight).To(Equal(most))
			Expect(delivered.MostRolling).To(BeNumerically("<=", most))
		})
	})

	Context("without a gate", func() {
		It("write once more what begins after the first write of an attempt is refused, and do nothing of it", func(ctx SpecContext) {
			refused := refuseFirst(ctx, object(helmVersion, "HelmRelease", Namespace, charts.Environments[0]))
			recorder := recordOf(ctx, helmReleases())
			upgrade(ctx, "1.4.0")
			until(ctx, recorder, charts.At("1.4.0"))
			refused.expectRest(charts.Environments)
		})

		It("are all upgraded at once", func(ctx SpecContext) {
			deployer.Take(3 * rollout) // or the first is done before the last begins, on a busy machine
			DeferCleanup(deployer.Take, rollout)
			recorder := recordOf(ctx, helmReleases())
			upgrade(ctx, "1.5.0")
			moved := until(ctx, recorder, charts.At("1.5.0"))
			AddReportEntry("ungated", moved.Summary(), ReportEntryVisibilityAlways)
			Expect(moved.Started()).To(ConsistOf(charts.Environments))
			Expect(moved.MostInFlight).To(Equal(environments))
			Expect(moved.MostRolling).To(BeNumerically(">", environments/2))
		})
	})
})

// upgrade commits a version of the chart and has Flux look for it.
func upgrade(ctx context.Context, version string) {
	GinkgoHelper()
	Expect(charts.Release(ctx, version)).To(Succeed())
	Expect(charts.Fetch(ctx)).To(Succeed())
}

// mendAll lets all become healthy that were broken.
func mendAll(ctx SpecContext) {
	GinkgoHelper()
	for _, name := range charts.Environments {
		Expect(deployer.Mend(ctx, name)).To(Succeed())
	}
}

// allFailed says whether all that has started has failed, or is tried again after that.
func allFailed(r Releases) bool {
	for name := range r.InFlight {
		if !r.Environments[name].Failed() {
			return false
		}
	}
	return true
}
