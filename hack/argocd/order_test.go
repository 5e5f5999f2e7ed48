package argocd

import (
	"slices"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
)

// pacer is as whom the ApplicationSet controller begins syncs.
const pacer = "applicationset-controller"

// ordersSpecs show that dev comes before production, by Seawall's order or a RollingSync, and how many at a time.
func ordersSpecs(s *small) {
	It("production waits until dev is done, by a label of the Applications", func(ctx SpecContext) {
		delivered := report(until(ctx, s.recorder, s.ordered.At(s.revision)), s.ordered.Environments, 2)
		Expect(delivered.Started()).To(ConsistOf(s.ordered.Environments))
		Expect(delivered.MostInFlight).To(Equal(2))
		expectInOrder(delivered, s.ordered)
	})

	It("the starts of a RollingSync are not held, and are in flight", func(ctx SpecContext) {
		delivered := report(until(ctx, s.recorder, s.paced.At(s.revision)), s.paced.Environments, 1)
		Expect(delivered.Started()).To(ConsistOf(s.paced.Environments))
		Expect(delivered.Environments).To(HaveEach(HaveField("By", pacer)))
		Expect(delivered.MostInFlight).To(BeNumerically(">=", dev), "as many as one of its steps has")
		peak, _ := waveOf(ctx, "paced")["peak"].(int64)
		Expect(peak).To(BeNumerically(">=", dev), "it knows of those that the policy would not let start")
	})

	// In what order is not for Seawall to say: a RollingSync takes those of a later step first whose commit Argo CD
	// has seen while those of an earlier one are still healthy at what was before.
	It("the starts of a RollingSync that is judged are held", func(ctx SpecContext) {
		delivered := report(until(ctx, s.recorder, s.judged.At(s.revision)), s.judged.Environments, 1)
		Expect(delivered.Started()).To(ConsistOf(s.judged.Environments))
		Expect(delivered.Environments).To(HaveEach(HaveField("By", pacer)))
		Expect(delivered.MostInFlight).To(Equal(1), "%+v", delivered.Starts)
	})
}

// expectInOrder expects of a record of a fleet that each start of production found all of dev done.
func expectInOrder(of Record, fleet *Fleet) {
	GinkgoHelper()
	first, later := fleet.Environments[:fleet.Dev], fleet.Environments[fleet.Dev:]
	names := of.Started()
	Expect(names[:fleet.Dev]).To(ConsistOf(first))
	for _, start := range of.Starts {
		if slices.Contains(later, start.Environment) {
			Expect(start.Beside).NotTo(ContainElement(BeElementOf(first)), start.Environment)
		}
	}
}
