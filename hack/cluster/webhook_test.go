package cluster

import (
	"context"
	"net/http"
	"path/filepath"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
)

var _ = Describe("The webhook", Ordered, func() {
	BeforeAll(func(ctx SpecContext) {
		Expect(running.InstallCRDs(ctx, "argo-cd", "applicationsets.argoproj.io")).To(Succeed())
	})

	It("is called by the API server, logs what it decides, stops when told to and comes back", func(ctx SpecContext) {
		webhook, err := running.StartWebhook(context.Background(), WebhookOptions{})
		Expect(err).NotTo(HaveOccurred())
		DeferCleanup(webhook.Stop)

		response, err := http.Get(webhook.MetricsURL)
		Expect(err).NotTo(HaveOccurred())
		Expect(response.Body.Close()).To(Succeed())
		Expect(response).To(HaveHTTPStatus(http.StatusOK))

		rollouts, err := ReadManifests(filepath.Join("testdata", "applicationset.yaml"))
		Expect(err).NotTo(HaveOccurred())
		Expect(running.Apply(ctx, rollouts...)).To(Succeed())
		decision, err := webhook.WaitForLog(ctx, func(fields map[string]any) bool { return fields["name"] == "harness" })
		Expect(err).NotTo(HaveOccurred())
		Expect(decision).To(HaveKeyWithValue("msg", "decision"))

		Expect(webhook.Stop()).To(Succeed())
		Expect(webhook.Exited()).To(BeClosed())
		rollouts[0].SetLabels(map[string]string{"asked": "about"})
		Expect(running.Apply(ctx, rollouts...)).To(MatchError(ContainSubstring("failed calling webhook")))

		Expect(webhook.Restart(context.Background())).To(Succeed())
		Expect(webhook.Exited()).NotTo(BeClosed())
		Expect(running.Apply(ctx, rollouts...)).To(Succeed())
	}, NodeTimeout(startTimeout))

	It("serves from every replica, of which one leads", func(SpecContext) {
		webhook, err := running.StartWebhook(context.Background(), WebhookOptions{})
		Expect(err).NotTo(HaveOccurred())
		DeferCleanup(webhook.Stop)
		replica, err := webhook.StartReplica(context.Background())
		Expect(err).NotTo(HaveOccurred())
		Expect(replica.URL).NotTo(Equal(webhook.URL))
		replica.Kill()
		Expect(replica.Exited()).To(BeClosed())
		Expect(webhook.Exited()).NotTo(BeClosed())
	}, NodeTimeout(startTimeout))

	It("runs the sources of another revision", func(ctx SpecContext) {
		source, err := running.Checkout(ctx, "HEAD")
		Expect(err).NotTo(HaveOccurred())
		Expect(filepath.Join(source, "cmd", "seawall-webhook")).To(BeADirectory())
		_, err = running.Checkout(ctx, "no-such-revision")
		Expect(err).To(MatchError(ContainSubstring("check no-such-revision out")))
	})

	It("tells why it did not start", func() {
		_, err := running.StartWebhook(context.Background(), WebhookOptions{Args: []string{"--log-level=nonsense"}})
		Expect(err).To(MatchError(And(ContainSubstring("ended by itself"), ContainSubstring(`--log-level is "nonsense"`))))
	})
})
