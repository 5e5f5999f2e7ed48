package main_test

import (
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/seawall-dev/seawall/pkg/apis/v1alpha1"
)

// gating has the policy gate starts, with a field of that as it is changed.
func gating(change func(*v1alpha1.SyncGate)) func(*v1alpha1.WavePolicySpec) {
	return func(spec *v1alpha1.WavePolicySpec) {
		if spec.SyncGate == nil {
			spec.SyncGate = &v1alpha1.SyncGate{}
		}
		if change != nil {
			change(spec.SyncGate)
		}
	}
}

// goingOn is a gate that failures do not halt.
func goingOn(g *v1alpha1.SyncGate) { g.OnFailure = v1alpha1.FailureContinue }

// byEnvironment is an order by the label env.
func byEnvironment(values ...string) func(*v1alpha1.SyncGate) {
	return func(g *v1alpha1.SyncGate) {
		g.Order = v1alpha1.SyncOrder{Source: v1alpha1.TraitApplicationLabel, Key: "env", Values: values}
	}
}

func timeout(seconds int32) func(*v1alpha1.WavePolicySpec) {
	return gating(func(g *v1alpha1.SyncGate) { g.HealthTimeoutSeconds = seconds })
}

// tolerant tolerates a failure.
func tolerant(spec *v1alpha1.WavePolicySpec) {
	gating(nil)(spec)
	spec.ToleratedFailures = new(int32(1))
}

var _ = Describe("a policy that gates starts and is changed", func() {
	DescribeTable("becomes looser, which the owner may do and the editor may not:",
		func(ctx SpecContext, field string, from, to func(*v1alpha1.WavePolicySpec)) {
			Expect(rewritten(ctx, "policy-editor", from, to)).To(looser(field))
			Expect(client.IgnoreNotFound(api.Delete(ctx, ratcheted(nil)))).To(Succeed())
			Expect(rewritten(ctx, "policy-owner", from, to)).To(Succeed())
		},
		Entry("no gate any more", "syncGate", gating(byEnvironment("dev")), func(s *v1alpha1.WavePolicySpec) { s.SyncGate = nil }),
		Entry("another group", "syncGate.groupBy", gating(nil),
			gating(func(g *v1alpha1.SyncGate) { g.GroupBy = []v1alpha1.Trait{{Source: v1alpha1.TraitProject}} })),
		Entry("a group divided", "syncGate.groupBy", gating(nil),
			gating(func(g *v1alpha1.SyncGate) {
				g.GroupBy = append(g.GroupBy, v1alpha1.Trait{Source: v1alpha1.TraitClusterLabel, Key: "ring"})
			})),
		Entry("the ungrouped pass", "syncGate.ungrouped", gating(nil),
			gating(func(g *v1alpha1.SyncGate) { g.Ungrouped = v1alpha1.UngroupedPass })),
		Entry("the ungrouped start again", "syncGate.ungrouped",
			gating(func(g *v1alpha1.SyncGate) { g.Ungrouped = v1alpha1.UngroupedDeny }),
			gating(func(g *v1alpha1.SyncGate) { g.Ungrouped = v1alpha1.UngroupedSingle })),
		Entry("settled by the operation", "syncGate.settledWhen", gating(nil),
			gating(func(g *v1alpha1.SyncGate) { g.SettledWhen = v1alpha1.SettledOperation })),
		Entry("more time before a failure halts", "syncGate.healthTimeoutSeconds", gating(nil), timeout(901)),
		Entry("less time where failures do not halt", "syncGate.healthTimeoutSeconds", gating(goingOn), timeout(899)),
		Entry("less time where some are tolerated", "syncGate.healthTimeoutSeconds", tolerant, timeout(899)),
		Entry("no order any more", "syncGate.order", gating(byEnvironment("dev", "production")),
			gating(func(g *v1alpha1.SyncGate) { g.Order = v1alpha1.SyncOrder{} })),
		Entry("another order", "syncGate.order", gating(byEnvironment("dev", "production")), gating(byEnvironment("production", "dev"))),
		Entry("another place for the unlisted", "syncGate.order", gating(byEnvironment("dev")),
			gating(func(g *v1alpha1.SyncGate) { g.Order.Unlisted = v1alpha1.UnlistedFirst })),
		Entry("failures that do not halt", "syncGate.onFailure", gating(nil), gating(goingOn)),
		Entry("repairs that pass again", "syncGate.selfHeal",
			gating(func(g *v1alpha1.SyncGate) { g.SelfHeal = v1alpha1.RepairsJudge }),
			gating(func(g *v1alpha1.SyncGate) { g.SelfHeal = v1alpha1.RepairsPass })),
		Entry("RollingSync that is only counted again", "syncGate.rollingSync",
			gating(func(g *v1alpha1.SyncGate) { g.RollingSync = v1alpha1.PacedJudge }),
			gating(func(g *v1alpha1.SyncGate) { g.RollingSync = v1alpha1.PacedCount })),
		Entry("rollbacks that pass again", "syncGate.rollbacks",
			gating(func(g *v1alpha1.SyncGate) { g.Rollbacks = v1alpha1.RollbacksJudge }),
			gating(func(g *v1alpha1.SyncGate) { g.Rollbacks = v1alpha1.RollbacksPass })),
	)

	DescribeTable("becomes tighter, or stays as it is, which the editor may do:",
		func(ctx SpecContext, from, to func(*v1alpha1.WavePolicySpec)) {
			Expect(rewritten(ctx, "policy-editor", from, to)).To(Succeed())
		},
		Entry("a gate where there was none", nil, gating(goingOn)),
		Entry("nothing at all", gating(byEnvironment("dev")), gating(nil)),
		Entry("an order where there was none", gating(nil), gating(byEnvironment("dev"))),
		Entry("less time before a failure halts", gating(nil), timeout(600)),
		Entry("more time where failures do not halt", gating(goingOn), timeout(1200)),
		Entry("failures that halt", gating(goingOn), gating(func(g *v1alpha1.SyncGate) { g.OnFailure = v1alpha1.FailureHalt })),
		Entry("the ungrouped held", gating(nil), gating(func(g *v1alpha1.SyncGate) { g.Ungrouped = v1alpha1.UngroupedDeny })),
		Entry("all classes judged", gating(nil), gating(func(g *v1alpha1.SyncGate) {
			g.SelfHeal, g.RollingSync, g.Rollbacks = v1alpha1.RepairsJudge, v1alpha1.PacedJudge, v1alpha1.RollbacksJudge
		})),
	)
})
