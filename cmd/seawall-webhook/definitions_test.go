package main_test

import (
	"context"
	"os"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	coordinationv1 "k8s.io/api/coordination/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/client-go/util/retry"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/seawall-dev/seawall/hack/cluster"
	"github.com/seawall-dev/seawall/pkg/apis/v1alpha1"
)

// define changes the definition of WavePolicies.
func define(ctx context.Context, into client.Client, change func(definition map[string]any, versions []any) []any) {
	GinkgoHelper()
	Expect(retry.RetryOnConflict(retry.DefaultRetry, func() error {
		definition := &unstructured.Unstructured{}
		definition.SetAPIVersion("apiextensions.k8s.io/v1")
		definition.SetKind("CustomResourceDefinition")
		if err := into.Get(ctx, client.ObjectKey{Name: "wavepolicies.seawall.dev"}, definition); err != nil {
			return err
		}
		versions, _, _ := unstructured.NestedSlice(definition.Object, "spec", "versions")
		changed := change(definition.Object, versions)
		Expect(unstructured.SetNestedSlice(definition.Object, changed, "spec", "versions")).To(Succeed())
		return into.Update(ctx, definition)
	})).To(Succeed())
}

// withoutGate makes the definition one from before there was a syncGate.
func withoutGate(_ map[string]any, versions []any) []any {
	spec, _, _ := unstructured.NestedMap(versions[0].(map[string]any), "schema", "openAPIV3Schema", "properties", "spec")
	delete(spec["properties"].(map[string]any), "syncGate")
	delete(spec, "x-kubernetes-validations") // which may speak of it
	Expect(unstructured.SetNestedMap(versions[0].(map[string]any), spec, "schema", "openAPIV3Schema", "properties", "spec")).To(Succeed())
	return versions
}

// withLater makes the definition one of a later release, which has another version, stores that and serves both, as
// docs/upgrading.md promises.
func withLater(definition map[string]any, versions []any) []any {
	later := (&unstructured.Unstructured{Object: versions[0].(map[string]any)}).DeepCopy().Object
	later["name"] = "v1beta1"
	versions[0].(map[string]any)["storage"] = false
	Expect(unstructured.SetNestedField(definition, "None", "spec", "conversion", "strategy")).To(Succeed())
	return append(versions, later)
}

var _ = Describe("definitions that are older than Seawall", func() {
	It("hold a new replica back until they are there, and leave one that serves as it is", func(ctx SpecContext) {
		own, err := cluster.Start(ctx, cluster.Options{Progress: GinkgoWriter})
		Expect(err).NotTo(HaveOccurred())
		DeferCleanup(own.Stop)
		Expect(own.InstallCRDs(ctx, "argo-cd", "applicationsets.argoproj.io", "applications.argoproj.io")).To(Succeed())
		replica, err := own.StartWebhook(ctx, cluster.WebhookOptions{Values: map[string]any{"syncGate": map[string]any{"enabled": true}}})
		Expect(err).NotTo(HaveOccurred())
		Expect(gauge(scrapedFrom(replica), "seawall_definition_missing_fields", "wavepolicies.seawall.dev")).To(BeZero())
		into, err := client.New(own.Config, client.Options{Scheme: api.Scheme()})
		Expect(err).NotTo(HaveOccurred())

		define(ctx, into, withoutGate)
		Eventually(func() float64 {
			return gauge(scrapedFrom(replica), "seawall_definition_missing_fields", "wavepolicies.seawall.dev")
		}).WithTimeout(20 * second).Should(BeEquivalentTo(1))
		Expect(gauge(scrapedFrom(replica), "seawall_ready", "definitions")).To(BeEquivalentTo(1))
		Expect(into.Create(ctx, tenants("too-large", 100, nil), client.DryRunAll)).To(denied(""), "it judges as before")
		Expect(jsonLines(replica.LogFile)).To(ContainElement(HaveKeyWithValue("err", ContainSubstring("so that the API server drops spec.syncGate: kubectl apply"))))

		By("a policy with the field is stored without it")
		gating := newPolicy("gating", "0.03", nil)
		gating.Spec.SyncGate = &v1alpha1.SyncGate{}
		Expect(into.Create(ctx, gating)).To(Succeed())
		Expect(into.Get(ctx, client.ObjectKeyFromObject(gating), gating)).To(Succeed())
		Expect(gating.Spec.SyncGate).To(BeNil())

		By("a replica that starts waits")
		starting := make(chan *cluster.Webhook, 1)
		go func() {
			defer GinkgoRecover()
			late, err := replica.StartReplica(ctx)
			Expect(err).NotTo(HaveOccurred())
			starting <- late
		}()
		Consistently(starting).WithTimeout(15 * second).ShouldNot(Receive())
		definitions, err := cluster.ReadManifests("../../config/crd/bases/seawall.dev_wavepolicies.yaml")
		Expect(err).NotTo(HaveOccurred())
		Expect(own.Apply(ctx, definitions...)).To(Succeed())
		var late *cluster.Webhook
		Eventually(starting).WithTimeout(60 * second).Should(Receive(&late))
		Expect(jsonLines(late.LogFile)).To(ContainElement(And(
			HaveKeyWithValue("check", "definitions"), HaveKeyWithValue("state", ContainSubstring("spec.syncGate")),
		)))

		By("a later release has another version of the API, and this one goes on")
		define(ctx, into, withLater)
		stricter := newPolicy("stricter", "0.001", nil)
		policy := &unstructured.Unstructured{}
		policy.Object, err = runtime.DefaultUnstructuredConverter.ToUnstructured(stricter)
		Expect(err).NotTo(HaveOccurred())
		policy.SetAPIVersion("seawall.dev/v1beta1")
		policy.SetKind("WavePolicy")
		Eventually(func() error { return into.Create(ctx, policy.DeepCopy()) }).Should(Succeed())
		Eventually(func() error { return into.Create(ctx, tenants("some", 2, nil), client.DryRunAll) }).
			WithTimeout(20 * second).Should(denied("policy \"stricter\" allows 0.1%"))
		Expect(into.Get(ctx, client.ObjectKey{Name: "gating"}, gating)).To(Succeed(), "what was stored before")
		policy.SetName("gating")
		Expect(into.Get(ctx, client.ObjectKeyFromObject(policy), policy)).To(Succeed(), "by its later version, too")
	})

	It("leave the rest of Seawall as it is while there are no Waves", func(ctx SpecContext) {
		gate := startGate(ctx, func(*v1alpha1.WavePolicySpec) {})
		waves := installed(gate.webhook, "CustomResourceDefinition", "waves.seawall.dev")
		Expect(gate.admin.Delete(ctx, &waves)).To(Succeed())
		Eventually(func() float64 {
			return gauge(scrapedFrom(gate.webhook), "seawall_definition_missing_fields", "waves.seawall.dev")
		}).WithTimeout(30 * second).Should(BeEquivalentTo(1))
		names := gate.applications(ctx, "unkept", 1)
		Eventually(func() error { return gate.begin(ctx, names[0], "b") }).WithTimeout(20 * second).
			Should(MatchError(ContainSubstring("does not serve Waves")))

		By("another term begins, and what else it does is done")
		Eventually(func() error { // who holds it renews it meanwhile
			var lease coordinationv1.Lease
			if err := gate.admin.Get(ctx, client.ObjectKey{Namespace: cluster.Namespace, Name: "seawall"}, &lease); err != nil {
				return err
			}
			lease.Spec.HolderIdentity, lease.Spec.RenewTime = new("somebody-else"), new(metav1.NowMicro())
			return gate.admin.Update(ctx, &lease)
		}).Should(Succeed())
		said := func() string {
			text, err := os.ReadFile(gate.webhook.LogFile)
			Expect(err).NotTo(HaveOccurred())
			return string(text)
		}
		Eventually(said).WithTimeout(30 * second).Should(ContainSubstring("does not lead any more, and goes on serving"))
		later := newPolicy("later", "0.5", nil)
		later.Spec.SyncGate = &v1alpha1.SyncGate{}
		Expect(gate.admin.Create(ctx, later)).To(Succeed())
		Eventually(gate.condition).WithArguments(ctx, "later", "Accepted").WithTimeout(60 * second).Should(Equal("True Accepted"))
		Expect(said()).To(ContainSubstring("the API server has no CustomResourceDefinition waves.seawall.dev: kubectl apply"))

		By("it is kept again once it is back")
		definitions, err := cluster.ReadManifests("../../config/crd/bases/seawall.dev_waves.yaml")
		Expect(err).NotTo(HaveOccurred())
		Expect(gate.plane.Apply(ctx, definitions...)).To(Succeed())
		Eventually(func() error { return gate.begin(ctx, names[0], "b") }).WithTimeout(30 * second).Should(Succeed())
		Eventually(func() *int32 { return gate.waves(ctx)[0].Status.Held }).WithTimeout(30 * second).Should(HaveValue(BeZero()))
	}, SpecTimeout(4*time.Minute))
})
