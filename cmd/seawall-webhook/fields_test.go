package main_test

import (
	"bytes"
	"context"
	"encoding/json"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/seawall-dev/seawall/hack/cluster"
	"github.com/seawall-dev/seawall/pkg/apis/v1alpha1"
)

// said applies an ApplicationSet with kubectl without storing it, and returns what is
// printed.
func said(ctx context.Context, set *unstructured.Unstructured) string {
	GinkgoHelper()
	body, err := json.Marshal(set)
	Expect(err).NotTo(HaveOccurred())
	output, err := plane.Kubectl(ctx, bytes.NewReader(body), "apply", "--dry-run=server", "-f", "-")
	Expect(err).NotTo(HaveOccurred())
	return output.Stdout + output.Stderr
}

// byClusters is an ApplicationSet of one Application for each cluster of a fleet.
func byClusters(fleet string) *unstructured.Unstructured {
	set := generated("fields", map[string]any{"clusters": map[string]any{
		"selector": map[string]any{"matchLabels": map[string]any{"fleet": fleet}},
	}})
	set.Object["spec"].(map[string]any)["template"] = template("fields-{{.name}}", "v1")
	return set
}

func generatedByGit() *unstructured.Unstructured {
	return generated("fields", map[string]any{"git": map[string]any{
		"repoURL": "https://git.example.com/x.git", "revision": "HEAD", "directories": []any{map[string]any{"path": "*"}},
	}})
}

// Each entry writes a rollout twice: under the chart's own policy, and under one with
// another field.
var _ = DescribeTable("a field of a policy decides:",
	func(ctx SpecContext, set func() *unstructured.Unstructured, before string, change func(*v1alpha1.WavePolicySpec), after string) {
		Expect(said(ctx, set())).To(ContainSubstring(before))
		DeferCleanup(func(ctx SpecContext) { restorePolicy(ctx) })
		changePolicy(ctx, "default", change)
		Eventually(func() string { return said(ctx, set()) }).WithTimeout(20 * second).Should(ContainSubstring(after))
	},
	Entry("match.kinds",
		func() *unstructured.Unstructured { return tenants("fields", 23, nil) }, "denied the request",
		func(spec *v1alpha1.WavePolicySpec) {
			spec.Match = &v1alpha1.WavePolicyMatch{Kinds: []v1alpha1.KindReference{{Group: "fleet.cattle.io", Kind: "Bundle"}}}
		}, "applicationset.argoproj.io/fields created"),
	Entry("match.operations",
		func() *unstructured.Unstructured { return tenants("fields", 23, nil) }, "denied the request",
		func(spec *v1alpha1.WavePolicySpec) {
			spec.Match = &v1alpha1.WavePolicyMatch{Operations: []v1alpha1.Operation{v1alpha1.OperationUpdate}}
		}, "applicationset.argoproj.io/fields created"),
	Entry("maxRolloutFailureProbability",
		func() *unstructured.Unstructured { return tenants("fields", 40, int64(10)) }, "fields created",
		func(spec *v1alpha1.WavePolicySpec) { spec.MaxRolloutFailureProbability = "0.3" },
		`the whole rollout affects 40 environments at 0.99 each (annotation seawall.dev/sync-success-rate): 33.1% chance that at least one fails, policy "default" allows 30% for all waves together. At most 35 in one write`),
	Entry("toleratedFailures",
		func() *unstructured.Unstructured { return tenants("fields", 40, nil) }, "denied the request",
		func(spec *v1alpha1.WavePolicySpec) { spec.ToleratedFailures = new(int32(1)) },
		"fields created"),
	Entry("toleratedFailures, which are not enough",
		func() *unstructured.Unstructured { return tenants("fields", 100, nil) }, "63.4% chance that at least one fails",
		func(spec *v1alpha1.WavePolicySpec) { spec.ToleratedFailures = new(int32(1)) },
		"26.4% chance that more than 1 fail"),
	Entry("successRate.max, which caps a claim and says so",
		func() *unstructured.Unstructured { return annotatedWith(tenants("fields", 30, nil), rateKey, "0.999") }, "fields created",
		func(spec *v1alpha1.WavePolicySpec) { spec.SuccessRate = &v1alpha1.SuccessRate{Max: "0.99"} },
		`Warning: ApplicationSet argocd/fields: sync success rate 0.999 is above the highest that policy "default" believes: judged at 0.99`),
	Entry("successRate.max, which is 0.999 when it is not set",
		func() *unstructured.Unstructured {
			return annotatedWith(tenants("fields", 300, nil), rateKey, "0.9999")
		},
		"0.999 each (annotation seawall.dev/sync-success-rate, capped by the policy's successRate.max)",
		func(spec *v1alpha1.WavePolicySpec) { spec.SuccessRate = &v1alpha1.SuccessRate{Max: "1"} },
		"fields created"),
	Entry("successRate.claims: Ignore",
		func() *unstructured.Unstructured { return annotatedWith(tenants("fields", 30, nil), rateKey, "0.999") }, "fields created",
		func(spec *v1alpha1.WavePolicySpec) {
			spec.SuccessRate = &v1alpha1.SuccessRate{Default: "0.99", Claims: v1alpha1.ClaimsIgnore}
		}, "wave 1 syncs 30 environments at 0.99 each (the policy's successRate.default)"),
	Entry("declaredEnvironments: Ignore",
		func() *unstructured.Unstructured {
			return annotatedWith(generatedByGit(), v1alpha1.EnvironmentsAnnotation, "3")
		}, "fields created",
		func(spec *v1alpha1.WavePolicySpec) { spec.DeclaredEnvironments = v1alpha1.ClaimsIgnore },
		"cannot count its environments: spec.generators[0].git"),
	Entry("match.excludeKinds",
		func() *unstructured.Unstructured { return tenants("fields", 100, nil) }, "denied the request",
		func(spec *v1alpha1.WavePolicySpec) {
			spec.Match = &v1alpha1.WavePolicyMatch{ExcludeKinds: []v1alpha1.KindReference{{Group: "argoproj.io", Kind: "ApplicationSet"}}}
		}, "fields created"),
	Entry("matchConditions",
		func() *unstructured.Unstructured { return tenants("fields", 100, nil) }, "denied the request",
		func(spec *v1alpha1.WavePolicySpec) {
			spec.MatchConditions = []v1alpha1.MatchCondition{
				{Name: "not-these", Expression: "object.metadata.name != 'fields' || request.operation != 'CREATE'"},
			}
		}, "fields created"),
	Entry("successRate.default, without which the annotation is required",
		func() *unstructured.Unstructured {
			set := tenants("fields", 2, nil)
			set.SetAnnotations(nil)
			return set
		}, "fields created",
		func(spec *v1alpha1.WavePolicySpec) { spec.SuccessRate = nil },
		`annotation seawall.dev/sync-success-rate is missing and policy "default" has no default`),
	Entry("waves",
		func() *unstructured.Unstructured { return tenants("fields", 40, int64(10)) }, "fields created",
		func(spec *v1alpha1.WavePolicySpec) { spec.Waves = v1alpha1.WavesGated },
		"wave 1 syncs 40 environments at 0.99 each"),
	Entry("onUnresolved: Warn",
		generatedByGit, "denied the request",
		func(spec *v1alpha1.WavePolicySpec) { spec.OnUnresolved = v1alpha1.UnresolvedWarn },
		"Warning: ApplicationSet argocd/fields: cannot count its environments: spec.generators[0].git is resolved over the network"),
	Entry("onUnresolved: Allow",
		generatedByGit, "denied the request",
		func(spec *v1alpha1.WavePolicySpec) { spec.OnUnresolved = v1alpha1.UnresolvedAllow },
		"fields created"),
	Entry("validationActions: Audit",
		func() *unstructured.Unstructured { return tenants("fields", 100, nil) }, "denied the request",
		func(spec *v1alpha1.WavePolicySpec) {
			spec.ValidationActions = []v1alpha1.ValidationAction{v1alpha1.ActionAudit}
		}, "fields created"),
)

var _ = Describe("what a policy reads beside the rollout", func() {
	It("counts the removal of environments, unless it ignores that", func(ctx SpecContext) {
		grandfather(ctx, tenants("shrinking", 60, nil))
		small := get(ctx, "shrinking")
		setElements(small, elements(small)[:20])
		Expect(said(ctx, small)).To(ContainSubstring("wave 1 tears down 40 environments at 0.99 each"))
		DeferCleanup(func(ctx SpecContext) { restorePolicy(ctx) })
		changePolicy(ctx, "default", func(spec *v1alpha1.WavePolicySpec) { spec.Removals = v1alpha1.RemovalsIgnore })
		Eventually(func() string { return said(ctx, small) }).WithTimeout(20 * second).Should(ContainSubstring("shrinking configured"))
	})

	It("takes the rate of an environment from its inventory object", func(ctx SpecContext) {
		for _, name := range []string{"fields-1", "fields-2"} {
			secret := &corev1.Secret{
				ObjectMeta: metav1.ObjectMeta{
					Namespace: cluster.ArgoCDNamespace, Name: name,
					Labels:      map[string]string{"argocd.argoproj.io/secret-type": "cluster", "fleet": "rated"},
					Annotations: map[string]string{},
				},
				Data: map[string][]byte{"name": []byte(name), "server": []byte("https://" + name + ".example.com")},
			}
			if name == "fields-2" {
				secret.Annotations[rateKey] = "0.7"
			}
			Expect(api.Create(ctx, secret)).To(Succeed())
			DeferCleanup(func(ctx SpecContext) { Expect(api.Delete(ctx, secret)).To(Succeed()) })
		}
		Eventually(func() string { return said(ctx, byClusters("rated")) }).WithTimeout(20 * second).Should(ContainSubstring(
			"wave 1 syncs 2 environments at 0.7 to 0.99 (annotation seawall.dev/sync-success-rate, annotated on the inventory): 30.7% chance that at least one fails"))
	})
})
