package main_test

import (
	"context"
	"net/http"
	"os"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	openreports "github.com/openreports/reports-api/apis/openreports.io/v1alpha1"
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
		Expect(own.InstallCRDs(ctx, "openreports")).To(Succeed())
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
		Eventually(recordedFindings(ctx, into, "led")).Should(ConsistOf("WaveOverLimit"))
		Expect(findings(other, "led")()).To(BeEmpty())
		_, metrics := fetch(other.MetricsURL)
		Expect(metrics).NotTo(ContainSubstring("seawall_recount_"))

		By("stopping the one that leads")
		Expect(leader.Stop()).To(Succeed())
		Eventually(recounted(other, "default", "OverLimit")).WithTimeout(30 * second).Should(Equal("1"))
		Expect(findings(other, "led")()).To(BeEmpty(), "the other has recorded it already")
		shrink(ctx, into, "led", 5, 30)
		Eventually(numbers(ctx, into, "default")).WithTimeout(30 * second).Should(Equal([]int32{1, 0, 0}))
		Eventually(findings(other, "led")).Should(HaveExactElements(HaveKeyWithValue("action", "Allow")), "it clears what the other has recorded")
		Eventually(recordedFindings(ctx, into, "led")).Should(BeEmpty())
	})
})

// recordedFindings returns the reasons of the re-count's results in the reports about a rollout.
func recordedFindings(ctx context.Context, from client.Client, name string) func() []string {
	return func() []string {
		var list openreports.ReportList
		Expect(from.List(ctx, &list, client.InNamespace(cluster.ArgoCDNamespace))).To(Succeed())
		var reasons []string
		for _, report := range list.Items {
			for _, result := range report.Results {
				if report.Scope.Name == name && result.Properties["operation"] == "RECOUNT" {
					reasons = append(reasons, result.Rule)
				}
			}
		}
		return reasons
	}
}

var _ = Describe("a replica that loses the Lease", func() {
	It("goes on serving, and counts again once it leads again", func(ctx SpecContext) {
		own, err := cluster.Start(ctx, cluster.Options{Progress: GinkgoWriter})
		Expect(err).NotTo(HaveOccurred())
		DeferCleanup(own.Stop)
		Expect(own.InstallCRDs(ctx, "argo-cd", "applicationsets.argoproj.io")).To(Succeed())
		Expect(own.InstallCRDs(ctx, "openreports")).To(Succeed())
		replica, err := own.StartWebhook(ctx, cluster.WebhookOptions{})
		Expect(err).NotTo(HaveOccurred())
		into, err := client.New(own.Config, client.Options{Scheme: api.Scheme()})
		Expect(err).NotTo(HaveOccurred())
		for _, name := range []string{"led", "mended", "stays"} {
			grow(ctx, into, name, 0, 5)
			Expect(into.Create(ctx, over(name, name))).To(Succeed())
		}
		grow(ctx, into, "mended", 5, 30)
		grow(ctx, into, "stays", 5, 30)
		Eventually(numbers(ctx, into, "default")).WithTimeout(30 * second).Should(Equal([]int32{3, 2, 0}))
		for _, name := range []string{"mended", "stays"} {
			Eventually(recordedFindings(ctx, into, name)).WithTimeout(10 * second).Should(ConsistOf("WaveOverLimit"))
		}
		found := len(findings(replica, "stays")())

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
		shrink(ctx, into, "mended", 5, 30)
		grow(ctx, into, "led", 5, 30)
		Eventually(recordedFindings(ctx, into, "mended")).WithTimeout(60 * second).Should(BeEmpty())
		Eventually(recordedFindings(ctx, into, "led")).WithTimeout(10 * second).Should(ConsistOf("WaveOverLimit"))
		Eventually(numbers(ctx, into, "default")).WithTimeout(10 * second).Should(Equal([]int32{3, 2, 0}))
		Expect(findings(replica, "stays")()).To(HaveLen(found), "it is recorded already")
		last := findings(replica, "mended")()
		Expect(last[len(last)-1]).To(HaveKeyWithValue("action", "Allow"))
		Expect(replica.Exited()).NotTo(BeClosed())
	}, SpecTimeout(4*time.Minute))
})
