package main_test

import (
	"context"
	"path/filepath"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

var _ = Describe("check --live", func() {
	var dir string
	BeforeEach(func() { dir = GinkgoT().TempDir() })

	It("says what the webhook says of a creation and of a change, by what the cluster has", func(ctx SpecContext) {
		const name = "checked-live"
		denial := wordsOf(api.Create(ctx, tenants(name, 23, nil), client.DryRunAll))
		file := saved(dir, "set.yaml", tenants(name, 23, nil).Object)
		created := seawall(ctx, "", "check", file, "--live")
		Expect(created.Code).To(Equal(1), created.Stdout+created.Stderr)
		Expect(created.Stdout).To(And(ContainSubstring("CREATE"), ContainSubstring(withoutHelp(denial))))

		Expect(create(ctx, tenants(name, 22, nil))).To(Succeed())
		one := tenants(name, 22, nil)
		elements(one)[3].(map[string]any)["version"] = "v2"
		saved(dir, "set.yaml", one.Object)
		changed := seawall(ctx, "", "check", file, "--context=", "--live")
		Expect(changed.Code).To(BeZero(), changed.Stdout+changed.Stderr)
		Expect(changed.Stdout).To(MatchRegexp(`Allowed +ApplicationSet argocd/%s +UPDATE +1 +1 `, name))

		more := tenants(name, 45, nil)
		stored := get(ctx, name)
		stored.Object["spec"] = more.DeepCopy().Object["spec"]
		denial = wordsOf(api.Update(ctx, stored, client.DryRunAll))
		saved(dir, "set.yaml", more.Object)
		grown := seawall(ctx, "", "check", file, "--kubeconfig", plane.Kubeconfig)
		Expect(grown.Code).To(Equal(1), "the flag that says which cluster is enough: %s", grown.Stdout+grown.Stderr)
		Expect(grown.Stdout).To(And(ContainSubstring("UPDATE"), ContainSubstring(withoutHelp(denial))))

		By("files, which win for what they are")
		policy := saved(dir, "policy.yaml", map[string]any{
			"apiVersion": "seawall.dev/v1alpha1", "kind": "WavePolicy", "metadata": map[string]any{"name": "mine"},
			"spec": map[string]any{"maxWaveFailureProbability": "0.9", "successRate": map[string]any{"default": "0.99"}},
		})
		won := seawall(ctx, "", "check", file, "--live", "--policies", policy)
		Expect(won.Code).To(BeZero(), won.Stdout+won.Stderr)
		Expect(won.Stdout).To(ContainSubstring("UPDATE"))
		passed := seawall(ctx, "", "check", file, policy, "--live")
		Expect(passed.Code).To(Equal(1), "a policy among the manifests is not in force")
		Expect(passed.Stderr).To(ContainSubstring("wavepolicies.seawall.dev among the manifests are not judged by"))
		saved(dir, "set.yaml", everyCluster("by-files").Object)
		few := saved(dir, "fleet.yaml", map[string]any{"apiVersion": "v1", "kind": "Secret", "metadata": map[string]any{
			"name": "only", "namespace": "argocd", "labels": map[string]any{"argocd.argoproj.io/secret-type": "cluster", "kept": "only"},
		}, "stringData": map[string]any{"name": "only", "server": "https://kubernetes.default.svc"}})
		counted := seawall(ctx, "", "check", file, "--live", "--inventory", few)
		Expect(counted.Stdout).To(MatchRegexp(`Allowed +ApplicationSet argocd/by-files +CREATE +1 +1 `), counted.Stderr)
	})

	It("judges rollouts of the cluster's RolloutKinds by their own inventory", func(ctx SpecContext) {
		layRails(ctx, 23)
		file := saved(dir, "train.yaml", map[string]any{
			"apiVersion": "rail.example.com/v1", "kind": "Train", "metadata": map[string]any{"name": "express"}, "spec": map[string]any{"line": "coast"},
		})
		checked := seawall(ctx, "", "check", file, "--live")
		Expect(checked.Code).To(Equal(1), checked.Stdout+checked.Stderr)
		Expect(checked.Stdout).To(ContainSubstring("Train express: wave 1 syncs 23 environments"))
	})

	It("names what may not be read, and takes nothing for new that it may not see", func(ctx SpecContext) {
		Expect(create(ctx, tenants("unseen", 22, nil))).To(Succeed())
		file := saved(dir, "set.yaml", tenants("unseen", 22, nil).Object)
		expectUnknown := func(user string, want ...string) {
			GinkgoHelper()
			checked := seawall(ctx, user, "check", file)
			Expect(checked.Code).To(Equal(3), checked.Stdout+checked.Stderr)
			Expect(checked.Stdout).To(And(MatchRegexp(`Unknown +ApplicationSet argocd/unseen`), Not(ContainSubstring("CREATE"))))
			for _, text := range want {
				Expect(checked.Stdout + checked.Stderr).To(ContainSubstring(text))
			}
		}
		expectUnknown("nobody", "not known without applicationsets.argoproj.io: what the cluster has of it cannot be read",
			`User "nobody" cannot get resource "applicationsets"`)
		grant(ctx, user("peter"), writersRole(ctx, "peter"), "")
		expectUnknown("peter", "wavepolicies.seawall.dev", `left out: wavepolicies.seawall.dev: wavepolicies.seawall.dev is forbidden`)
		grant(ctx, user("paula"), writersRole(ctx, "paula"), "")
		grant(ctx, user("paula"), "seawall-auditor", "")
		whole := seawall(ctx, "paula", "check", file)
		Expect(whole.Code).To(BeZero(), "nothing of it changes, so that nothing else matters: %s", whole.Stdout+whole.Stderr)
		saved(dir, "set.yaml", tenants("unseen", 60, nil).Object)
		expectUnknown("paula", "not known without configmaps", "left out: configmaps:")

		By("kinds that a RolloutKind may describe")
		saved(dir, "set.yaml", map[string]any{
			"apiVersion": "rail.example.com/v1", "kind": "Train", "metadata": map[string]any{"name": "express"}, "spec": map[string]any{"line": "coast"},
		})
		blind := seawall(ctx, "peter", "check", file)
		Expect(blind.Code).To(Equal(3), blind.Stdout+blind.Stderr)
		Expect(blind.Stdout).To(And(ContainSubstring("Train express"), ContainSubstring("rolloutkinds.seawall.dev")))
	})

	It("asks no cluster unless it is told to", func(ctx context.Context) {
		file := saved(dir, "set.yaml", tenants("alone", 22, nil).Object)
		alone := seawall(ctx, "", "check", file, "--argocd-progressive-syncs=Enabled")
		Expect(alone.Stderr).To(ContainSubstring("the chart's default"), "though KUBECONFIG names one")
		lost := seawall(ctx, "", "check", file, "--kubeconfig", filepath.Join(dir, "none"))
		Expect(lost.Code).To(Equal(2))
		Expect(lost.Stderr).To(ContainSubstring("no cluster to ask"))
	})
})
