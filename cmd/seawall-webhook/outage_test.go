package main_test

import (
	"os"
	"regexp"
	"strings"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/seawall-dev/seawall/hack/cluster"
)

var _ = Describe("while Seawall is away", func() {
	It("whoever cleans up can, and nobody else writes", func(ctx SpecContext) {
		own, err := cluster.Start(ctx, cluster.Options{Progress: GinkgoWriter})
		Expect(err).NotTo(HaveOccurred())
		DeferCleanup(own.Stop)
		Expect(own.InstallCRDs(ctx, "argo-cd", "applicationsets.argoproj.io")).To(Succeed())
		webhook, err := own.StartWebhook(ctx, cluster.WebhookOptions{
			Values: map[string]any{"webhook": map[string]any{"excludedNamespaces": []any{"delivery"}}},
		})
		Expect(err).NotTo(HaveOccurred())
		into, err := client.New(own.Config, client.Options{Scheme: api.Scheme()})
		Expect(err).NotTo(HaveOccurred())

		Expect(into.Create(ctx, &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: "delivery"}})).To(Succeed())
		By("a rollout as large as the API server takes, so that the condition costs what it may at most")
		set := tenants("outlasting", 1, nil)
		large := elements(set)
		large[0].(map[string]any)["filling"] = strings.Repeat("x", 1_300_000)
		setElements(set, large)
		set.SetFinalizers([]string{"example.com/cleanup"})
		Expect(into.Create(ctx, set)).To(Succeed())
		set.SetLabels(map[string]string{"asked": "about"})
		Expect(into.Update(ctx, set)).To(Succeed())

		Expect(webhook.Stop()).To(Succeed())
		changed := func(change func(object *unstructured.Unstructured)) error {
			copied := set.DeepCopy()
			change(copied)
			return into.Update(ctx, copied, client.DryRunAll)
		}
		for name, change := range map[string]func(object *unstructured.Unstructured){
			"the spec": func(o *unstructured.Unstructured) { setElements(o, append(elements(o), elements(o)[0])) },
			"a label":  func(o *unstructured.Unstructured) { o.SetLabels(nil) },
			"an annotation": func(o *unstructured.Unstructured) {
				o.SetAnnotations(map[string]string{"argocd.argoproj.io/application-set-refresh": "true"})
			},
		} {
			Expect(changed(change)).To(Satisfy(apierrors.IsInternalError), name)
		}
		Expect(changed(func(o *unstructured.Unstructured) { o.SetFinalizers([]string{"example.com/another"}) })).To(Succeed())

		By("delivering Seawall from where nobody is asked about it")
		delivering := tenants("seawall", 100, nil)
		Expect(into.Create(ctx, delivering.DeepCopy())).To(Satisfy(apierrors.IsInternalError))
		for _, namespace := range []string{cluster.Namespace, "delivery"} {
			delivering.SetNamespace(namespace)
			Expect(into.Create(ctx, delivering.DeepCopy())).To(Succeed(), namespace)
		}

		By("deleting")
		Expect(into.Delete(ctx, set)).To(Succeed())
		Expect(into.Get(ctx, client.ObjectKeyFromObject(set), set)).To(Succeed())
		set.SetFinalizers(nil)
		Expect(into.Update(ctx, set)).To(Succeed(), "which takes it away")
		Expect(into.Get(ctx, client.ObjectKeyFromObject(set), set)).To(Satisfy(apierrors.IsNotFound))

		By("breaking the glass, as the documentation says")
		page, err := os.ReadFile("../../docs/operations.md")
		Expect(err).NotTo(HaveOccurred())
		patch := regexp.MustCompile("`kubectl patch validatingwebhookconfiguration seawall --type=json -p '(.*)'`").FindSubmatch(page)
		Expect(patch).NotTo(BeNil())
		output, err := own.Kubectl(ctx, nil, "patch", "validatingwebhookconfiguration", "seawall", "--type=json", "-p", string(patch[1]))
		Expect(err).NotTo(HaveOccurred())
		Expect(output.Code).To(BeZero(), output.Stderr)
		Eventually(func() error { return into.Create(ctx, tenants("unjudged", 100, nil), client.DryRunAll) }).WithTimeout(20 * second).Should(Succeed())
		output, err = own.Kubectl(ctx, nil, "delete", "validatingwebhookconfiguration", "seawall")
		Expect(err).NotTo(HaveOccurred())
		Expect(output.Code).To(BeZero(), output.Stderr)
	})
})
