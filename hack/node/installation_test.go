package node

import (
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	corev1 "k8s.io/api/core/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/seawall-dev/seawall/hack/cluster"
)

func installation() {
	It("runs in a namespace of restricted pods, two replicas ready", func(ctx SpecContext) {
		succeed(ctx, "label", "namespace", cluster.Namespace, "pod-security.kubernetes.io/enforce=restricted")
		runHelm(ctx, "install", release, chart)
		rolledOut(ctx)
		Expect(pods(ctx)).To(HaveLen(2))
		refused := kubectl(ctx, "-n", cluster.Namespace, "run", "privileged", "--image=registry.k8s.io/pause:3.10", "--privileged")
		Expect(refused.Stderr).To(ContainSubstring("violates PodSecurity"), "else the label is without effect")
	})

	It("passes the test that the chart brings", func(ctx SpecContext) {
		runHelm(ctx, "test", release)
		Expect(succeed(ctx, "-n", cluster.Namespace, "get", "pods,serviceaccounts", "--output=name")).
			NotTo(ContainSubstring(release+"-test"), "nothing stays of it")
	})

	It("denies a rollout through its Service, and admits a small one", func(ctx SpecContext) {
		Eventually(func() error { return api.Create(ctx, admitted.DeepCopy(), client.DryRunAll) }).Should(Succeed())
		denied(ctx)
	})

	It("writes an Event of the denial", func(ctx SpecContext) {
		Eventually(func(g Gomega) {
			var events corev1.EventList
			g.Expect(api.List(ctx, &events, client.InNamespace(cluster.ArgoCDNamespace))).To(Succeed())
			g.Expect(events.Items).To(ContainElement(And(
				HaveField("Reason", "WaveDenied"), HaveField("InvolvedObject.Name", "tenants"))))
		}).Should(Succeed())
	})
}
