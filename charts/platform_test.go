package charts_test

import (
	"strings"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/seawall-dev/seawall/hack/cluster"
)

// restricted has the API server hold what OpenShift's SCC restricted-v2 holds of a pod, in a namespace
// whose range of users begins at 1000700000.
const restricted = `
apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingAdmissionPolicy
metadata: {name: restricted-v2}
spec:
  failurePolicy: Fail
  matchConstraints:
    resourceRules: [{apiGroups: [""], apiVersions: [v1], operations: [CREATE], resources: [pods]}]
  variables:
    - name: contexts
      expression: "[object.spec.?securityContext.orValue({})] + object.spec.containers.map(c, c.?securityContext.orValue({}))"
  validations:
    - expression: "variables.contexts.all(c, !has(c.runAsUser) || c.runAsUser >= 1000700000 && c.runAsUser < 1000710000)"
      message: runAsUser is not of the range of the namespace
    - expression: "!has(object.spec.securityContext.fsGroup) && !object.spec.?hostNetwork.orValue(false) && !object.spec.?hostPID.orValue(false)"
      message: the host's network and processes are not allowed
    - expression: >-
        object.spec.containers.all(c, c.securityContext.allowPrivilegeEscalation == false && c.securityContext.capabilities.drop == ['ALL'] &&
        !c.securityContext.?privileged.orValue(false) && c.?ports.orValue([]).all(p, p.?hostPort.orValue(0) == 0))
      message: a container has more rights than it may
    - expression: "object.spec.securityContext.seccompProfile.type == 'RuntimeDefault'"
      message: the seccomp profile is not the runtime's
    - expression: >-
        object.spec.?volumes.orValue([]).all(v, has(v.configMap) || has(v.secret) || has(v.emptyDir) || has(v.projected) || has(v.downwardAPI))
      message: a volume is not allowed
---
apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingAdmissionPolicyBinding
metadata: {name: restricted-v2}
spec:
  policyName: restricted-v2
  validationActions: [Deny]
  matchResources: {namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: openshift}}}
`

var _ = Describe("the chart on other platforms", func() {
	render := func(ctx SpecContext, values map[string]any) []unstructured.Unstructured {
		GinkgoHelper()
		objects, err := plane.RenderChart(ctx, cluster.Chart{Dir: "seawall", Release: "seawall", Namespace: cluster.Namespace, Values: values})
		Expect(err).NotTo(HaveOccurred())
		return objects
	}
	pod := func(objects []unstructured.Unstructured) *corev1.Pod {
		template := typed[struct {
			Spec struct{ Template corev1.PodTemplateSpec }
		}](one(objects, "Deployment")).Spec.Template
		template.Spec.ServiceAccountName, template.Spec.PriorityClassName = "default", ""
		return &corev1.Pod{ObjectMeta: metav1.ObjectMeta{Namespace: "openshift", Name: "seawall"}, Spec: template.Spec}
	}

	It("satisfies OpenShift's restricted-v2 where no user is set", func(ctx SpecContext) {
		objects, err := cluster.ParseManifests([]byte("apiVersion: v1\nkind: Namespace\nmetadata: {name: openshift}\n---" + restricted))
		Expect(err).NotTo(HaveOccurred())
		Expect(plane.Apply(ctx, objects...)).To(Succeed())
		DeferCleanup(func(ctx SpecContext) {
			for i := range objects[1:] {
				Expect(plane.Client().Delete(ctx, &objects[i+1])).To(Succeed())
			}
		})
		as := func(values map[string]any) func() error {
			return func() error { return plane.Client().Create(ctx, pod(render(ctx, values)), client.DryRunAll) }
		}
		Eventually(as(map[string]any{"runAs": map[string]any{"user": 65532}})).WithTimeout(20e9).
			Should(MatchError(ContainSubstring("runAsUser is not of the range")))
		Expect(as(map[string]any{})()).To(Succeed())
		Expect(as(map[string]any{"runAs": map[string]any{"user": 1000700001}})()).To(Succeed())
	})

	It("is in the network of the node, on ports of its own, if it is to", func(ctx SpecContext) {
		_, err := plane.RenderChart(ctx, cluster.Chart{
			Dir: "seawall", Release: "seawall", Namespace: cluster.Namespace, Values: map[string]any{"hostNetwork": true},
		})
		Expect(err).To(MatchError(ContainSubstring("is the kubelet's")))
		objects := render(ctx, map[string]any{"hostNetwork": true, "ports": map[string]any{"webhook": 9443, "metrics": 9080, "health": 9081}})
		spec := pod(objects).Spec
		Expect(spec.HostNetwork).To(BeTrue())
		Expect(spec.DNSPolicy).To(Equal(corev1.DNSClusterFirstWithHostNet))
		Expect(spec.Containers[0].Args).To(ContainElements("--webhook-port=9443", "--metrics-bind-address=:9080", "--health-probe-bind-address=:9081"))
		for i, port := range []int32{9443, 9080, 9081} {
			Expect(spec.Containers[0].Ports[i].ContainerPort).To(Equal(port))
		}
	})

	It("is scaled by utilization, and then by nobody else", func(ctx SpecContext) {
		objects := render(ctx, map[string]any{"autoscaling": map[string]any{"enabled": true, "minReplicas": 3}})
		scaler := one(objects, "HorizontalPodAutoscaler")
		Expect(plane.Client().Create(ctx, &scaler, client.DryRunAll)).To(Succeed())
		_, found, err := unstructured.NestedInt64(one(objects, "Deployment").Object, "spec", "replicas")
		Expect(err).NotTo(HaveOccurred())
		Expect(found).To(BeFalse(), "Helm would undo what the autoscaler does")
	})

	It("has a Service of both families", func(ctx SpecContext) {
		service := one(render(ctx, map[string]any{
			"service": map[string]any{"ipFamilyPolicy": "PreferDualStack", "ipFamilies": []string{"IPv6", "IPv4"}},
		}), "Service")
		Expect(typed[corev1.Service](service).Spec.IPFamilies).To(HaveExactElements(corev1.IPv6Protocol, corev1.IPv4Protocol))
		err := plane.Client().Create(ctx, &service, client.DryRunAll)
		if err != nil { // of a control plane with one family
			Expect(strings.ToLower(err.Error())).To(ContainSubstring("famil"))
		}
	})
})
