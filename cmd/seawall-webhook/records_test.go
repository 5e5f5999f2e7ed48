package main_test

import (
	"encoding/json"
	"io"
	"net/http"
	"os"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	admissionregistrationv1 "k8s.io/api/admissionregistration/v1"
	corev1 "k8s.io/api/core/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/seawall-dev/seawall/hack/cluster"
)

// jsonLines returns the objects among the lines of a file.
func jsonLines(path string) []map[string]any {
	GinkgoHelper()
	content, err := os.ReadFile(path)
	Expect(err).NotTo(HaveOccurred())
	var objects []map[string]any
	for _, line := range lines(string(content)) {
		var object map[string]any
		if json.Unmarshal([]byte(line), &object) == nil {
			objects = append(objects, object)
		}
	}
	return objects
}

func fetch(url string) (int, string) {
	GinkgoHelper()
	response, err := http.Get(url) //nolint:noctx // a server of this test's own, on loopback
	Expect(err).NotTo(HaveOccurred())
	defer func() { _ = response.Body.Close() }()
	body, err := io.ReadAll(response.Body)
	Expect(err).NotTo(HaveOccurred())
	return response.StatusCode, string(body)
}

var _ = Describe("a denial is on the record", func() {
	It("in the log, in the metrics and in the API server's audit log", func(ctx SpecContext) {
		Expect(create(ctx, tenants("recorded", 100, nil))).To(denied(""))

		Expect(jsonLines(webhook.LogFile)).To(ContainElement(And(
			HaveKeyWithValue("msg", "decision"), HaveKeyWithValue("action", "Deny"), HaveKeyWithValue("reason", "WaveOverLimit"),
			HaveKeyWithValue("kind", "ApplicationSet"), HaveKeyWithValue("namespace", "argocd"), HaveKeyWithValue("name", "recorded"),
			HaveKeyWithValue("operation", "CREATE"), HaveKeyWithValue("n", 100.0), HaveKeyWithValue("total", 100.0), HaveKeyWithValue("limit", "0.2"),
			HaveKeyWithValue("policy", "default"), HaveKeyWithValue("successRate", "0.99"), HaveKeyWithValue("dryRun", false),
			HaveKeyWithValue("probability", BeNumerically("~", 0.634, 0.001)), HaveKey("user"), HaveKey("uid"),
		)))

		status, metrics := fetch(webhook.MetricsURL)
		Expect(status).To(Equal(http.StatusOK))
		Expect(metrics).To(MatchRegexp(`seawall_admission_decisions_total\{action="Deny",dry_run="false",kind="ApplicationSet",operation="CREATE",policy="default",reason="WaveOverLimit"\} \d+`))
		Expect(metrics).To(MatchRegexp(`seawall_admission_duration_seconds_bucket\{action="Deny",kind="ApplicationSet",le="0.005"\} \d+`))
		Expect(metrics).NotTo(MatchRegexp(`seawall_[^\n]*recorded`), "no rollout is a label")

		Eventually(func() []map[string]any { return jsonLines(plane.AuditLog) }).Should(ContainElement(And(
			HaveKeyWithValue("objectRef", HaveKeyWithValue("name", "recorded")),
			HaveKeyWithValue("annotations", And(
				HaveKeyWithValue("waves.seawall.dev/decision", "Deny"),
				HaveKeyWithValue("waves.seawall.dev/reason", "WaveOverLimit"),
				HaveKeyWithValue("waves.seawall.dev/policy", "default"),
				HaveKeyWithValue("waves.seawall.dev/environments", "100"),
				HaveKeyWithValue("waves.seawall.dev/failure-probability", "0.633968"),
				HaveKeyWithValue("waves.seawall.dev/limit", "0.2"),
				HaveKeyWithValue("waves.seawall.dev/success-rate", "0.99"),
			)),
		)))
	})
})

var _ = Describe("the webhook", func() {
	It("is ready, and says so check by check", func() {
		status, body := fetch(webhook.HealthURL + "/readyz?verbose")
		Expect(status).To(Equal(http.StatusOK))
		for _, check := range []string{"certificate", "draining", "inventory", "namespaces", "policies", "webhook"} {
			Expect(body).To(ContainSubstring("[+]" + check + " ok"))
		}
	})

	It("issues another certificate when its Secret is emptied, and serves on", func(ctx SpecContext) {
		secret := &corev1.Secret{}
		key := client.ObjectKey{Namespace: cluster.Namespace, Name: "seawall-certificate"}
		Expect(api.Get(ctx, key, secret)).To(Succeed())
		before := secret.Data["ca.crt"]
		Expect(before).NotTo(BeEmpty())
		secret.Data = nil
		Expect(api.Update(ctx, secret)).To(Succeed())

		Eventually(func(g Gomega) {
			g.Expect(api.Get(ctx, key, secret)).To(Succeed())
			g.Expect(secret.Data["ca.crt"]).NotTo(Or(BeEmpty(), Equal(before)))
			var hooks admissionregistrationv1.ValidatingWebhookConfiguration
			g.Expect(api.Get(ctx, client.ObjectKey{Name: "seawall"}, &hooks)).To(Succeed())
			for _, hook := range hooks.Webhooks {
				g.Expect(hook.ClientConfig.CABundle).To(Equal(secret.Data["ca.crt"]))
			}
		}).WithTimeout(30 * second).Should(Succeed())
		eventuallyDecided(ctx, tenants("after-rotation", 100, nil), denied(overLimit("after-rotation")))
	})

	It("may read and write no more than it needs", func(ctx SpecContext) {
		for what, allowed := range map[string]bool{
			"list secrets -n " + cluster.ArgoCDNamespace:    true,
			"list secrets -n kube-system":                   false,
			"update secrets -n " + cluster.ArgoCDNamespace:  false,
			"list wavepolicies.seawall.dev":                 true,
			"update wavepolicies.seawall.dev":               false,
			"list applicationsets.argoproj.io":              true,
			"update applicationsets.argoproj.io -n argocd":  false,
			"patch applicationsets.argoproj.io -n argocd":   false,
			"patch applications.argoproj.io -n argocd":      false,
			"impersonate serviceaccounts -n seawall-system": false,
			"list promotions.kargo.akuity.io":               false,
			"create pods -n " + cluster.Namespace:           false,
			"create events -n default":                      true,
			"patch events -n " + cluster.ArgoCDNamespace:    true,
			"list events -n " + cluster.ArgoCDNamespace:     false,
			"delete events -n " + cluster.ArgoCDNamespace:   false,
			"update reports.openreports.io -n default":      true,
			"delete clusterreports.openreports.io":          true,
			"deletecollection reports.openreports.io":       false,
			"patch validatingwebhookconfigurations/seawall": true,
			"patch validatingwebhookconfigurations/another": false,
			"list validatingwebhookconfigurations":          false,
			"list secrets -n " + cluster.Namespace:          false,
			"get secrets/another -n " + cluster.Namespace:   false,
			"create secrets -n " + cluster.Namespace:        true,
		} {
			arguments := append([]string{"auth", "can-i", "--as=system:serviceaccount:seawall-system:seawall"}, fields(what)...)
			output, err := plane.Kubectl(ctx, nil, arguments...)
			Expect(err).NotTo(HaveOccurred())
			answer := "no\n"
			if allowed {
				answer = "yes\n"
			}
			Expect(output.Stdout).To(Equal(answer), what+": "+output.Stderr)
		}
	})
})
