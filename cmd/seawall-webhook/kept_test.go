package main_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	openreports "github.com/openreports/reports-api/apis/openreports.io/v1alpha1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/client-go/rest"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/seawall-dev/seawall/hack/cluster"
	"github.com/seawall-dev/seawall/pkg/apis/v1alpha1"
)

const (
	decisionsKey = "seawall.dev/decisions"
	lastKey      = "seawall.dev/last-decision"
)

func ourReports() client.MatchingLabels {
	return client.MatchingLabels{"app.kubernetes.io/managed-by": "seawall", "app.kubernetes.io/component": "admission"}
}

// reportsOf returns the reports about a rollout in Argo CD's namespace.
func reportsOf(ctx context.Context, name string) []openreports.Report {
	GinkgoHelper()
	var list openreports.ReportList
	Expect(api.List(ctx, &list, client.InNamespace(cluster.ArgoCDNamespace), ourReports())).To(Succeed())
	return slices.DeleteFunc(list.Items, func(r openreports.Report) bool { return r.Scope.Name != name })
}

// reportOf waits for a report about a rollout that knows of that many decisions.
func reportOf(ctx context.Context, name string, decisions int) openreports.Report {
	GinkgoHelper()
	var found []openreports.Report
	Eventually(func(g Gomega) {
		found = reportsOf(ctx, name)
		g.Expect(found).To(HaveLen(1))
		g.Expect(found[0].Annotations).To(HaveKeyWithValue(decisionsKey, fmt.Sprint(decisions)))
	}).WithTimeout(20 * second).Should(Succeed())
	return found[0]
}

// eventsOf returns the Events about a rollout in Argo CD's namespace.
func eventsOf(ctx context.Context, name string) []corev1.Event {
	GinkgoHelper()
	var list corev1.EventList
	Expect(api.List(ctx, &list, client.InNamespace(cluster.ArgoCDNamespace), client.MatchingFields{"involvedObject.name": name})).To(Succeed())
	return list.Items
}

// eventOf waits for the one Event about a rollout, and until it counts that many decisions.
func eventOf(ctx context.Context, name string, count int) corev1.Event {
	GinkgoHelper()
	var found []corev1.Event
	Eventually(func(g Gomega) {
		found = eventsOf(ctx, name)
		g.Expect(found).To(HaveLen(1))
		g.Expect(found[0].Count).To(BeEquivalentTo(count))
	}).WithTimeout(20 * second).Should(Succeed())
	return found[0]
}

// as returns a client of a user who may do everything.
func as(user string) client.Client {
	GinkgoHelper()
	config := rest.CopyConfig(plane.Config)
	config.Impersonate = rest.ImpersonationConfig{UserName: user, Groups: []string{"system:masters"}}
	impersonating, err := client.New(config, client.Options{Scheme: api.Scheme()})
	Expect(err).NotTo(HaveOccurred())
	return impersonating
}

var _ = Describe("a denial is found", func() {
	It("in four places, though its rollout never existed", func(ctx SpecContext) {
		set := tenants("found", 100, nil)
		Expect(as("eve").Create(ctx, set.DeepCopy())).To(denied(overLimit("found")))

		By("the API server's audit log")
		Eventually(func() []map[string]any { return jsonLines(plane.AuditLog) }).Should(ContainElement(And(
			HaveKeyWithValue("objectRef", HaveKeyWithValue("name", "found")),
			HaveKeyWithValue("impersonatedUser", HaveKeyWithValue("username", "eve")),
			HaveKeyWithValue("annotations", HaveKeyWithValue("waves.seawall.dev/decision", "Deny")),
		)))
		By("the log")
		Expect(jsonLines(webhook.LogFile)).To(ContainElement(And(
			HaveKeyWithValue("msg", "decision"), HaveKeyWithValue("name", "found"), HaveKeyWithValue("user", "eve"), HaveKeyWithValue("version", "v1alpha1"),
		)))
		By("an Event")
		event := eventOf(ctx, "found", 1)
		Expect(event.Type).To(Equal("Warning"))
		Expect(event.Reason).To(Equal("WaveDenied"))
		Expect(event.Message).To(HavePrefix(`CREATE by eve: wave 1 syncs 100 environments at 0.99 each (annotation seawall.dev/sync-success-rate): 63.4% chance that at least one fails, policy "default"`))
		Expect(event.InvolvedObject).To(Equal(corev1.ObjectReference{
			APIVersion: "argoproj.io/v1alpha1", Kind: "ApplicationSet", Namespace: "argocd", Name: "found",
		}))
		By("a report")
		report := reportOf(ctx, "found", 1)
		Expect(report.Summary).To(Equal(openreports.ReportSummary{Fail: 1}))
		Expect(report.Scope.Kind).To(Equal("ApplicationSet"))
		result := report.Results[0]
		Expect(result.Source + "/" + result.Policy + "/" + result.Rule).To(Equal("seawall/default/WaveOverLimit"))
		Expect(string(result.Result) + "/" + string(result.Severity)).To(Equal("fail/high"))
		Expect(time.Unix(result.Timestamp.Seconds, 0)).To(BeTemporally("~", time.Now(), 30*second))
		Expect(result.Description).To(ContainSubstring("At most 22 per wave"))
		Expect(result.Properties).To(And(
			HaveKeyWithValue("action", "Deny"), HaveKeyWithValue("user", "eve"), HaveKeyWithValue("operation", "CREATE"), HaveKeyWithValue("count", "1"),
			HaveKeyWithValue("environments", "100"), HaveKeyWithValue("waveEnvironments", "100"), HaveKeyWithValue("probability", "0.633968"),
			HaveKeyWithValue("limit", "0.2"), HaveKeyWithValue("successRate", "0.99"),
		))
		Expect(jsonLines(plane.AuditLog)).To(ContainElement(And(
			HaveKeyWithValue("objectRef", HaveKeyWithValue("resource", "reports")), HaveKeyWithValue("verb", "create"),
			HaveKeyWithValue("user", HaveKeyWithValue("username", "system:serviceaccount:seawall-system:seawall")),
		)), "as Seawall's own service account")
	})

	It("once in each place, with how often it happened", func(ctx SpecContext) {
		set := tenants("again", 100, nil)
		for _, user := range []string{"eve", "mallory"} {
			writer := as(user)
			for range 15 {
				Expect(writer.Create(ctx, set.DeepCopy())).To(denied(""))
			}
		}
		event := eventOf(ctx, "again", 30)
		Expect(event.Message).To(HavePrefix("CREATE by mallory: "), "the last")
		report := reportOf(ctx, "again", 30)
		Expect(report.Summary.Fail).To(Equal(2), "one result for each user")
		for i, user := range []string{"mallory", "eve"} {
			Expect(report.Results[i].Properties).To(And(HaveKeyWithValue("user", user), HaveKeyWithValue("count", "15")))
		}
	})

	It("by the rollout's UID when there is one", func(ctx SpecContext) {
		Expect(create(ctx, tenants("described", 100, int64(22)))).To(Succeed())
		Expect(put(ctx, tenants("described", 100, nil))).To(denied(""))
		stored := get(ctx, "described")
		Expect(eventOf(ctx, "described", 1).InvolvedObject.UID).To(Equal(stored.GetUID()))
		Expect(reportOf(ctx, "described", 1).Scope.UID).To(Equal(stored.GetUID()))
		output, err := plane.Kubectl(ctx, nil, "describe", "applicationset", "described", "-n", cluster.ArgoCDNamespace)
		Expect(err).NotTo(HaveOccurred())
		Expect(output.Stdout).To(MatchRegexp(`Warning +WaveDenied .*UPDATE by .*: wave 1 syncs 100 environments`))
	})

	It("nowhere after a dry-run but in logs", func(ctx SpecContext) {
		Expect(create(ctx, tenants("rehearsed", 100, nil), client.DryRunAll)).To(denied(""))
		Expect(create(ctx, tenants("performed", 100, nil))).To(denied(""))
		eventOf(ctx, "performed", 1)
		reportOf(ctx, "performed", 1)
		Consistently(func(g Gomega) {
			g.Expect(eventsOf(ctx, "rehearsed")).To(BeEmpty())
			g.Expect(reportsOf(ctx, "rehearsed")).To(BeEmpty())
		}).WithTimeout(second).Should(Succeed())
		Expect(jsonLines(webhook.LogFile)).To(ContainElement(And(HaveKeyWithValue("name", "rehearsed"), HaveKeyWithValue("dryRun", true))))
	})

	It("under the prefix of a name that the API server made up", func(ctx SpecContext) {
		for range 3 {
			set := tenants("made-up-", 100, nil)
			set.SetGenerateName(set.GetName())
			set.SetName("")
			Expect(api.Create(ctx, set)).To(denied(overLimit("made-up-")))
		}
		eventOf(ctx, "made-up-", 3)
		reportOf(ctx, "made-up-", 3)
	})

	DescribeTable("and so is what was admitted although a policy is not satisfied",
		func(ctx SpecContext, action v1alpha1.ValidationAction, reason, severity string) {
			name := "admitted-" + strings.ToLower(string(action))
			changePolicy(ctx, "default", func(spec *v1alpha1.WavePolicySpec) { spec.ValidationActions = []v1alpha1.ValidationAction{action} })
			DeferCleanup(restorePolicy)
			eventuallyDecided(ctx, tenants("probe", 23, nil), Succeed())
			Expect(create(ctx, tenants(name, 100, nil))).To(Succeed())
			// The re-count may look at the cluster in this very second, and find the same.
			uid := get(ctx, name).GetUID()
			Eventually(eventsOf).WithContext(ctx).WithArguments(name).WithTimeout(20 * second).Should(ContainElement(And(
				HaveField("Reason", reason), HaveField("Count", BeEquivalentTo(1)), HaveField("InvolvedObject.UID", uid),
			)))
			results := reportOf(ctx, name, 1).Results
			Expect(results).To(ContainElement(And(
				HaveField("Result", BeEquivalentTo("warn")), HaveField("Severity", BeEquivalentTo(severity)),
				HaveField("Properties", HaveKeyWithValue("operation", "CREATE")),
			)))
			Expect(results).NotTo(ContainElement(HaveField("Result", BeEquivalentTo("fail"))))
		},
		Entry("with a warning", v1alpha1.ActionWarn, "WaveWarned", "medium"),
		Entry("without a word", v1alpha1.ActionAudit, "WaveAudited", "low"),
	)

	const raw = "\n\u202e\x1b[31m\u2028"
	const dirty = "[\x00-\x09\x0b-\x1f\u202e\u2028]" // a log has line ends

	It("without the control characters of whoever wrote it", func(ctx SpecContext) {
		Expect(create(ctx, annotatedWith(tenants("dirty", 100, nil), rateKey, "high"+raw))).To(denied(""))
		text := eventOf(ctx, "dirty", 1).Message + reportOf(ctx, "dirty", 1).Results[0].Description
		Expect(text).To(And(ContainSubstring("annotation "+rateKey), Not(MatchRegexp(dirty))))
	})

	It("in the cluster's place when its rollout is of no namespace, and also when nobody could judge it", func(ctx SpecContext) {
		review := reviewOf(&unstructured.Unstructured{Object: map[string]any{
			"apiVersion": "config.projectsveltos.io/v1beta1", "kind": "ClusterProfile",
			"metadata": map[string]any{"name": "everywhere" + raw, "labels": map[string]any{"unreadable": int64(7)}},
		}}, "eve"+raw+strings.Repeat("x", 3000))
		response := post(ctx, webhook, review)
		Expect(response.Allowed).To(BeFalse())

		var list openreports.ClusterReportList
		Eventually(func(g Gomega) {
			g.Expect(api.List(ctx, &list, ourReports())).To(Succeed())
			g.Expect(list.Items).To(HaveLen(1))
		}).WithTimeout(10 * second).Should(Succeed())
		Expect(list.Items[0].Summary).To(Equal(openreports.ReportSummary{Error: 1}))
		Expect(list.Items[0].Scope.Name).To(HavePrefix("everywhere"))
		result := list.Items[0].Results[0]
		Expect(result.Policy + "/" + result.Rule).To(Equal("-/Error"))
		Expect(len(result.Properties["user"])).To(BeNumerically("<", 1100))

		var events corev1.EventList
		Eventually(func(g Gomega) {
			g.Expect(api.List(ctx, &events, client.InNamespace(metav1.NamespaceDefault), client.MatchingFields{"reason": "WaveNotJudged"})).To(Succeed())
			events.Items = slices.DeleteFunc(events.Items, func(event corev1.Event) bool { // of other tests
				return !strings.HasPrefix(event.InvolvedObject.Name, "everywhere")
			})
			g.Expect(events.Items).To(HaveLen(1))
		}).WithTimeout(10 * second).Should(Succeed())
		Expect(len(events.Items[0].Message)).To(BeNumerically("<=", 1024))
		Expect(response.Result.Message + result.Description + result.Properties["user"] + list.Items[0].Scope.Name + events.Items[0].Message).
			NotTo(MatchRegexp(dirty))
		for _, line := range jsonLines(webhook.LogFile) {
			Expect(fmt.Sprint(line["user"], line["name"], line["message"])).NotTo(MatchRegexp(dirty))
		}
	})
})
