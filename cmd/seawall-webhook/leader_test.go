package main_test

import (
	"net/http"
	"os"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	coordinationv1 "k8s.io/api/coordination/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
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

var _ = Describe("a replica that loses the Lease", func() {
	It("goes on serving, and counts again once it leads again", func(ctx SpecContext) {
		own, err := cluster.Start(ctx, cluster.Options{Progress: GinkgoWriter})
		Expect(err).NotTo(HaveOccurred())
		DeferCleanup(own.Stop)
		Expect(own.InstallCRDs(ctx, "argo-cd", "applicationsets.argoproj.io")).To(Succeed())
		replica, err := own.StartWebhook(ctx, cluster.WebhookOptions{})
		Expect(err).NotTo(HaveOccurred())
		into, err := client.New(own.Config, client.Options{Scheme: api.Scheme()})
		Expect(err).NotTo(HaveOccurred())
		grow(ctx, into, "led", 0, 5)
		Expect(into.Create(ctx, over("led", "led"))).To(Succeed())
		Eventually(numbers(ctx, into, "default")).WithTimeout(30 * second).Should(Equal([]int32{1, 0, 0}))

		By("giving the Lease to somebody who never renews it")
		var lease coordinationv1.Lease
		Expect(into.Get(ctx, client.ObjectKey{Namespace: cluster.Namespace, Name: "seawall"}, &lease)).To(Succeed())
		lease.Spec.HolderIdentity, lease.Spec.RenewTime = new("somebody-else"), new(metav1.NowMicro())
		Expect(into.Update(ctx, &lease)).To(Succeed())
		said := func() string {
			text, err := os.ReadFile(replica.LogFile)
			Expect(err).NotTo(HaveOccurred())
			return string(text)
		}
		Eventually(said).WithTimeout(30 * second).Should(ContainSubstring("does not lead any more, and goes on serving"))
		Expect(replica.Exited()).NotTo(BeClosed())
		Expect(into.Create(ctx, tenants("too-large", 100, nil), client.DryRunAll)).To(denied(""))
		status, ready := fetch(replica.HealthURL + "/readyz?verbose")
		Expect(status).To(Equal(http.StatusOK), ready)
		_, metrics := fetch(replica.MetricsURL)
		Expect(metrics).NotTo(ContainSubstring("seawall_recount_"))

		By("waiting until nobody has it any more")
		grow(ctx, into, "led", 5, 30)
		Eventually(numbers(ctx, into, "default")).WithTimeout(60 * second).Should(Equal([]int32{1, 1, 0}))
		Expect(replica.Exited()).NotTo(BeClosed())
	}, SpecTimeout(4*time.Minute))
})
