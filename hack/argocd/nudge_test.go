package argocd

import (
	"fmt"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/seawall-dev/seawall/hack/cluster"
	"github.com/seawall-dev/seawall/hack/peers"
)

// slow is a refresh that nobody waits for who is nudged.
const slow = time.Minute

var _ = Describe("With the sync gate and the nudge", Ordered, func() {
	var seawall *cluster.Webhook

	BeforeAll(func() {
		Expect(argo.Restart(life, Settings{Refresh: slow})).To(Succeed())
		DeferCleanup(func() { Expect(argo.Restart(life, Settings{Refresh: refresh})).To(Succeed()) })
		seawall = installWith("testdata/gate.yaml", map[string]any{"syncGate": map[string]any{"enabled": true, "nudge": true}})
	})

	It("all are delivered before Argo CD looks at them again by itself, and no more are in flight", func(ctx SpecContext) {
		group := fleet.Environments[:12]
		recorder := record(ctx)
		revision := release(ctx, "v20", group...)
		Expect(fleet.Nudge(ctx, fleet.Environments...)).To(Succeed()) // as a webhook of git has it
		delivered := until(ctx, recorder, fleet.At(revision))
		asked, err := peers.Metric(ctx, seawall.MetricsURL, `seawall_starts_nudges_total{result="Nudged"}`)
		Expect(err).NotTo(HaveOccurred())
		AddReportEntry("nudged", fmt.Sprintf("%s; %d nudges", delivered.Summary(), asked), ReportEntryVisibilityAlways)
		Expect(delivered.Started()).To(ConsistOf(group))
		Expect(delivered.MostInFlight).To(Equal(most))
		Expect(delivered.MostRolling).To(BeNumerically("<=", most))
		Expect(delivered.Took()).To(BeNumerically("<", slow))
		Expect(asked).To(And(BeNumerically(">=", len(group)-most), BeNumerically("<=", len(group)+most)), "one for each start is enough")
	})
})
