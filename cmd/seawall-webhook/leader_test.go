package main_test

import (
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/seawall-dev/seawall/hack/cluster"
)

var _ = Describe("the re-count of two replicas", func() {
	It("is one replica's, and the other's once that has stopped", func(ctx SpecContext) {
		own, err := cluster.Start(ctx, cluster.Options{Progress: GinkgoWriter})
		Expect(err).NotTo(HaveOccurred())
		DeferCleanup(own.Stop)
		Expect(own.InstallCRDs(ctx, "argo-cd", "applicationsets.argoproj.io")).To(Succeed())
		leader, err := own.StartWebhook(ctx, cluster.WebhookOptions{})
		Expect(err).NotTo(HaveOccurred())
		other, err := leader.StartReplica(ctx)
		Expect(err).NotTo(HaveOccurred())
		into, err := client.New(own.Config, client.Options{Scheme: api.Scheme()})
		Expect(err).NotTo(HaveOccurred())

		grow(ctx, into, "led", 0, 5)
		Expect(into.Create(ctx, over("led", "led"))).To(Succeed())
		Eventually(numbers(ctx, into, "default")).WithTimeout(30 * second).Should(Equal([]int32{1, 0, 0}))
		grow(ctx, into, "led", 5, 30)
		Eventually(numbers(ctx, into, "default")).WithTimeout(30 * second).Should(Equal([]int32{1, 1, 0}))
		Eventually(recounted(leader, "default", "OverLimit")).Should(Equal("1"))
		Expect(findings(leader, "led")()).NotTo(BeEmpty())
		Expect(findings(other, "led")()).To(BeEmpty())
		_, metrics := fetch(other.MetricsURL)
		Expect(metrics).NotTo(ContainSubstring("seawall_recount_"))

		By("stopping the one that leads")
		Expect(leader.Stop()).To(Succeed())
		Eventually(recounted(other, "default", "OverLimit")).WithTimeout(30 * second).Should(Equal("1"))
		Expect(findings(other, "led")()).To(HaveLen(1), "it knows nothing of what the other has found")
		shrink(ctx, into, "led", 5, 30)
		Eventually(numbers(ctx, into, "default")).WithTimeout(30 * second).Should(Equal([]int32{1, 0, 0}))
	})
})
