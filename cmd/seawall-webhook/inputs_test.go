package main_test

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

func annotatedWith(set *unstructured.Unstructured, key, value string) *unstructured.Unstructured {
	annotations := set.GetAnnotations()
	annotations[key] = value
	set.SetAnnotations(annotations)
	return set
}

func generated(name string, generator map[string]any) *unstructured.Unstructured {
	return applicationSet(name, map[string]any{"generators": []any{generator}})
}

var _ = DescribeTable("an input",
	func(ctx SpecContext, set func() *unstructured.Unstructured, want OmegaMatcher) {
		Expect(create(ctx, set())).To(want)
	},
	Entry("with a malformed annotation is denied by name and value",
		func() *unstructured.Unstructured { return annotatedWith(tenants("a", 1, nil), rateKey, "1.5") },
		denied(`annotation seawall.dev/sync-success-rate is "1.5": want a decimal from 0 to 1`)),
	Entry("with a rate in percent is understood",
		func() *unstructured.Unstructured { return annotatedWith(tenants("a", 100, nil), rateKey, "99.9%") },
		Succeed()),
	Entry("with an empty list affects nothing",
		func() *unstructured.Unstructured { return tenants("a", 0, nil) },
		Succeed()),
	Entry("of 10,000 elements is counted",
		func() *unstructured.Unstructured { return tenants("a", 10_000, nil) },
		denied("wave 1 syncs 10000 environments at 0.99 each (annotation seawall.dev/sync-success-rate): 100% chance")),
	Entry("of 10,000 elements, paced, passes",
		func() *unstructured.Unstructured { return tenants("a", 10_000, int64(20)) },
		Succeed()),
	Entry("of 2 MB is judged like any other",
		func() *unstructured.Unstructured {
			set := tenants("a", 100, nil)
			for _, element := range elements(set) {
				element.(map[string]any)["padding"] = strings.Repeat("x", 20_000)
			}
			return set
		},
		denied(overLimit("a"))),
	Entry("with an unknown strategy is one wave, as Argo CD has it",
		func() *unstructured.Unstructured {
			set := tenants("a", 100, int64(1))
			set.Object["spec"].(map[string]any)["strategy"].(map[string]any)["type"] = "Rolling"
			return set
		},
		denied("wave 1 syncs 100 environments")),
	Entry("with a template that fails to render is not counted as none",
		func() *unstructured.Unstructured {
			set := tenants("a", 3, nil)
			set.Object["spec"].(map[string]any)["template"] = template("{{.nobody}}", "v1")
			return set
		},
		denied("cannot count its environments: spec.template.metadata.name")),
	Entry("whose generator needs the network is denied by the generator's name and told the annotation",
		func() *unstructured.Unstructured {
			return generated("a", map[string]any{"git": map[string]any{
				"repoURL": "https://git.example.com/x.git", "revision": "HEAD", "directories": []any{map[string]any{"path": "*"}},
			}})
		},
		denied("spec.generators[0].git is resolved over the network. Set annotation seawall.dev/environments to their number")),
	Entry("whose generator needs the network is judged by the number that it declares",
		func() *unstructured.Unstructured {
			return annotatedWith(generated("a", map[string]any{"git": map[string]any{
				"repoURL": "https://git.example.com/x.git", "revision": "HEAD", "directories": []any{map[string]any{"path": "*"}},
			}}), "seawall.dev/environments", "40")
		},
		denied("wave 1 syncs 40 environments")),
)

var _ = Describe("the inventory", func() {
	It("is followed as clusters come and go", func(ctx SpecContext) {
		fleet := generated("fleet", map[string]any{"clusters": map[string]any{
			"selector": map[string]any{"matchLabels": map[string]any{"tier": "production"}},
		}})
		fleet.Object["spec"].(map[string]any)["template"] = template("{{.name}}", "v1")
		Expect(create(ctx, fleet, client.DryRunAll)).To(Succeed(), "no cluster yet")

		secrets := make([]*corev1.Secret, 23)
		for i := range secrets {
			name := "cluster-" + string(rune('a'+i))
			secrets[i] = &corev1.Secret{
				ObjectMeta: metav1.ObjectMeta{
					Namespace: cluster.ArgoCDNamespace, Name: name,
					Labels: map[string]string{"argocd.argoproj.io/secret-type": "cluster", "tier": "production"},
				},
				StringData: map[string]string{"name": name, "server": "https://" + name + ".example.com", "config": `{"bearerToken":"s3cret"}`},
			}
			Expect(api.Create(ctx, secrets[i])).To(Succeed())
			DeferCleanup(func(ctx SpecContext) {
				Expect(client.IgnoreNotFound(api.Delete(ctx, secrets[i]))).To(Succeed())
			})
		}
		eventuallyDecided(ctx, fleet, denied("wave 1 syncs 23 environments"))

		By("a cluster's own success rate, on its Secret")
		secrets[0].Annotations = map[string]string{rateKey: "0.5"}
		Expect(api.Update(ctx, secrets[0])).To(Succeed())
		eventuallyDecided(ctx, fleet, denied("23 environments at 0.5 to 0.99"))

		By("a cluster that leaves the selection")
		secrets[0].Labels["tier"] = "test"
		Expect(api.Update(ctx, secrets[0])).To(Succeed())
		eventuallyDecided(ctx, fleet, Succeed())

		By("a cluster that is deleted and one that comes back")
		Expect(api.Delete(ctx, secrets[1])).To(Succeed())
		secrets[0].Labels["tier"] = "production"
		Expect(api.Update(ctx, secrets[0])).To(Succeed())
		eventuallyDecided(ctx, fleet, denied("22 environments at 0.5 to 0.99"))
	})

	It("follows Argo CD's switch for progressive syncs", func(ctx SpecContext) {
		paced := tenants("switched", 100, int64(10))
		Expect(create(ctx, paced, client.DryRunAll)).To(Succeed())
		params := &corev1.ConfigMap{}
		Expect(api.Get(ctx, client.ObjectKey{Namespace: cluster.ArgoCDNamespace, Name: paramsConfigMap}, params)).To(Succeed())
		params.Data[progressiveKey] = "false"
		Expect(api.Update(ctx, params)).To(Succeed())
		eventuallyDecided(ctx, paced, denied("wave 1 syncs 100 environments"))
		params.Data[progressiveKey] = "true"
		Expect(api.Update(ctx, params)).To(Succeed())
		eventuallyDecided(ctx, paced, Succeed())
	})

	It("follows the policy that Argo CD's controller holds to", func(ctx SpecContext) {
		stored := tenants("held-back", 100, int64(22))
		stored.Object["spec"].(map[string]any)["syncPolicy"] = map[string]any{"applicationsSync": "create-only"}
		Expect(create(ctx, stored)).To(Succeed())
		bumped := func() error {
			set := get(ctx, "held-back")
			spec := set.Object["spec"].(map[string]any)
			spec["template"] = template("{{.tenant}}", "v2")
			delete(spec, "strategy")
			return api.Update(ctx, set, client.DryRunAll)
		}
		Expect(bumped()).To(Succeed(), "create-only leaves what exists as it is")

		params := &corev1.ConfigMap{}
		Expect(api.Get(ctx, client.ObjectKey{Namespace: cluster.ArgoCDNamespace, Name: paramsConfigMap}, params)).To(Succeed())
		params.Data["applicationsetcontroller.policy"] = "sync"
		Expect(api.Update(ctx, params)).To(Succeed())
		Eventually(bumped).WithTimeout(20 * second).Should(denied("wave 1 syncs 100 environments"))

		delete(params.Data, "applicationsetcontroller.policy")
		Expect(api.Update(ctx, params)).To(Succeed())
		Eventually(bumped).WithTimeout(20 * second).Should(Succeed())
	})
})
