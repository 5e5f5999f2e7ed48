package main_test

import (
	"context"
	"encoding/json"
	"os"
	"os/exec"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/seawall-dev/seawall/hack/cluster"
	"github.com/seawall-dev/seawall/pkg/apis/v1alpha1"
)

// plugin runs the plugin against the API server of the gate.
func (g *gated) plugin(ctx context.Context, args ...string) cluster.Output {
	GinkgoHelper()
	return seawall(ctx, "", append(args, "--kubeconfig="+g.plane.Kubeconfig)...)
}

// told runs a program against the API server of the gate, and returns what it says.
func (g *gated) told(ctx context.Context, program string, args ...string) (string, error) {
	command := exec.CommandContext(ctx, program, args...)
	command.Env = append(os.Environ(), "KUBECONFIG="+g.plane.Kubeconfig)
	output, err := command.CombinedOutput()
	return string(output), err
}

var _ = Describe("the plugin at the sync gate", Ordered, func() {
	var (
		gate  *gated
		names []string
	)

	BeforeAll(func(ctx SpecContext) {
		gate = startGate(context.WithoutCancel(ctx), func(*v1alpha1.WavePolicySpec) {})
		Expect(gate.plugin(ctx, "gate", "list").Stdout).To(HavePrefix("no waves"))
		names = gate.applications(ctx, "asked", 5)
		gate.inFlight(ctx, names[:3])
		gate.wait(ctx, names[3], "b", -2*time.Second)
		gate.wait(ctx, names[4], "b", -2*time.Second)
		Eventually(func() *int32 { return gate.wave(ctx, "asked").Status.Held }).WithTimeout(20 * second).Should(HaveValue(BeEquivalentTo(2)))
	})

	It("lists Waves", func(ctx SpecContext) {
		listed := lines(gate.plugin(ctx, "gate", "list").Stdout)
		Expect(listed).To(HaveLen(2))
		Expect(listed[0]).To(MatchRegexp(`^WAVE +POLICY +COUNTS +GROUP +IN FLIGHT +LARGEST +HELD +HALTED BY +DRAINING`))
		Expect(listed[1]).To(MatchRegexp(`^three-[0-9a-f]+ +three +Starts +ApplicationSet argocd/asked +3 +3 +2 +- +-`))
		var list v1alpha1.WaveList
		Expect(json.Unmarshal([]byte(gate.plugin(ctx, "gate", "list", "-o", "json").Stdout), &list)).To(Succeed())
		Expect(list.Items).To(HaveLen(1))
		Expect(list.Items[0].Kind).To(Equal("Wave"))
		Expect(gate.plugin(ctx, "gate", "list", "-o", "csv").Stderr).To(ContainSubstring(`--output: "csv" is none of table, json and yaml`))
	})

	It("says why an Application waits, and takes no slot", func(ctx SpecContext) {
		why := gate.plugin(ctx, "gate", "why", "argocd/"+names[3])
		Expect(why.Code).To(Equal(1), why.Stderr)
		Expect(why.Stdout).To(ContainSubstring(`Application argocd/asked-03, policy "three": held: 3 of ApplicationSet argocd/asked are in flight (asked-00, asked-01, asked-02)`))
		Expect(why.Stdout).To(MatchRegexp(`argocd/asked-01 +in flight +\d+s +\S* +` + argoCDUser))
		Expect(gate.plugin(ctx, "gate", "why", "absent", "-n", "argocd").Stderr).To(ContainSubstring("there is no Application argocd/absent"))
		Expect(gate.plugin(ctx, "gate", "why", names[0], "-n", "argocd").Stderr).To(ContainSubstring("it syncs now"))
		Expect(*gate.wave(ctx, "asked").Status.InFlightCount).To(BeEquivalentTo(3))
	})

	It("refuses to remove Seawall while starts are held", func(ctx SpecContext) {
		said, err := gate.told(ctx, "../../bin/cluster/seawall-webhook", "check-held")
		Expect(err).To(HaveOccurred())
		Expect(said).To(MatchRegexp(`^starts are held, which would all begin at once without Seawall: three-[0-9a-f]+ holds 2\. `))
		helm, err := gate.plane.Tool(ctx, "helm")
		Expect(err).NotTo(HaveOccurred())
		upgrade := func(more ...string) (string, error) {
			return gate.told(ctx, helm, append([]string{
				"template", "seawall", "../../charts/seawall", "-n", "seawall-system", "--is-upgrade", "--dry-run=server",
				"--set", "syncGate.enabled=false",
			}, more...)...)
		}
		said, err = upgrade()
		Expect(err).To(HaveOccurred(), said)
		Expect(said).To(ContainSubstring("syncGate.enabled: starts are held, which would all begin at once without the gate (three-"))
		said, err = upgrade("--set", "syncGate.refuseWhileHeld=false")
		Expect(err).NotTo(HaveOccurred(), said)
	})

	It("releases what drains, when it is meant", func(ctx SpecContext) {
		name := gate.wave(ctx, "asked").Name
		Expect(gate.plugin(ctx, "gate", "release", name).Stderr).To(ContainSubstring(`no Wave of policy "three" drains`))
		Expect(gate.plugin(ctx, "gate", "release").Stderr).To(ContainSubstring("name a Wave, or the policy of several with --policy"))
		Expect(gate.plugin(ctx, "gate", "release", "absent").Stderr).To(ContainSubstring("there is no Wave absent"))

		Expect(gate.admin.Delete(ctx, newPolicy("three", "0.03", nil))).To(Succeed())
		Eventually(gate.draining(ctx, "asked")).WithTimeout(20 * second).ShouldNot(BeNil())
		why := gate.plugin(ctx, "gate", "why", "argocd/"+names[3])
		Expect(why.Code).To(Equal(1), why.Stderr)
		Expect(why.Stdout).To(ContainSubstring("to release it at once: kubectl seawall gate release " + name))
		Expect(gate.plugin(ctx, "gate", "release", "--policy=three").Stderr).To(And(
			ContainSubstring(name+": 2 held of ApplicationSet argocd/asked"), ContainSubstring("nothing was released")))
		Expect(gate.plugin(ctx, "gate", "release", "--policy=three", "--yes").Stdout).To(Equal("wave.seawall.dev/" + name + " released\n"))
		for _, waiting := range names[3:] {
			Eventually(func() error { return gate.begin(ctx, waiting, "b") }).WithTimeout(20 * second).Should(Succeed())
		}
		Eventually(func() string { return gate.plugin(ctx, "gate", "why", "argocd/"+names[4]).Stderr }).Should(ContainSubstring("it syncs now"))
		Eventually(func() (string, error) { return gate.told(ctx, "../../bin/cluster/seawall-webhook", "check-held") }).
			WithTimeout(20 * second).Should(BeEmpty())
	})
})
