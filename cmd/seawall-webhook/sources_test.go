package main_test

import (
	"context"
	"net/http"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/seawall-dev/seawall/hack/cluster"
)

var _ = Describe("Seawall's own definitions", func() {
	It("let nothing pass while they are gone, and are read again once they are back", func(ctx SpecContext) {
		own, err := cluster.Start(ctx, cluster.Options{Progress: GinkgoWriter})
		Expect(err).NotTo(HaveOccurred())
		DeferCleanup(own.Stop)
		Expect(own.InstallCRDs(ctx, "argo-cd", "applicationsets.argoproj.io")).To(Succeed())
		replica, err := own.StartWebhook(ctx, cluster.WebhookOptions{})
		Expect(err).NotTo(HaveOccurred())
		into, err := client.New(own.Config, client.Options{Scheme: api.Scheme()})
		Expect(err).NotTo(HaveOccurred())
		tooLarge := func() error { return into.Create(ctx, tenants("too-large", 100, nil), client.DryRunAll) }
		Expect(tooLarge()).To(denied(""))

		definition := installed(replica, "CustomResourceDefinition", "wavepolicies.seawall.dev")
		policies := installed(replica, "WavePolicy", "")
		asking, stop := context.WithCancel(ctx)
		admitted, answers := make(chan int), map[int32]bool{}
		go func() {
			defer GinkgoRecover()
			passed := 0
			for asking.Err() == nil {
				err := tooLarge()
				if err == nil {
					passed++
				}
				if status, is := err.(apierrors.APIStatus); is {
					answers[status.Status().Code] = true
				}
			}
			admitted <- passed
		}()
		Expect(into.Delete(ctx, definition.DeepCopy())).To(Succeed())
		Eventually(tooLarge).WithTimeout(20 * second).Should(MatchError(And(
			ContainSubstring("it is not known by what to judge"), ContainSubstring("wavepolicies.seawall.dev"),
		)))
		Consistently(tooLarge).WithTimeout(12 * second).Should(MatchError(ContainSubstring("it is not known by what to judge")))
		status, said := fetch(replica.HealthURL + "/readyz?verbose")
		Expect(status).To(Equal(http.StatusOK), said)
		Eventually(func() string {
			_, metrics := fetch(replica.MetricsURL)
			return metrics
		}).WithTimeout(20 * second).Should(ContainSubstring(`seawall_inventory_served{resource="wavepolicies.seawall.dev"} 0`))

		By("bringing them back, first without a policy")
		definition.SetResourceVersion("")
		Expect(own.Apply(ctx, definition)).To(Succeed())
		Expect(own.Apply(ctx, policies)).To(Succeed())
		Eventually(tooLarge).WithTimeout(40 * second).Should(denied("wave 1 syncs 100 environments"))
		stop()
		Expect(<-admitted).To(BeZero(), "of all that was asked meanwhile")
		Expect(answers).To(And(HaveKey(int32(http.StatusForbidden)), HaveKey(int32(http.StatusServiceUnavailable)), HaveLen(2)))
	}, SpecTimeout(4*time.Minute))
})

// installed returns an object of the chart, the first of its kind if there is no name.
func installed(by *cluster.Webhook, kind, name string) unstructured.Unstructured {
	GinkgoHelper()
	for _, object := range by.Objects {
		if object.GetKind() == kind && (name == "" || object.GetName() == name) {
			return *object.DeepCopy()
		}
	}
	Fail("the chart installs no " + kind + " " + name)
	return unstructured.Unstructured{}
}

var _ = Describe("a cluster without Argo CD", func() {
	It("is no reason not to be ready, and lets no ApplicationSet over clusters pass uncounted", func(ctx SpecContext) {
		own, err := cluster.Start(ctx, cluster.Options{Progress: GinkgoWriter})
		Expect(err).NotTo(HaveOccurred())
		DeferCleanup(own.Stop)
		Expect(own.InstallCRDs(ctx, "argo-cd", "applicationsets.argoproj.io")).To(Succeed())
		_, err = own.StartWebhook(ctx, cluster.WebhookOptions{Args: []string{"--argocd-namespace=nowhere"}})
		Expect(err).NotTo(HaveOccurred(), "it is ready")
		into, err := client.New(own.Config, client.Options{Scheme: api.Scheme()})
		Expect(err).NotTo(HaveOccurred())
		set := applicationSet("everywhere", map[string]any{
			"generators": []any{map[string]any{"clusters": map[string]any{}}},
			"template":   template("{{.name}}", "v1"),
		})
		Expect(into.Create(ctx, set, client.DryRunAll)).To(denied("spec.generators[0].clusters cannot be counted yet"))
		few := tenants("few", 2, nil)
		unstructured.RemoveNestedField(few.Object, "spec", "strategy") // whether that has an effect is not known
		Expect(into.Create(ctx, few, client.DryRunAll)).To(Succeed())
	})
})
