package charts_test

import (
	"encoding/json"
	"os"
	"regexp"
	"strings"
	"testing"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/yaml"

	"github.com/seawall-dev/seawall/hack/cluster"
)

// alertsFile holds the alerts as Prometheus reads them.
type alertsFile struct {
	Groups []struct {
		Name  string `json:"name"`
		Rules []struct {
			Alert       string            `json:"alert"`
			Labels      map[string]string `json:"labels"`
			Annotations map[string]string `json:"annotations"`
		} `json:"rules"`
	} `json:"groups"`
}

const runbooks = "https://github.com/seawall-dev/seawall/blob/main/docs/runbooks.md#"

func TestEveryAlertHasARunbook(t *testing.T) {
	g := NewWithT(t)
	var alerts alertsFile
	text, err := os.ReadFile("seawall/files/alerts.yaml")
	g.Expect(err).NotTo(HaveOccurred())
	g.Expect(yaml.UnmarshalStrict(text, &map[string]any{})).To(Succeed())
	g.Expect(yaml.Unmarshal(text, &alerts)).To(Succeed())
	var names []string
	for _, group := range alerts.Groups {
		for _, rule := range group.Rules {
			names = append(names, rule.Alert)
			g.Expect(rule.Annotations).To(HaveKeyWithValue("runbook_url", runbooks+strings.ToLower(rule.Alert)), rule.Alert)
			g.Expect(rule.Annotations).To(And(HaveKey("summary"), HaveKey("description")), rule.Alert)
			g.Expect(rule.Labels).To(HaveKeyWithValue("severity", BeElementOf("info", "warning", "critical")), rule.Alert)
		}
	}

	page, err := os.ReadFile("../docs/runbooks.md")
	g.Expect(err).NotTo(HaveOccurred())
	var headings []string
	for _, match := range regexp.MustCompile(`(?m)^## (Seawall\w+)$`).FindAllStringSubmatch(string(page), -1) {
		headings = append(headings, match[1])
	}
	g.Expect(headings).To(Equal(names), "docs/runbooks.md has the alerts of files/alerts.yaml, in their order")
}

// one returns the only object of a kind.
func one(objects []unstructured.Unstructured, kind string) unstructured.Unstructured {
	GinkgoHelper()
	var found []unstructured.Unstructured
	for _, object := range objects {
		if object.GetKind() == kind {
			found = append(found, object)
		}
	}
	Expect(found).To(HaveLen(1), kind)
	return found[0]
}

func typed[T any](object unstructured.Unstructured) T {
	GinkgoHelper()
	var into T
	text, err := json.Marshal(&object)
	Expect(err).NotTo(HaveOccurred())
	Expect(json.Unmarshal(text, &into)).To(Succeed())
	return into
}

var _ = Describe("what the chart brings for Prometheus and Grafana", func() {
	render := func(ctx SpecContext, metrics map[string]any) []unstructured.Unstructured {
		GinkgoHelper()
		objects, err := plane.RenderChart(ctx, cluster.Chart{
			Dir: "seawall", Release: "seawall", Namespace: cluster.Namespace, Values: map[string]any{"metrics": metrics},
		})
		Expect(err).NotTo(HaveOccurred())
		return objects
	}
	on := map[string]any{"enabled": true}

	It("is accepted by their own definitions", func(ctx SpecContext) {
		Expect(plane.InstallCRDs(ctx, "prometheus-operator")).To(Succeed())
		objects := render(ctx, map[string]any{"serviceMonitor": on, "prometheusRule": on, "grafanaDashboard": on})
		Expect(plane.Apply(ctx, objects...)).To(Succeed())
		remove(ctx, objects)
	})

	It("scrapes a port that the Service leads to a port of the pods", func(ctx SpecContext) {
		objects := render(ctx, map[string]any{"serviceMonitor": on})
		monitor := typed[struct {
			Spec struct {
				Selector  struct{ MatchLabels map[string]string }
				Endpoints []struct{ Port string }
			}
		}](one(objects, "ServiceMonitor"))
		service := typed[corev1.Service](one(objects, "Service"))
		for label, value := range monitor.Spec.Selector.MatchLabels {
			Expect(service.Labels).To(HaveKeyWithValue(label, value))
		}
		Expect(monitor.Spec.Endpoints).To(HaveLen(1))
		var target string
		for _, port := range service.Spec.Ports {
			if port.Name == monitor.Spec.Endpoints[0].Port {
				target = port.TargetPort.StrVal
			}
		}
		pod := typed[struct {
			Spec struct{ Template corev1.PodTemplateSpec }
		}](one(objects, "Deployment"))
		Expect(pod.Spec.Template.Spec.Containers[0].Ports).To(ContainElement(And(HaveField("Name", target), HaveField("ContainerPort", BeEquivalentTo(8080)))))
	})

	It("holds the alerts and the dashboard as their files do", func(ctx SpecContext) {
		objects := render(ctx, map[string]any{"prometheusRule": on, "grafanaDashboard": on})
		text, err := os.ReadFile("seawall/files/alerts.yaml")
		Expect(err).NotTo(HaveOccurred())
		var want map[string]any
		Expect(yaml.Unmarshal(text, &want)).To(Succeed())
		Expect(one(objects, "PrometheusRule").Object["spec"]).To(Equal(want))
		text, err = os.ReadFile("seawall/files/dashboard.json")
		Expect(err).NotTo(HaveOccurred())
		Expect(typed[corev1.ConfigMap](one(objects, "ConfigMap")).Data).To(HaveKeyWithValue("seawall.json", MatchJSON(text)))
	})

	It("has the alerts changed that the values name, and no others", func(ctx SpecContext) {
		alerts := func(changes map[string]any) map[string]map[string]any {
			rules := map[string]map[string]any{}
			object := one(render(ctx, map[string]any{"prometheusRule": map[string]any{"enabled": true, "alerts": changes}}), "PrometheusRule")
			for _, group := range object.Object["spec"].(map[string]any)["groups"].([]any) {
				for _, rule := range group.(map[string]any)["rules"].([]any) {
					rules[rule.(map[string]any)["alert"].(string)] = rule.(map[string]any)
				}
			}
			return rules
		}
		want := alerts(nil)
		want["SeawallSlow"]["for"] = "30m"
		want["SeawallSlow"]["labels"].(map[string]any)["severity"] = "critical"
		delete(want, "SeawallAbsent")
		Expect(alerts(map[string]any{
			"SeawallSlow":   map[string]any{"for": "30m", "labels": map[string]any{"severity": "critical"}},
			"SeawallAbsent": map[string]any{"enabled": false},
		})).To(Equal(want))
	})
})
