package main_test

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	rbacv1 "k8s.io/api/rbac/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/seawall-dev/seawall/hack/cluster"
	"github.com/seawall-dev/seawall/pkg/explain"
	"github.com/seawall-dev/seawall/pkg/journal"
)

// bindInArgoCD binds a Role in the namespace of Argo CD until the spec ends.
func bindInArgoCD(ctx context.Context, who, role string) {
	GinkgoHelper()
	provide(ctx, &rbacv1.RoleBinding{
		ObjectMeta: metav1.ObjectMeta{Namespace: cluster.ArgoCDNamespace, GenerateName: "test-"},
		RoleRef:    rbacv1.RoleRef{APIGroup: rbacv1.GroupName, Kind: "Role", Name: role}, Subjects: []rbacv1.Subject{user(who)},
	})
}

var _ = Describe("explain", Ordered, func() {
	// There is a rollout that was admitted while the policy let everything pass, and one that never was.
	BeforeAll(func(ctx SpecContext) {
		Expect(plane.InstallCRDs(ctx, "argo-cd", "applications.argoproj.io")).To(Succeed(), "what is not served takes no right")
		grant(ctx, user("audrey"), "seawall-auditor", "")
		grant(ctx, user("ed"), "seawall-explainer", "")
		bindInArgoCD(ctx, "ed", "seawall-explainer")
		DeferCleanup(func(ctx SpecContext) { shrink(ctx, api, "shops", 0, 40) })
		lenient(ctx)
		grow(ctx, api, "shops", 0, 40)
		set := over("shops", "shops")
		eventuallyDecided(ctx, set, Succeed())
		provide(ctx, set)
		restorePolicy(ctx)
		Eventually(findings(webhook, "shops")).WithTimeout(30 * second).ShouldNot(BeEmpty())
		Eventually(func() error { return api.Create(ctx, tenants("newcomer", 100, nil)) }).Should(denied(""))
	})

	ask := func(ctx context.Context, who string, args ...string) (told explain.Rollout, code int) {
		GinkgoHelper()
		output := seawall(ctx, who, append([]string{"explain", "-n", cluster.ArgoCDNamespace, "-o", "json"}, args...)...)
		var document explain.Document
		Expect(json.Unmarshal([]byte(output.Stdout), &document)).To(Succeed(), output.Stderr)
		Expect(document.Rollouts).To(HaveLen(1))
		return document.Rollouts[0], output.Code
	}

	It("shows an auditor with that role alone what is on the record, and names what counting takes", func(ctx SpecContext) {
		var told explain.Rollout
		Eventually(func(g Gomega) {
			var code int
			told, code = ask(ctx, "audrey", "appset", "shops")
			g.Expect(code).To(Equal(3))
			g.Expect(told.Recorded.Decisions).To(ContainElement(And(HaveField("Outcome", journal.Recount), HaveField("Name", "shops"), HaveField("WaveEnvironments", 40))))
		}).WithTimeout(30 * second).Should(Succeed())
		Expect(told.Recorded.Decisions).To(HaveEach(HaveField("Name", "shops")), "and nothing about others")
		Expect(told.Result).To(Equal("Unknown"))
		Expect(told.Lacking).To(ContainElements(
			explain.Right{Verb: "get", Resource: "applicationsets.argoproj.io", Namespace: "argocd"},
			explain.Right{Verb: "list", Resource: "configmaps", Namespace: "argocd"}, explain.Right{Verb: "list", Resource: "secrets", Namespace: "argocd"},
			explain.Right{Verb: "list", Resource: "applications.argoproj.io"},
		))
		Expect(told.Lacking).NotTo(ContainElement(explain.Right{Verb: "list", Resource: "applicationsets.argoproj.io"}), "which Placements take")
		Expect(told.Policies).To(BeEmpty())

		never, code := ask(ctx, "audrey", "applicationset", "newcomer")
		Expect(code).To(Equal(3))
		Expect(never.Recorded.Decisions).To(ContainElement(And(HaveField("Outcome", journal.Denied), HaveField("Environments", 100))))
		expectPage(ctx, "explain.md", "audrey", "explain applicationset", 3)
	})

	It("counts with the role for it, and says that Secrets take more", func(ctx SpecContext) {
		told, code := ask(ctx, "ed", "applicationsets", "shops")
		Expect(code).To(Equal(3))
		Expect(told.Missing).To(Equal([]string{"secrets"}))
		Expect(told.Lacking).To(Equal([]explain.Right{{Verb: "list", Resource: "secrets", Namespace: "argocd"}}))

		provide(ctx, &rbacv1.Role{
			ObjectMeta: metav1.ObjectMeta{Namespace: cluster.ArgoCDNamespace, Name: "reads-secrets"},
			Rules:      []rbacv1.PolicyRule{{APIGroups: []string{""}, Resources: []string{"secrets"}, Verbs: []string{"list"}}},
		})
		bindInArgoCD(ctx, "ed", "reads-secrets")
		Eventually(func() int { told, code = ask(ctx, "ed", "applicationset", "shops"); return code }).Should(Equal(1))
		Expect(told.Lacking).To(BeEmpty())
		Expect(told.Environments).To(Equal(40))
		Expect(told.Affected).To(HaveLen(40))
		Expect(told.Affected[0].Source).To(Equal("Secret argocd/shops-000"))
		Expect(told.Recorded.Decisions).To(ContainElement(HaveField("Outcome", journal.Recount)))
		again := over("shops-again", "shops")
		Expect(api.Create(ctx, again, client.DryRunAll)).To(denied(told.Message), "the words of the webhook")

		none, code := ask(ctx, "ed", "applicationset", "newcomer")
		Expect(code).To(Equal(3))
		Expect(none.Message).To(HavePrefix("it is not in the cluster"))
		text := seawall(ctx, "ed", "explain", "applicationset", "shops", "-n", cluster.ArgoCDNamespace)
		Expect(text.Stdout).To(And(ContainSubstring("as it is in the cluster, judged as if it were created now"), ContainSubstring("On the record:")))
	})

	It("says who may see nothing what that takes", func(ctx SpecContext) {
		output := seawall(ctx, "nobody", "explain", "applicationset", "shops", "-n", cluster.ArgoCDNamespace)
		Expect(output.Code).To(Equal(3), output.Stderr)
		Expect(output.Stdout).To(And(ContainSubstring("list on wavepolicies.seawall.dev"), ContainSubstring("get on applicationsets.argoproj.io")))
		Expect(output.Stderr).To(ContainSubstring("it takes the verb list on reports.openreports.io in namespace argocd"))
	})

	It("says what other policies would make of the rollouts of the cluster", func(ctx SpecContext) {
		dir := GinkgoT().TempDir()
		for name, limit := range map[string]string{"old": "0.9", "new": "0.2"} {
			Expect(os.WriteFile(filepath.Join(dir, name), fmt.Appendf(nil, "apiVersion: seawall.dev/v1alpha1\nkind: WavePolicy\nmetadata: {name: default}\n"+
				"spec: {maxWaveFailureProbability: %q, successRate: {default: \"0.99\"}}\n", limit), 0o600)).To(Succeed())
		}
		diff := []string{"policy", "diff", filepath.Join(dir, "old"), filepath.Join(dir, "new"), "--live"}
		found := seawall(ctx, "", diff...)
		Expect(found.Code).To(Equal(1), found.Stdout+found.Stderr)
		Expect(found.Stdout).To(MatchRegexp(`Allowed +Denied +ApplicationSet argocd/shops +40 +40 +33.1% +20%`))
		Expect(found.Stdout).To(ContainSubstring("(those of the cluster, each judged as if it were created now)"))
		lacking := seawall(ctx, "ed", append(diff, "-n", cluster.ArgoCDNamespace)...)
		Expect(lacking.Code).To(Equal(3), lacking.Stdout+lacking.Stderr)
		Expect(lacking.Stderr).To(ContainSubstring("it also takes list on secrets in namespace argocd"))
		Expect(seawall(ctx, "audrey", diff...).Stderr).To(ContainSubstring("it also takes list on applicationsets.argoproj.io"))
	})
})
