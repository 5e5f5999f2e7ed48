package main_test

import (
	"net/http"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	dto "github.com/prometheus/client_model/go"
	"github.com/prometheus/common/expfmt"
	"github.com/prometheus/common/model"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/seawall-dev/seawall/hack/cluster"
)

// scraped are the metrics of the webhook by their name, as Prometheus reads them.
func scraped() map[string]*dto.MetricFamily { return scrapedFrom(webhook) }

func scrapedFrom(replica *cluster.Webhook) map[string]*dto.MetricFamily {
	GinkgoHelper()
	response, err := http.Get(replica.MetricsURL) //nolint:noctx // a server of this test's own, on loopback
	Expect(err).NotTo(HaveOccurred())
	defer func() { _ = response.Body.Close() }()
	parser := expfmt.NewTextParser(model.UTF8Validation)
	families, err := parser.TextToMetricFamilies(response.Body)
	Expect(err).NotTo(HaveOccurred())
	return families
}

// gauge returns the value of the series of a gauge whose only label has the value, or of the
// one without labels.
func gauge(families map[string]*dto.MetricFamily, name, value string) float64 {
	GinkgoHelper()
	Expect(families).To(HaveKey(name))
	for _, series := range families[name].GetMetric() {
		if labels := series.GetLabel(); value == "" && len(labels) == 0 || len(labels) == 1 && labels[0].GetValue() == value {
			return series.GetGauge().GetValue()
		}
	}
	Fail(name + " has no series " + value)
	return 0
}

var _ = Describe("the metrics", func() {
	It("tell how the replica is", func() {
		families := scraped()
		Expect(families).To(HaveKey("seawall_build_info"))
		for _, check := range []string{"certificate", "definitions", "draining", "fleets", "inventory", "namespaces", "policies", "webhook"} {
			Expect(gauge(families, "seawall_ready", check)).To(BeEquivalentTo(1), check)
		}
		expires := time.Unix(int64(gauge(families, "seawall_certificate_expiry_timestamp_seconds", "")), 0)
		Expect(expires).To(BeTemporally("~", time.Now().Add(90*24*time.Hour), 24*time.Hour))
	})

	It("tell how many objects of the inventory are known, and since when", func(ctx SpecContext) {
		registered := &corev1.Secret{ObjectMeta: metav1.ObjectMeta{
			Namespace: cluster.ArgoCDNamespace, Name: "counted", Labels: map[string]string{"argocd.argoproj.io/secret-type": "cluster"},
		}}
		for resource, object := range map[string]client.Object{
			"secrets":    registered,
			"namespaces": &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: "counted"}},
		} {
			By(resource)
			before := scraped()
			Expect(gauge(before, "seawall_inventory_served", resource)).To(BeEquivalentTo(1))
			Expect(gauge(before, "seawall_inventory_synced", resource)).To(BeEquivalentTo(1))
			created := time.Now()
			Expect(api.Create(ctx, object)).To(Succeed())
			DeferCleanup(func(ctx SpecContext) { Expect(client.IgnoreNotFound(api.Delete(ctx, object))).To(Succeed()) })
			Eventually(func(g Gomega) {
				after := scraped()
				g.Expect(gauge(after, "seawall_inventory_objects", resource)).To(BeNumerically(">", gauge(before, "seawall_inventory_objects", resource)))
				g.Expect(gauge(after, "seawall_inventory_last_update_timestamp_seconds", resource)).To(BeNumerically(">=", float64(created.Unix())))
			}).Should(Succeed())
		}
	})

	It("tell of every step of a decision, and of its risk", func(ctx SpecContext) {
		Expect(create(ctx, tenants("measured", 100, nil))).To(denied(""))
		families := scraped()
		for _, phase := range []string{"wait", "count", "judge"} {
			Expect(families["seawall_admission_phase_duration_seconds"].GetMetric()).To(ContainElement(
				HaveField("Label", ConsistOf(HaveField("Value", HaveValue(Equal("ApplicationSet"))), HaveField("Value", HaveValue(Equal(phase)))))))
		}
		for name, least := range map[string]float64{"seawall_admission_environments": 100, "seawall_admission_wave_failure_probability": 0.63} {
			Expect(families).To(HaveKey(name))
			Expect(families[name].GetMetric()).To(ContainElement(HaveField("Histogram.SampleSum", HaveValue(BeNumerically(">=", least)))), name)
		}
	})
})
