package flux

import (
	"context"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/seawall-dev/seawall/hack/cluster"
	"github.com/seawall-dev/seawall/pkg/apis/v1alpha1"
)

// install installs Seawall with the policy of testdata/gate.yaml and values of the chart's
// syncGate, for the specs of one container, and waits until the policy gates.
func install(gate map[string]any) *cluster.Webhook {
	GinkgoHelper()
	return installWith("testdata/gate.yaml", gate)
}

func installWith(policy string, gate map[string]any) *cluster.Webhook {
	GinkgoHelper()
	ctx := context.Background() // it outlives the node that installs it
	gate["flux"] = map[string]any{"enabled": true}
	seawall, err := plane.StartWebhook(ctx, cluster.WebhookOptions{Values: map[string]any{
		"policies": map[string]any{"default": nil}, "syncGate": gate,
	}})
	Expect(err).NotTo(HaveOccurred())
	DeferCleanup(func(ctx context.Context) { Expect(seawall.Uninstall(ctx)).To(Succeed()) })
	policies, err := cluster.ReadManifests(policy)
	Expect(err).NotTo(HaveOccurred())
	Expect(plane.Apply(ctx, policies...)).To(Succeed())
	DeferCleanup(func(ctx context.Context) { Expect(api.Delete(ctx, &policies[0])).To(Succeed()) })
	Eventually(func(g Gomega) {
		var policy v1alpha1.WavePolicy
		g.Expect(api.Get(ctx, client.ObjectKeyFromObject(&policies[0]), &policy)).To(Succeed())
		g.Expect(meta.IsStatusConditionPresentAndEqual(policy.Status.Conditions, "Gating", metav1.ConditionTrue)).To(BeTrue())
	}).WithTimeout(patience).Should(Succeed())
	return seawall
}
