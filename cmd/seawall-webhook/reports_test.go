package main_test

import (
	"context"
	"strings"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	openreports "github.com/openreports/reports-api/apis/openreports.io/v1alpha1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/seawall-dev/seawall/hack/cluster"
)

var _ = Describe("reports", Ordered, func() {
	It("are written once their definitions are there, and cost nothing while they are not", func(ctx SpecContext) {
		said := func(text string) func() int {
			return func() int {
				count := 0
				for _, line := range jsonLines(webhook.LogFile) {
					if message, _ := line["msg"].(string); strings.HasPrefix(message, text) {
						count++
					}
				}
				return count
			}
		}
		missing, there := said("not every decision is written to a report"), said("writing reports")
		before, started := missing(), there()
		for _, name := range []string{"reports.openreports.io", "clusterreports.openreports.io"} {
			output, err := plane.Kubectl(ctx, nil, "delete", "crd", name)
			Expect(err).NotTo(HaveOccurred())
			Expect(output.Code).To(BeZero(), output.Stderr)
		}
		Eventually(missing).WithTimeout(30 * second).Should(Equal(before + 1))
		drops := sum(webhook, "seawall_record_drops_total", `sink="reports"`)
		Expect(create(ctx, tenants("unreported", 100, nil))).To(denied(""))
		eventOf(ctx, "unreported", 1)
		Expect(sum(webhook, "seawall_records_pending", `sink="reports"`)).To(BeZero())
		Expect(sum(webhook, "seawall_record_drops_total", `sink="reports"`)).To(Equal(drops))

		Expect(plane.InstallCRDs(ctx, "openreports")).To(Succeed())
		Eventually(there).WithTimeout(30 * second).Should(Equal(started + 1))
		Expect(create(ctx, tenants("reported", 100, nil))).To(denied(""))
		reportOf(ctx, "reported", 1)
		Expect(reportsOf(ctx, "unreported")).To(BeEmpty())
		Expect(missing()).To(Equal(before+1), "said once")
	})

	It("are deleted when they are old or too many, and those of others never", func(ctx SpecContext) {
		names := []string{"kept-1", "kept-2", "kept-3", "kept-4", "kept-5"}
		var reports []openreports.Report
		for _, name := range names {
			Expect(create(ctx, tenants(name, 100, nil))).To(denied(""))
			reports = append(reports, reportOf(ctx, name, 1))
		}
		foreign := &openreports.Report{ObjectMeta: metav1.ObjectMeta{
			Namespace: cluster.ArgoCDNamespace, Name: "of-another", Labels: map[string]string{"app.kubernetes.io/managed-by": "another"},
			Annotations: map[string]string{lastKey: "2000-01-01T00:00:00Z"},
		}}
		Expect(api.Create(ctx, foreign)).To(Succeed())
		DeferCleanup(func(ctx SpecContext) { Expect(api.Delete(ctx, foreign)).To(Succeed()) })
		age := func(i int, by time.Duration) {
			reports[i].Annotations[lastKey] = time.Now().Add(-by).UTC().Format(time.RFC3339)
			Expect(api.Update(ctx, &reports[i])).To(Succeed())
		}
		age(0, 29*24*time.Hour)
		age(1, 31*24*time.Hour) // too old by default
		age(2, 3*time.Hour)
		age(3, 2*time.Hour)
		age(4, -time.Hour) // later than any other report of this suite

		left := func() string {
			var left []string
			for _, name := range names {
				if len(reportsOf(ctx, name)) > 0 {
					left = append(left, name)
				}
			}
			return strings.Join(left, " ")
		}
		sweep := func(flags ...string) {
			// Without an election it is the leader.
			replica, err := webhook.StartReplica(context.Background(), append(flags, "--lease=")...)
			Expect(err).NotTo(HaveOccurred())
			DeferCleanup(func() { Expect(replica.Stop()).To(Succeed()) })
		}
		sweep()
		Eventually(left).WithTimeout(20 * second).Should(Equal("kept-1 kept-3 kept-4 kept-5"))
		sweep("--reports-per-namespace=1")
		Eventually(left).WithTimeout(20 * second).Should(Equal("kept-5"))
		Expect(api.Get(ctx, client.ObjectKeyFromObject(foreign), foreign)).To(Succeed())

		By("not writing into a report of another, should one have the name")
		name := reports[0].Name
		taken := &openreports.Report{ObjectMeta: metav1.ObjectMeta{Namespace: cluster.ArgoCDNamespace, Name: name}}
		Expect(api.Create(ctx, taken)).To(Succeed())
		DeferCleanup(func(ctx SpecContext) { Expect(api.Delete(ctx, taken)).To(Succeed()) })
		drops := sum(webhook, "seawall_record_drops_total", `reason="WriteFailed",sink="reports"`)
		Expect(create(ctx, tenants("kept-1", 100, nil))).To(denied(""))
		Eventually(func() int { return sum(webhook, "seawall_record_drops_total", `reason="WriteFailed",sink="reports"`) }).
			WithTimeout(10 * second).Should(Equal(drops + 1))
		Expect(api.Get(ctx, client.ObjectKeyFromObject(taken), taken)).To(Succeed())
		Expect(taken.Results).To(BeEmpty())
	})
})
