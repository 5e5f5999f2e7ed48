package charts_test

import (
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/seawall-dev/seawall/hack/cluster"
)

var _ = Describe("the NetworkPolicy of the chart", func() {
	render := func(ctx SpecContext, values map[string]any) []unstructured.Unstructured {
		GinkgoHelper()
		objects, err := plane.RenderChart(ctx, cluster.Chart{
			Dir: "seawall", Release: "seawall", Namespace: cluster.Namespace, Values: map[string]any{"networkPolicy": values},
		})
		Expect(err).NotTo(HaveOccurred())
		return objects
	}
	block := func(cidr string) []any { return []any{map[string]any{"ipBlock": map[string]any{"cidr": cidr}}} }
	// peers are those that may reach the ports, by their names; nil for all.
	peers := func(policy networkingv1.NetworkPolicy) map[string][]networkingv1.NetworkPolicyPeer {
		found := map[string][]networkingv1.NetworkPolicyPeer{}
		for _, rule := range policy.Spec.Ingress {
			for _, port := range rule.Ports {
				found[port.Port.StrVal] = rule.From
			}
		}
		return found
	}
	only := func(cidr string) []networkingv1.NetworkPolicyPeer {
		return []networkingv1.NetworkPolicyPeer{{IPBlock: &networkingv1.IPBlock{CIDR: cidr}}}
	}

	It("is not there until the API server's address is known", func(ctx SpecContext) {
		for _, object := range render(ctx, map[string]any{}) {
			Expect(object.GetKind()).NotTo(Equal("NetworkPolicy"))
		}
	})

	It("lets nobody reach the webhook but whom its values name", func(ctx SpecContext) {
		objects := render(ctx, map[string]any{"apiServer": block("10.0.0.10/32")})
		policy := typed[networkingv1.NetworkPolicy](one(objects, "NetworkPolicy"))
		Expect(policy.Spec.PolicyTypes).To(ConsistOf(networkingv1.PolicyTypeIngress, networkingv1.PolicyTypeEgress))
		Expect(peers(policy)).To(Equal(map[string][]networkingv1.NetworkPolicyPeer{"webhook": only("10.0.0.10/32"), "health": nil}))
		Expect(policy.Spec.Egress).To(HaveExactElements(HaveField("To", only("10.0.0.10/32"))))

		By("the pods that it is for")
		pod := typed[struct {
			Spec struct{ Template corev1.PodTemplateSpec }
		}](one(objects, "Deployment")).Spec.Template
		for label, value := range policy.Spec.PodSelector.MatchLabels {
			Expect(pod.Labels).To(HaveKeyWithValue(label, value))
		}
		for name := range peers(policy) {
			Expect(pod.Spec.Containers[0].Ports).To(ContainElement(HaveField("Name", name)))
		}
	})

	It("has peers of their own for metrics and health", func(ctx SpecContext) {
		objects := render(ctx, map[string]any{
			"apiServer": block("10.0.0.10/32"), "metrics": block("10.1.0.0/16"), "health": block("10.2.0.0/16"),
		})
		Expect(peers(typed[networkingv1.NetworkPolicy](one(objects, "NetworkPolicy")))).To(Equal(map[string][]networkingv1.NetworkPolicyPeer{
			"webhook": only("10.0.0.10/32"), "metrics": only("10.1.0.0/16"), "health": only("10.2.0.0/16"),
		}))
	})
})

var _ = Describe("the authorities of callers", func() {
	const authority = "-----BEGIN CERTIFICATE-----\nMIIBejCCASGgAwIBAgIBATAK\n-----END CERTIFICATE-----\n"
	pod := func(ctx SpecContext, values map[string]any) ([]unstructured.Unstructured, corev1.PodSpec) {
		GinkgoHelper()
		objects, err := plane.RenderChart(ctx, cluster.Chart{
			Dir: "seawall", Release: "seawall", Namespace: cluster.Namespace,
			Values: map[string]any{"webhook": map[string]any{"clientCA": values}},
		})
		Expect(err).NotTo(HaveOccurred())
		return objects, typed[struct {
			Spec struct{ Template corev1.PodTemplateSpec }
		}](one(objects, "Deployment")).Spec.Template.Spec
	}
	const flag = "--client-ca=/var/run/seawall/client-ca/ca.crt"

	It("are nobody's by default", func(ctx SpecContext) {
		_, spec := pod(ctx, map[string]any{})
		Expect(spec.Containers[0].Args).NotTo(ContainElement(ContainSubstring("--client-")))
		Expect(spec.Volumes).To(BeEmpty())
	})

	It("are mounted from the ConfigMap that the chart makes of the values", func(ctx SpecContext) {
		objects, spec := pod(ctx, map[string]any{"pem": authority, "subjects": []any{"a b", "c: d"}})
		made := typed[corev1.ConfigMap](one(objects, "ConfigMap"))
		Expect(made.Data).To(Equal(map[string]string{"ca.crt": authority}))
		Expect(spec.Containers[0].Args).To(ContainElements(flag, "--client-subject=a b", "--client-subject=c: d"))
		Expect(spec.Volumes).To(ContainElement(HaveField("ConfigMap", HaveField("Name", made.Name))))
		Expect(spec.Containers[0].VolumeMounts).To(ContainElement(And(
			HaveField("Name", "client-ca"), HaveField("MountPath", "/var/run/seawall/client-ca"), HaveField("SubPath", ""))), "a subPath is not updated")
	})

	It("are mounted from the operator's own ConfigMap", func(ctx SpecContext) {
		_, spec := pod(ctx, map[string]any{"configMap": "kube-root-ca.crt"})
		Expect(spec.Containers[0].Args).To(ContainElements(flag, "--client-subject=kube-apiserver-kubelet-client"))
		Expect(spec.Volumes).To(ContainElement(HaveField("ConfigMap", HaveField("Name", "kube-root-ca.crt"))))
	})
})
