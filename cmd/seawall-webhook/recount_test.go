package main_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	openreports "github.com/openreports/reports-api/apis/openreports.io/v1alpha1"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/utils/ptr"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/seawall-dev/seawall/hack/cluster"
	"github.com/seawall-dev/seawall/pkg/apis/v1alpha1"
)

// member is the cluster Secret of that number in a fleet of Argo CD.
func member(fleet string, number int) *corev1.Secret {
	name := fmt.Sprintf("%s-%03d", fleet, number)
	return &corev1.Secret{
		ObjectMeta: metav1.ObjectMeta{
			Namespace: cluster.ArgoCDNamespace, Name: name,
			Labels: map[string]string{"argocd.argoproj.io/secret-type": "cluster", "fleet": fleet},
		},
		StringData: map[string]string{"name": name, "server": "https://" + name + ".example.com"},
	}
}

func grow(ctx context.Context, into client.Client, fleet string, from, to int) {
	GinkgoHelper()
	for number := from; number < to; number++ {
		Expect(into.Create(ctx, member(fleet, number))).To(Succeed())
	}
}

func shrink(ctx context.Context, from client.Client, fleet string, first, end int) {
	GinkgoHelper()
	for number := first; number < end; number++ {
		Expect(client.IgnoreNotFound(from.Delete(ctx, member(fleet, number)))).To(Succeed())
	}
}

// over returns an ApplicationSet over the clusters of a fleet.
func over(name, fleet string) *unstructured.Unstructured {
	set := generated(name, map[string]any{"clusters": map[string]any{
		"selector": map[string]any{"matchLabels": map[string]any{"fleet": fleet}},
	}})
	set.Object["spec"].(map[string]any)["template"] = template("{{.name}}", "v1")
	return set
}

func labelled(set *unstructured.Unstructured, key string) *unstructured.Unstructured {
	set.SetLabels(map[string]string{key: "yes"})
	return set
}

// onlyThose is the match of the rollouts with a label.
func onlyThose(key string) *v1alpha1.WavePolicyMatch {
	return &v1alpha1.WavePolicyMatch{ObjectSelector: &metav1.LabelSelector{MatchLabels: map[string]string{key: "yes"}}}
}

// lenient makes the policy "default" let everything pass during a spec.
func lenient(ctx SpecContext) {
	GinkgoHelper()
	changePolicy(ctx, "default", func(spec *v1alpha1.WavePolicySpec) { spec.MaxWaveFailureProbability = "1" })
	DeferCleanup(restorePolicy)
	eventuallyDecided(ctx, tenants("probe", 100, nil), Succeed())
}

// numbers returns what the status of a policy says of rollouts.
func numbers(ctx context.Context, from client.Client, name string) func() []int32 {
	return func() []int32 {
		var policy v1alpha1.WavePolicy
		if err := from.Get(ctx, client.ObjectKey{Name: name}, &policy); err != nil || policy.Status.Rollouts == nil {
			return nil
		}
		found := policy.Status.Rollouts
		return []int32{ptr.Deref(found.Matched, -1), ptr.Deref(found.OverLimit, -1), ptr.Deref(found.Unresolved, -1)}
	}
}

// findings returns the lines that a webhook has logged about a rollout since a line.
func findings(of *cluster.Webhook, name string) func() []map[string]any {
	return func() []map[string]any {
		var found []map[string]any
		for _, line := range jsonLines(of.LogFile) {
			if line["msg"] == "finding" && line["name"] == name {
				found = append(found, line)
			}
		}
		return found
	}
}

func recounted(of *cluster.Webhook, policy, state string) func() string {
	return func() string {
		status, metrics := fetch(of.MetricsURL)
		Expect(status).To(Equal(http.StatusOK))
		prefix := fmt.Sprintf(`seawall_recount_rollouts{policy=%q,state=%q} `, policy, state)
		for _, line := range lines(metrics) {
			if number, found := strings.CutPrefix(line, prefix); found {
				return number
			}
		}
		return ""
	}
}

var _ = Describe("the re-count", func() {
	const wait = 30 * second

	It("finds a rollout whose fleet has outgrown its limit, and clears that, without a write of it", func(ctx SpecContext) {
		lenient(ctx)
		createPolicy(ctx, newPolicy("outgrown", "0.2", onlyThose("outgrown")))
		DeferCleanup(func(ctx SpecContext) { shrink(ctx, api, "outgrown", 0, 100) })
		grow(ctx, api, "outgrown", 0, 10)
		set := labelled(over("outgrown", "outgrown"), "outgrown")
		eventuallyDecided(ctx, set, Succeed())
		Expect(create(ctx, set)).To(Succeed())
		version := get(ctx, "outgrown").GetResourceVersion()
		Eventually(numbers(ctx, api, "outgrown")).WithTimeout(wait).Should(Equal([]int32{1, 0, 0}))
		Expect(findings(webhook, "outgrown")()).To(BeEmpty())

		By("90 clusters more")
		grow(ctx, api, "outgrown", 10, 100)
		Eventually(numbers(ctx, api, "outgrown")).WithTimeout(wait).Should(Equal([]int32{1, 1, 0}))
		Eventually(recounted(webhook, "outgrown", "OverLimit")).Should(Equal("1"))
		found := findings(webhook, "outgrown")()
		Expect(found).NotTo(BeEmpty())
		Expect(found[len(found)-1]).To(And(
			HaveKeyWithValue("action", "Deny"), HaveKeyWithValue("reason", "WaveOverLimit"), HaveKeyWithValue("operation", "RECOUNT"),
			HaveKeyWithValue("kind", "ApplicationSet"), HaveKeyWithValue("namespace", "argocd"), HaveKeyWithValue("policy", "outgrown"),
			HaveKeyWithValue("message", ContainSubstring(`chance that at least one fails`)), HaveKeyWithValue("limit", "0.2"),
		))
		seen := len(found)

		By("as many clusters as before")
		shrink(ctx, api, "outgrown", 10, 100)
		Eventually(numbers(ctx, api, "outgrown")).WithTimeout(wait).Should(Equal([]int32{1, 0, 0}))
		Eventually(recounted(webhook, "outgrown", "OverLimit")).Should(Equal("0"))
		Eventually(recounted(webhook, "outgrown", "WithinLimit")).Should(Equal("1"))
		Eventually(findings(webhook, "outgrown")).Should(HaveLen(seen + 1))
		Expect(findings(webhook, "outgrown")()[seen]).To(And(HaveKeyWithValue("action", "Allow"), HaveKeyWithValue("reason", "WithinLimit")))

		By("another policy")
		changePolicy(ctx, "outgrown", func(spec *v1alpha1.WavePolicySpec) { spec.MaxWaveFailureProbability = "0.05" })
		Eventually(numbers(ctx, api, "outgrown")).WithTimeout(wait).Should(Equal([]int32{1, 1, 0}))
		changePolicy(ctx, "outgrown", func(spec *v1alpha1.WavePolicySpec) { spec.MaxWaveFailureProbability = "0.1" })
		Eventually(numbers(ctx, api, "outgrown")).WithTimeout(wait).Should(Equal([]int32{1, 0, 0}))

		By("nobody wrote the rollout")
		Expect(get(ctx, "outgrown").GetResourceVersion()).To(Equal(version))
		Expect(findings(webhook, "outgrown")()).To(HaveLen(seen+3), "one line each time that it appears or is mended")
	})

	It("reads more rollouts than fit on a page, and leaves a record that goes when it is mended", func(ctx SpecContext) {
		lenient(ctx)
		for number := range 120 {
			Expect(create(ctx, labelled(tenants(fmt.Sprintf("page-%03d", number), 2, nil), "paged"))).To(Succeed())
		}
		createPolicy(ctx, newPolicy("paged", "0.019", onlyThose("paged")))
		Eventually(numbers(ctx, api, "paged")).WithTimeout(wait).Should(Equal([]int32{120, 120, 0}))
		last := reportOf(ctx, "page-119", 0)
		Expect(last.Summary).To(Equal(openreports.ReportSummary{Warn: 1}))
		Expect(last.Results[0].Properties).To(And(HaveKeyWithValue("operation", "RECOUNT"), HaveKeyWithValue("action", "Deny")))
		Expect(last.Scope.UID).To(Equal(get(ctx, "page-119").GetUID()))
		Expect(eventOf(ctx, "page-119", 1)).To(And(HaveField("Reason", "WaveOutgrown"), HaveField("Message", HavePrefix("re-count: wave 1 syncs 2 environments"))))

		changePolicy(ctx, "paged", func(spec *v1alpha1.WavePolicySpec) { spec.MaxWaveFailureProbability = "0.02" })
		Eventually(numbers(ctx, api, "paged")).WithTimeout(wait).Should(Equal([]int32{120, 0, 0}))
		Eventually(func() []openreports.Report { return reportsOf(ctx, "page-119") }).WithTimeout(wait).Should(BeEmpty())
	})

	It("follows overrides", func(ctx SpecContext) {
		lenient(ctx)
		policy := newPolicy("permitting", "0.2", onlyThose("permitting"))
		policy.Spec.MaxOverrideDurationSeconds = new(int32(3600))
		Expect(create(ctx, labelled(tenants("permitted", 30, nil), "permitting"))).To(Succeed())
		createPolicy(ctx, policy)
		Eventually(findings(webhook, "permitted")).WithTimeout(wait).Should(HaveLen(1))
		override := &v1alpha1.WaveOverride{
			ObjectMeta: metav1.ObjectMeta{Namespace: cluster.ArgoCDNamespace, Name: "permitted"},
			Spec: v1alpha1.WaveOverrideSpec{
				Rollout:               v1alpha1.RolloutReference{Group: "argoproj.io", Kind: "ApplicationSet", Name: "permitted"},
				MaxFailureProbability: "1", Reason: "a test", ExpiresAt: &metav1.Time{Time: metav1.Now().Add(10 * 60 * second)},
			},
		}
		Expect(api.Create(ctx, override)).To(Succeed())
		Eventually(findings(webhook, "permitted")).WithTimeout(wait).Should(HaveLen(2))
		Expect(findings(webhook, "permitted")()[1]).To(HaveKeyWithValue("action", "Allow"))
		Expect(findings(webhook, "permitted")()[1]).To(And(
			HaveKeyWithValue("reason", "Overridden"), HaveKeyWithValue("override", "argocd/permitted"), HaveKeyWithValue("message", HavePrefix("wave 1 syncs 30 ")),
		))
		Eventually(numbers(ctx, api, "permitting")).WithTimeout(wait).Should(Equal([]int32{1, 0, 0}))
		Eventually(recounted(webhook, "permitting", "Overridden")).Should(Equal("1"))
		Expect(recounted(webhook, "permitting", "WithinLimit")()).To(Equal("0"), "it is neither over its limit nor within")
		Eventually(recordedFindings(ctx, api, "permitted")).Should(ConsistOf("Overridden"))
		Expect(api.Delete(ctx, override)).To(Succeed())
		Eventually(findings(webhook, "permitted")).WithTimeout(wait).Should(HaveLen(3))
		Eventually(recounted(webhook, "permitting", "OverLimit")).Should(Equal("1"))
	})

	It("sees rollouts that are written, and those that go", func(ctx SpecContext) {
		lenient(ctx)
		createPolicy(ctx, newPolicy("written", "0.2", onlyThose("written")))
		Expect(create(ctx, labelled(tenants("written", 5, nil), "written"))).To(Succeed())
		Eventually(numbers(ctx, api, "written")).WithTimeout(wait).Should(Equal([]int32{1, 0, 0}))

		unresolved := labelled(generated("unresolved", map[string]any{"git": map[string]any{
			"repoURL": "https://git.example.com/x.git", "revision": "HEAD", "directories": []any{map[string]any{"path": "*"}},
		}}), "written")
		changePolicy(ctx, "written", func(spec *v1alpha1.WavePolicySpec) { spec.OnUnresolved = v1alpha1.UnresolvedAllow })
		changePolicy(ctx, "default", func(spec *v1alpha1.WavePolicySpec) { spec.OnUnresolved = v1alpha1.UnresolvedAllow })
		eventuallyDecided(ctx, unresolved, Succeed())
		Expect(create(ctx, unresolved)).To(Succeed())
		Eventually(numbers(ctx, api, "written")).WithTimeout(wait).Should(Equal([]int32{2, 0, 1}))

		By("a label less")
		stored := get(ctx, "written")
		stored.SetLabels(nil)
		Expect(api.Update(ctx, stored)).To(Succeed())
		Eventually(numbers(ctx, api, "written")).WithTimeout(wait).Should(Equal([]int32{1, 0, 1}))

		Expect(api.Delete(ctx, unresolved)).To(Succeed())
		Eventually(numbers(ctx, api, "written")).WithTimeout(wait).Should(Equal([]int32{0, 0, 0}))
	})

	It("is not stopped by a rollout that costs more than a judgement may", func(ctx SpecContext) {
		changePolicy(ctx, "default", func(spec *v1alpha1.WavePolicySpec) { spec.Match = onlyThose("nothing") })
		DeferCleanup(restorePolicy)
		eventuallyDecided(ctx, tenants("probe", 100, nil), Succeed())
		var nested any = "x"
		for range 1_500 {
			nested = map[string]any{strings.Repeat("k", 200): nested}
		}
		bomb := labelled(tenants("bomb", 1, nil), "bombed")
		Expect(unstructured.SetNestedField(bomb.Object, nested, "spec", "template", "spec", "source", "helm", "valuesObject")).To(Succeed())
		Expect(create(ctx, bomb)).To(Succeed(), "no policy selects it")
		Expect(create(ctx, labelled(tenants("beside", 30, nil), "bombed"))).To(Succeed())

		policy := newPolicy("bombed", "0.2", onlyThose("bombed"))
		DeferCleanup(func(ctx SpecContext) { Expect(client.IgnoreNotFound(api.Delete(ctx, policy))).To(Succeed()) })
		said, code := kubectlPolicy(ctx, policy)
		Expect(code).To(BeZero())
		Expect(said).To(ContainSubstring("2 of 2 rollouts would now be denied: ApplicationSet argocd/beside, ApplicationSet argocd/bomb"))
		Eventually(numbers(ctx, api, "bombed")).WithTimeout(wait).Should(Equal([]int32{2, 1, 1}))
		found := findings(webhook, "bomb")()
		Expect(found).NotTo(BeEmpty())
		Expect(found[len(found)-1]).To(And(
			HaveKeyWithValue("reason", "Unresolved"), HaveKeyWithValue("message", ContainSubstring("nests deeper than 1000 levels")),
		))
	})

	It("leaves out the namespaces that the webhook is not asked about", func(ctx SpecContext) {
		lenient(ctx)
		createPolicy(ctx, newPolicy("excluded", "0.2", onlyThose("excluded")))
		elsewhere := labelled(tenants("excluded", 30, nil), "excluded")
		elsewhere.SetNamespace("kube-system")
		Expect(create(ctx, elsewhere)).To(Succeed())
		Expect(create(ctx, labelled(tenants("included", 1, nil), "excluded"))).To(Succeed())
		Eventually(numbers(ctx, api, "excluded")).WithTimeout(wait).Should(Equal([]int32{1, 0, 0}))
		Consistently(numbers(ctx, api, "excluded")).WithTimeout(4 * second).Should(Equal([]int32{1, 0, 0}))
	})
})

// kubectlPolicy applies a policy with kubectl and returns what that printed.
func kubectlPolicy(ctx context.Context, policy *v1alpha1.WavePolicy, flags ...string) (string, int) {
	GinkgoHelper()
	policy = policy.DeepCopy()
	policy.TypeMeta = metav1.TypeMeta{APIVersion: v1alpha1.GroupVersion().String(), Kind: "WavePolicy"}
	body, err := json.Marshal(policy)
	Expect(err).NotTo(HaveOccurred())
	output, err := plane.Kubectl(ctx, bytes.NewReader(body), append([]string{"apply", "-f", "-"}, flags...)...)
	Expect(err).NotTo(HaveOccurred())
	return output.Stdout + output.Stderr, output.Code
}

var _ = Describe("writing a policy", func() {
	It("warns its author of the rollouts that it would now deny", func(ctx SpecContext) {
		lenient(ctx)
		for _, name := range []string{"a", "b", "c", "d", "e", "f", "g"} {
			Expect(create(ctx, labelled(tenants("previewed-"+name, 30, nil), "previewed"))).To(Succeed())
		}
		Expect(create(ctx, labelled(tenants("previewed-small", 5, nil), "previewed"))).To(Succeed())
		policy := newPolicy("previewed", "0.2", onlyThose("previewed"))
		DeferCleanup(func(ctx SpecContext) { Expect(client.IgnoreNotFound(api.Delete(ctx, policy))).To(Succeed()) })
		warning := "Warning: 7 of 8 rollouts would now be denied: ApplicationSet argocd/previewed-a, ApplicationSet argocd/previewed-b, " +
			"ApplicationSet argocd/previewed-c, ApplicationSet argocd/previewed-d, ApplicationSet argocd/previewed-e and 2 more\n"

		said, code := kubectlPolicy(ctx, policy, "--dry-run=server")
		Expect(said).To(ContainSubstring(warning))
		Expect(code).To(BeZero())
		Expect(api.Get(ctx, client.ObjectKeyFromObject(policy), &v1alpha1.WavePolicy{})).To(Satisfy(apierrors.IsNotFound))

		said, code = kubectlPolicy(ctx, policy)
		Expect(said).To(And(ContainSubstring(warning), ContainSubstring("created")))
		Expect(code).To(BeZero())

		By("a label, which changes nothing")
		policy.Labels = map[string]string{"team": "a"}
		said, _ = kubectlPolicy(ctx, policy)
		Expect(said).To(And(ContainSubstring("configured"), Not(ContainSubstring("Warning"))))

		By("a looser limit")
		policy.Spec.MaxWaveFailureProbability = "0.5"
		said, _ = kubectlPolicy(ctx, policy)
		Expect(said).To(And(ContainSubstring("configured"), Not(ContainSubstring("Warning"))))

		By("a stricter one that only warns")
		policy.Spec.MaxWaveFailureProbability = "0.04"
		policy.Spec.ValidationActions = []v1alpha1.ValidationAction{v1alpha1.ActionWarn}
		said, _ = kubectlPolicy(ctx, policy)
		Expect(said).To(ContainSubstring("Warning: 8 of 8 rollouts would now get a warning: ApplicationSet argocd/previewed-a"))

		By("one that denies what others deny already")
		changePolicy(ctx, "default", func(spec *v1alpha1.WavePolicySpec) { spec.MaxWaveFailureProbability = "0.2" })
		eventuallyDecided(ctx, tenants("probe", 30, nil), denied(""))
		policy.Spec.ValidationActions = []v1alpha1.ValidationAction{v1alpha1.ActionDeny}
		said, _ = kubectlPolicy(ctx, policy)
		Expect(said).To(ContainSubstring("Warning: 1 of 8 rollouts would now be denied: ApplicationSet argocd/previewed-small\n"))
	})

	It("that could not be judged by is refused", func(ctx SpecContext) {
		broken := newPolicy("broken", "0.5", &v1alpha1.WavePolicyMatch{ObjectSelector: likeSelector()})
		Expect(api.Create(ctx, broken)).To(MatchError(And(
			ContainSubstring(`admission webhook "configuration.seawall.dev" denied the request`),
			ContainSubstring(`WavePolicy broken could not be judged by: spec.match.objectSelector: "Like" is not a valid label selector operator`),
		)))
	})
})

// likeSelector is one that the schema lets pass and nobody understands.
func likeSelector() *metav1.LabelSelector {
	return &metav1.LabelSelector{MatchExpressions: []metav1.LabelSelectorRequirement{{Key: "tier", Operator: "Like"}}}
}
