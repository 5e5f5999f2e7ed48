package main_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	openreports "github.com/openreports/reports-api/apis/openreports.io/v1alpha1"
	admissionv1 "k8s.io/api/admission/v1"
	corev1 "k8s.io/api/core/v1"
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

	It("stay when the user is denied under 560 other names, nobody having authenticated who asks", func(ctx SpecContext) {
		const namespace = "erasing"
		Expect(api.Create(ctx, &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: namespace}})).To(Succeed())
		replica, err := webhook.StartReplica(context.Background())
		Expect(err).NotTo(HaveOccurred())
		DeferCleanup(func() { Expect(replica.Stop()).To(Succeed()) })
		with := trusting(ctx, 1)
		deny := func(name, user string) {
			GinkgoHelper()
			set := tenants(name, 100, nil)
			set.SetNamespace(namespace)
			response, err := send(ctx, with, replica, reviewOf(set, user))
			Expect(err).NotTo(HaveOccurred())
			Expect(response.Allowed).To(BeFalse())
		}
		reported := func() (names []string) {
			var list openreports.ReportList
			Expect(api.List(ctx, &list, client.InNamespace(namespace), ourReports())).To(Succeed())
			for _, report := range list.Items {
				Expect(report.Annotations).To(And(
					HaveKeyWithValue("seawall.dev/authenticated", "false"), HaveKeyWithValue("seawall.dev/rollout-existed", "false"),
				), report.Scope.Name)
				names = append(names, report.Scope.Name)
			}
			return names
		}
		deny("before", "eve")
		Eventually(reported).WithTimeout(10 * second).Should(ConsistOf("before"))
		time.Sleep(3 * second) // what comes a while after anything else is no burst
		deny("earlier", "eve")
		Eventually(reported).WithTimeout(10 * second).Should(ConsistOf("before", "earlier"))
		for i := range 560 {
			deny(fmt.Sprint("other-", i), "eve")
		}
		Eventually(func() int { return sum(replica, "seawall_records_pending", `sink="reports"`) }).WithTimeout(60 * second).Should(BeZero())
		Expect(reported()).To(And(ContainElement("earlier"), WithTransform(func(names []string) int { return len(names) }, BeNumerically("~", 205, 15))))
		for _, sink := range []string{"reports", "events"} {
			Eventually(func() int { return sum(replica, "seawall_record_drops_total", `reason="Quota",sink="`+sink+`"`) }).WithTimeout(60*second).
				Should(BeNumerically("~", 355, 20), sink)
		}

		sweeper, err := webhook.StartReplica(context.Background(), "--reports-per-namespace=100", "--lease=")
		Expect(err).NotTo(HaveOccurred())
		DeferCleanup(func() { Expect(sweeper.Stop()).To(Succeed()) })
		Eventually(reported).WithTimeout(30 * second).Should(HaveLen(50))
		Expect(reported()).To(ContainElements("earlier", "other-0"))
	})

	It("say of a rollout that it existed if it did, whatever a review says", func(ctx SpecContext) {
		Expect(create(ctx, tenants("existing", 100, int64(22)))).To(Succeed())
		Expect(put(ctx, tenants("existing", 100, nil))).To(denied(""))
		Expect(reportOf(ctx, "existing", 1).Annotations).To(HaveKeyWithValue("seawall.dev/rollout-existed", "true"))

		set := tenants("invented", 100, nil)
		set.SetUID("invented")
		review := reviewOf(tenants("invented", 100, int64(22)), "eve")
		review.Operation, review.OldObject = admissionv1.Update, review.Object
		raw, err := json.Marshal(set)
		Expect(err).NotTo(HaveOccurred())
		review.Object.Raw, review.OldObject.Raw = raw, bytes.Replace(raw, []byte(`"rollingSync":{"steps":[{}]}`), []byte(`"rollingSync":{"steps":[{"maxUpdate":22}]}`), 1)
		Expect(post(ctx, webhook, review).Allowed).To(BeFalse())
		report := reportOf(ctx, "invented", 1)
		Expect(string(report.Scope.UID)).To(Equal("invented"))
		Expect(report.Annotations).To(HaveKeyWithValue("seawall.dev/rollout-existed", "false"))
	})
})
