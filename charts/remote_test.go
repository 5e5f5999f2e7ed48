package charts_test

import (
	"context"
	"fmt"
	"os"
	"regexp"
	"strings"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/yaml"

	"github.com/seawall-dev/seawall/hack/cluster"
)

// template is a Deployment, which in Karmada's API server runs nothing.
func template(name, image string) *unstructured.Unstructured {
	return &unstructured.Unstructured{Object: map[string]any{
		"apiVersion": "apps/v1", "kind": "Deployment",
		"metadata": map[string]any{"namespace": "default", "name": name},
		"spec": map[string]any{
			"selector": map[string]any{"matchLabels": map[string]any{"app": name}},
			"template": map[string]any{
				"metadata": map[string]any{"labels": map[string]any{"app": name}},
				"spec":     map[string]any{"containers": []any{map[string]any{"name": "app", "image": image}}},
			},
		},
	}}
}

// bound says, as Karmada does, which members a template is for.
func bound(name string, members int) *unstructured.Unstructured {
	var clusters []any
	for i := range members {
		clusters = append(clusters, map[string]any{"name": fmt.Sprint("member-", i)})
	}
	return &unstructured.Unstructured{Object: map[string]any{
		"apiVersion": "work.karmada.io/v1alpha2", "kind": "ResourceBinding",
		"metadata": map[string]any{"namespace": "default", "name": name + "-deployment"},
		"spec": map[string]any{
			"resource": map[string]any{"apiVersion": "apps/v1", "kind": "Deployment", "namespace": "default", "name": name},
			"clusters": clusters,
		},
	}}
}

// documented returns the RolloutKind of docs/remote.md, as a value of the chart.
func documented() map[string]any {
	GinkgoHelper()
	page, err := os.ReadFile("../docs/remote.md")
	Expect(err).NotTo(HaveOccurred())
	block := regexp.MustCompile("(?s)```yaml\n(.*?)```").FindSubmatch(page)
	Expect(block).NotTo(BeNil())
	var kind struct{ Spec map[string]any }
	Expect(yaml.Unmarshal(block[1], &kind)).To(Succeed())
	return kind.Spec
}

var _ = Describe("the chart in two API servers", Ordered, func() {
	var guarded *cluster.Cluster
	var webhook *cluster.Webhook

	BeforeAll(func(ctx SpecContext) {
		var err error
		guarded, err = cluster.Start(context.Background(), cluster.Options{Progress: GinkgoWriter})
		Expect(err).NotTo(HaveOccurred())
		DeferCleanup(func() { Expect(guarded.Stop()).To(Succeed()) })
		Expect(guarded.InstallCRDs(ctx, "karmada")).To(Succeed())
		_, err = plane.Kubectl(ctx, nil, "delete", "leases", "--all", "--namespace", cluster.Namespace) // of other tests
		Expect(err).NotTo(HaveOccurred())
		Expect(guarded.Client().Create(ctx, bound("web", 30))).To(Succeed())
		webhook, err = guarded.StartWebhook(context.Background(), cluster.WebhookOptions{
			Host: plane,
			Values: map[string]any{
				"remote":       map[string]any{"workloadTemplates": true},
				"rolloutKinds": []any{documented()},
			},
		})
		Expect(err).NotTo(HaveOccurred())
		DeferCleanup(func(ctx SpecContext) {
			Expect(webhook.Stop()).To(Succeed())
			for i := range webhook.Objects {
				if webhook.Objects[i].GetKind() != "CustomResourceDefinition" {
					Expect(client.IgnoreNotFound(plane.Client().Delete(ctx, &webhook.Objects[i]))).To(Succeed())
				}
			}
		})
	})

	It("puts into each what belongs there", func(ctx SpecContext) {
		kinds := func(in *cluster.Cluster) string {
			output, err := in.Kubectl(ctx, nil, "get", "--all-namespaces", "-o", "name",
				"deployments,services,poddisruptionbudgets,roles,rolebindings,validatingwebhookconfigurations,secrets,validatingadmissionpolicies",
				"--selector", "app.kubernetes.io/name=seawall")
			Expect(err).NotTo(HaveOccurred())
			return output.Stdout
		}
		Expect(strings.Fields(kinds(plane))).To(ConsistOf("deployment.apps/seawall", "service/seawall", "poddisruptionbudget.policy/seawall"))
		Expect(kinds(guarded)).To(And(
			ContainSubstring("validatingwebhookconfiguration.admissionregistration.k8s.io/seawall"),
			ContainSubstring("secret/seawall-certificate"), ContainSubstring("role.rbac.authorization.k8s.io/seawall"),
			Not(ContainSubstring("deployment")), Not(ContainSubstring("service/")), Not(ContainSubstring("poddisruptionbudget")),
		))
	})

	It("gives the pods the other API server's kubeconfig, and no token of their own cluster", func(ctx SpecContext) {
		spec := typed[struct {
			Spec struct{ Template corev1.PodTemplateSpec }
		}](one(webhook.Objects, "Deployment")).Spec.Template.Spec
		Expect(*spec.AutomountServiceAccountToken).To(BeFalse())
		Expect(spec.Containers[0].Args).To(ContainElements(
			"--kubeconfig=/var/run/seawall/kubeconfig/kubeconfig", "--workload-templates=true", "--certificate-dns-names=127.0.0.1",
		))
		pod := &corev1.Pod{ObjectMeta: metav1.ObjectMeta{Namespace: cluster.Namespace, Name: "probe"}, Spec: spec}
		pod.Spec.ServiceAccountName, pod.Spec.PriorityClassName = "default", ""
		Expect(plane.Client().Create(ctx, pod, client.DryRunAll)).To(Succeed())
	})

	It("denies in the API server that is guarded, which calls an IP address", func(ctx SpecContext) {
		Expect(guarded.Client().Create(ctx, template("web", "web:1"))).To(MatchError(ContainSubstring(
			"Deployment default/web: wave 1 syncs 30 environments at 0.99 each")))
		Expect(guarded.Client().Create(ctx, template("web", "web:1"))).To(MatchError(ContainSubstring(
			"At most 22 per wave: divide its members over several Deployments, each of which Karmada propagates to at most 22")))
		By("one that is bound to few")
		Expect(guarded.Client().Create(ctx, bound("small", 3))).To(Succeed())
		Eventually(func() error { return guarded.Client().Create(ctx, template("small", "small:1")) }).WithTimeout(10e9).Should(Succeed())
		By("one of which nobody knows where it will be")
		Expect(guarded.Client().Create(ctx, template("new", "new:1"))).To(MatchError(ContainSubstring("Karmada has not bound it to members yet")))
	})

	It("lets Deployments of the cluster with nodes be", func(ctx SpecContext) {
		Expect(plane.Client().Create(ctx, template("own", "own:1"), client.DryRunAll)).To(Succeed())
	})

	It("keeps its Lease, and the authority that signs, where it guards", func(ctx SpecContext) {
		lease := func(in *cluster.Cluster) string {
			output, err := in.Kubectl(ctx, nil, "get", "leases", "--namespace", cluster.Namespace, "-o", "name")
			Expect(err).NotTo(HaveOccurred())
			return output.Stdout
		}
		Eventually(func() string { return lease(guarded) }).WithTimeout(20e9).Should(ContainSubstring("lease.coordination.k8s.io/seawall"))
		Expect(lease(plane)).NotTo(ContainSubstring("seawall"))
	})
})

var _ = Describe("values of the chart for two API servers", func() {
	DescribeTable("that do not go together are refused by their path",
		func(ctx SpecContext, values map[string]any, want string) {
			_, err := plane.RenderChart(ctx, cluster.Chart{Dir: "seawall", Release: "seawall", Namespace: cluster.Namespace, Values: values})
			Expect(err).To(MatchError(ContainSubstring(want)))
		},
		Entry("no part", map[string]any{"remote": map[string]any{"url": "https://a.svc"}}, "remote.part is empty"),
		Entry("no URL", map[string]any{"remote": map[string]any{"part": "Guarded"}}, "remote.url is empty"),
		Entry("no kubeconfig", map[string]any{"remote": map[string]any{"part": "Workload", "url": "https://a.svc"}}, "remote.kubeconfigSecret is empty"),
		Entry("cert-manager", map[string]any{
			"remote": map[string]any{"part": "Guarded", "url": "https://a.svc"}, "certificates": map[string]any{"mode": "cert-manager"},
		}, "certificates.mode is cert-manager"),
		Entry("workloads that run where they are written", map[string]any{"rolloutKinds": []any{map[string]any{
			"group": "apps", "versions": []string{"v1"}, "resource": "deployments", "kind": "Deployment", "environments": "1",
		}}}, `group "apps" is Kubernetes' own`),
		Entry("plain HTTP", map[string]any{"remote": map[string]any{"part": "Guarded", "url": "http://a.svc"}}, "/remote/url"),
	)

	It("publish the webhook alone, if they do", func(ctx SpecContext) {
		objects, err := plane.RenderChart(ctx, cluster.Chart{
			Dir: "seawall", Release: "seawall", Namespace: cluster.Namespace, Values: map[string]any{"remote": map[string]any{
				"part": "Workload", "url": "https://seawall.example.com", "kubeconfigSecret": "guarded",
				"loadBalancer": map[string]any{"create": true, "sourceRanges": []string{"203.0.113.0/24"}},
			}},
		})
		Expect(err).NotTo(HaveOccurred())
		for i := range objects {
			if objects[i].GetName() == "seawall-remote" {
				spec := typed[corev1.Service](objects[i]).Spec
				Expect(spec.Ports).To(HaveExactElements(HaveField("Name", "webhook")))
				Expect(spec.LoadBalancerSourceRanges).To(HaveExactElements("203.0.113.0/24"))
				return
			}
		}
		Fail("there is no Service of type LoadBalancer")
	})
})
