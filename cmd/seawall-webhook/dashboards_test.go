package main_test

import (
	"maps"
	"os"
	"regexp"
	"strings"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	dto "github.com/prometheus/client_model/go"
	"github.com/prometheus/common/expfmt"
	"github.com/prometheus/common/model"
	admissionregistrationv1 "k8s.io/api/admissionregistration/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/seawall-dev/seawall/hack/cluster"
	"github.com/seawall-dev/seawall/pkg/apis/v1alpha1"
)

// apiServerMetrics are the metrics of the API server, after it has once called a webhook that
// is away with each failure policy: some of its metrics begin with that.
func apiServerMetrics(ctx SpecContext) map[string]*dto.MetricFamily {
	GinkgoHelper()
	away := func(name string, policy admissionregistrationv1.FailurePolicyType) admissionregistrationv1.ValidatingWebhook {
		return admissionregistrationv1.ValidatingWebhook{
			Name:         name,
			ClientConfig: admissionregistrationv1.WebhookClientConfig{URL: new("https://127.0.0.1:1/")},
			Rules: []admissionregistrationv1.RuleWithOperations{{
				Operations: []admissionregistrationv1.OperationType{admissionregistrationv1.Create},
				Rule:       admissionregistrationv1.Rule{APIGroups: []string{""}, APIVersions: []string{"v1"}, Resources: []string{"configmaps"}},
			}},
			ObjectSelector: &metav1.LabelSelector{MatchLabels: map[string]string{"asks": name}},
			FailurePolicy:  &policy, SideEffects: new(admissionregistrationv1.SideEffectClassNone),
			AdmissionReviewVersions: []string{"v1"}, TimeoutSeconds: new(int32(1)),
		}
	}
	const open, closed = "open.waves.seawall.dev", "closed.waves.seawall.dev"
	unreachable := &admissionregistrationv1.ValidatingWebhookConfiguration{
		ObjectMeta: metav1.ObjectMeta{Name: "away"},
		Webhooks: []admissionregistrationv1.ValidatingWebhook{
			away(open, admissionregistrationv1.Ignore), away(closed, admissionregistrationv1.Fail),
		},
	}
	Expect(api.Create(ctx, unreachable)).To(Succeed())
	DeferCleanup(func(ctx SpecContext) { Expect(api.Delete(ctx, unreachable)).To(Succeed()) })
	ask := func(name string) error {
		asking := &corev1.ConfigMap{ObjectMeta: metav1.ObjectMeta{
			GenerateName: "asking-", Namespace: cluster.Namespace, Labels: map[string]string{"asks": name},
		}}
		return api.Create(ctx, asking)
	}
	Eventually(ask).WithArguments(closed).WithTimeout(20 * second).Should(MatchError(ContainSubstring("failed calling webhook")))
	Expect(ask(open)).To(Succeed())

	output, err := plane.Kubectl(ctx, nil, "get", "--raw", "/metrics")
	Expect(err).NotTo(HaveOccurred())
	parser := expfmt.NewTextParser(model.UTF8Validation)
	families, err := parser.TextToMetricFamilies(strings.NewReader(output.Stdout))
	Expect(err).NotTo(HaveOccurred())
	return families
}

// labelsOf returns the names of the labels of all metrics.
func labelsOf(families map[string]*dto.MetricFamily) map[string]bool {
	names := map[string]bool{}
	for _, family := range families {
		for _, series := range family.GetMetric() {
			for _, label := range series.GetLabel() {
				names[label.GetName()] = true
			}
		}
	}
	return names
}

var _ = Describe("alerts and dashboard", func() {
	It("ask for metrics and labels that the webhook or the API server exports", func(ctx SpecContext) {
		Expect(create(ctx, tenants("charted", 100, nil))).To(denied(""))
		Expect(create(ctx, tenants("charted", 1, nil))).To(Succeed())
		Eventually(scraped).WithTimeout(30*second).Should(HaveKey("seawall_recount_rollouts"), "the re-count has found it")
		exported := scraped()
		maps.Copy(exported, apiServerMetrics(ctx))
		gate := startGate(ctx, func(*v1alpha1.WavePolicySpec) {})
		gate.holding(ctx, "charted")
		Eventually(func() map[string]*dto.MetricFamily { return scrapedFrom(gate.webhook) }).WithTimeout(20 * second).Should(And(
			HaveKey("seawall_waves_held_since_timestamp_seconds"), HaveKey("seawall_waves_largest"), HaveKey("seawall_starts_asked")))
		for name, family := range scrapedFrom(gate.webhook) {
			if exported[name] == nil {
				exported[name] = family
			}
		}
		labels := labelsOf(exported)
		for _, given := range []string{"job", "instance", "namespace", "pod", "le"} {
			labels[given] = true // by who scrapes, by histograms
		}
		for _, path := range []string{"../../charts/seawall/files/alerts.yaml", "../../charts/seawall/files/dashboard.json"} {
			text, err := os.ReadFile(path)
			Expect(err).NotTo(HaveOccurred())
			names := regexp.MustCompile(`\b(?:seawall|process|apiserver)_[a-z_]+`).FindAllString(string(text), -1)
			Expect(len(names)).To(BeNumerically(">", 10), path)
			for _, name := range names {
				family := regexp.MustCompile(`_(bucket|sum|count)$`).ReplaceAllString(name, "")
				histogram := exported[family].GetType() == dto.MetricType_HISTOGRAM
				Expect(exported[name] != nil || histogram).To(BeTrue(), "%s: nobody exports %s", path, name)
			}
			for _, match := range regexp.MustCompile(`[{,] ?([a-z_]+)(?:=~|!~|!=|=)\\?"|\bby \(([a-z_, ]+)\)`).FindAllStringSubmatch(string(text), -1) {
				for label := range strings.SplitSeq(match[1]+match[2], ", ") {
					Expect(labels).To(HaveKey(label), "%s: %s", path, match[0])
				}
			}
		}
		Expect(exported["apiserver_admission_webhook_fail_open_count"].GetMetric()).To(ContainElement(
			HaveField("Label", ContainElement(HaveField("Value", HaveValue(Equal("open.waves.seawall.dev")))))))
		Expect(exported["apiserver_admission_webhook_rejection_count"].GetMetric()).To(ContainElement(
			HaveField("Label", ContainElements(
				HaveField("Value", HaveValue(Equal("closed.waves.seawall.dev"))), HaveField("Value", HaveValue(Equal("calling_webhook_error")))))))
	})
})
