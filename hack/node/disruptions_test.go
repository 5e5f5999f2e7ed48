package node

import (
	"path/filepath"
	"strconv"
	"syscall"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/seawall-dev/seawall/hack/cluster"
)

// startOfContainer is at most how long it takes until the kubelet starts a container again and it serves. Until
// then, of those calls for which the API server has to connect anew, half go to where nobody listens.
const startOfContainer = 4 * time.Second

// pidOf is the process id in the path of a file of /proc.
func pidOf(file string) int {
	GinkgoHelper()
	pid, err := strconv.Atoi(filepath.Base(filepath.Dir(file)))
	Expect(err).NotTo(HaveOccurred())
	return pid
}

func disruptions() {
	It("restarts without a failed write", func(ctx SpecContext) {
		load := underLoad(ctx, func() {
			succeed(ctx, "-n", cluster.Namespace, "rollout", "restart", "deployment/"+release)
			rolledOut(ctx)
		})
		Expect(load.Failed()).To(BeZero(), load.String)
	})

	It("loses few writes when a pod is deleted by force", func(ctx SpecContext) {
		load := underLoad(ctx, func() {
			Expect(api.Delete(ctx, &pods(ctx)[0], client.GracePeriodSeconds(0))).To(Succeed())
			rolledOut(ctx)
		})
		Expect(load.Failed()).To(BeNumerically("<=", perSecond), "what one second brings: %s", load)
	})

	It("loses few writes when one of its processes is killed", func(ctx SpecContext) {
		Eventually(processes).Should(HaveLen(2))
		before := restarts(ctx)
		load := underLoad(ctx, func() {
			Expect(syscall.Kill(processes()[0], syscall.SIGKILL)).To(Succeed())
			Eventually(func() int32 { return restarts(ctx) }).Should(Equal(before + 1))
			rolledOut(ctx)
		})
		Expect(load.Failed()).To(BeNumerically("<=", perSecond*int(startOfContainer/time.Second)/2), load.String)
	})

	It("takes less than half of the memory that it may", func(ctx SpecContext) {
		limit := pods(ctx)[0].Spec.Containers[0].Resources.Limits.Memory().Value()
		Eventually(processes).Should(HaveLen(2))
		for _, pid := range processes() {
			held, err := cluster.ResidentOf(pid)
			Expect(err).NotTo(HaveOccurred())
			AddReportEntry("MiB at most", held.Peak>>20, ReportEntryVisibilityAlways)
			Expect(held.Peak).To(BeNumerically("<", limit/2))
		}
	})

	// On one node the budget keeps the last pod, as no other gets ready.
	It("is drained by plain kubectl, but for the last pod that serves", func(ctx SpecContext) {
		load := underLoad(ctx, func() {
			DeferCleanup(func(ctx SpecContext) {
				succeed(ctx, "uncordon", nodeName)
				rolledOut(ctx)
			})
			answer := kubectl(ctx, "drain", nodeName, "--ignore-daemonsets", "--timeout=4s")
			Expect(answer.Stdout).To(ContainSubstring("evicting pod " + cluster.Namespace + "/" + release))
			Expect(answer.Stderr).To(ContainSubstring("disruption budget"))
		})
		Expect(load.Failed()).To(BeZero(), load.String)
	})
}
