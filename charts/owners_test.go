package charts_test

import (
	"context"
	"strings"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/seawall-dev/seawall/hack/cluster"
)

// kubectl runs it as an admin, and returns what it prints.
func kubectl(ctx context.Context, arguments ...string) string {
	GinkgoHelper()
	output, err := plane.Kubectl(ctx, nil, arguments...)
	Expect(err).NotTo(HaveOccurred())
	Expect(output.Code).To(BeZero(), output.Stderr)
	return output.Stdout
}

var _ = Describe("an upgrade after somebody else has changed a field of the chart", Ordered, func() {
	upgrade := []string{"upgrade", "seawall", "seawall", "--namespace", cluster.Namespace}
	arguments := func(ctx context.Context) string {
		return kubectl(ctx, "get", "deployment", "seawall", "-n", cluster.Namespace, "-o", "jsonpath={.spec.template.spec.containers[0].args}")
	}
	// refused expects an upgrade to change nothing, until it is to win.
	refused := func(ctx context.Context, why string) {
		GinkgoHelper()
		said, err := try(ctx, append(upgrade, "--set", "logLevel=debug")...)
		Expect(err).To(HaveOccurred())
		Expect(said).To(ContainSubstring(why))
		Expect(arguments(ctx)).NotTo(ContainSubstring("debug"), "nothing has changed")
		_, wins, found := strings.Cut(said, "let it win with: helm upgrade ")
		Expect(found).To(BeTrue(), said)
		run(ctx, append(append(upgrade, "--set", "logLevel=debug"), strings.Fields(wins)...)...)
		Expect(arguments(ctx)).To(ContainSubstring("debug"))
		run(ctx, append(upgrade, "--set", "logLevel=info")...) // from now on as ever
	}

	BeforeAll(func(ctx SpecContext) {
		removeReportDefinitions(ctx)
		run(ctx, "install", "seawall", "seawall", "--namespace", cluster.Namespace)
		DeferCleanup(func(ctx SpecContext) { run(ctx, "uninstall", "seawall", "--namespace", cluster.Namespace) })
	})

	It("is refused as a whole for a number of replicas", func(ctx SpecContext) {
		kubectl(ctx, "scale", "deployment", "seawall", "-n", cluster.Namespace, "--replicas=3")
		refused(ctx, "Deployment seawall was changed by kubectl, and the value replicas says otherwise: spec.replicas is 3, not 2.")
		Expect(kubectl(ctx, "get", "deployment", "seawall", "-n", cluster.Namespace, "-o", "jsonpath={.spec.replicas}")).To(Equal("2"))
	})

	It("is refused as a whole for a limit", func(ctx SpecContext) {
		kubectl(ctx, "patch", "wavepolicy", "default", "--type=merge", "-p", `{"spec":{"maxWaveFailureProbability":"0.1"}}`)
		refused(ctx, `WavePolicy default was changed by kubectl-patch, and the value policies.default says otherwise: `+
			`spec.maxWaveFailureProbability is "0.1", not "0.2".`)
		Expect(kubectl(ctx, "get", "wavepolicy", "default", "-o", "jsonpath={.spec.maxWaveFailureProbability}")).To(Equal("0.2"))
	})

	It("goes on where the values say the same, or say nothing of it", func(ctx SpecContext) {
		kubectl(ctx, "scale", "deployment", "seawall", "-n", cluster.Namespace, "--replicas=3")
		kubectl(ctx, "patch", "wavepolicy", "default", "--type=merge", "-p",
			`{"spec":{"maxWaveFailureProbability":"0.1","match":{"excludeKinds":[{"group":"argoproj.io","kind":"Application"}]}}}`)
		run(ctx, append(upgrade, "--set", "replicas=3", "--set-string", "policies.default.maxWaveFailureProbability=0.1")...)
		Expect(kubectl(ctx, "get", "wavepolicy", "default", "-o", "jsonpath={.spec.match.excludeKinds[0].kind}")).To(Equal("Application"))
	})

	It("leaves the number of replicas to an autoscaler", func(ctx SpecContext) {
		kubectl(ctx, "scale", "deployment", "seawall", "-n", cluster.Namespace, "--replicas=5")
		run(ctx, append(upgrade, "--set", "autoscaling.enabled=true", "--set-string", "policies.default.maxWaveFailureProbability=0.1")...)
		Expect(kubectl(ctx, "get", "deployment", "seawall", "-n", cluster.Namespace, "-o", "jsonpath={.spec.replicas}")).To(Equal("5"))
	})
})
