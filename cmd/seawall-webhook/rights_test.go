package main_test

import (
	"maps"
	"slices"
	"strings"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	rbacv1 "k8s.io/api/rbac/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/seawall-dev/seawall/hack/cluster"
	"github.com/seawall-dev/seawall/pkg/apis/v1alpha1"
)

var _ = Describe("the roles of people", func() {
	// everything is what RBAC may grant on Seawall's own objects.
	everything := func() (rights []string) {
		for _, resource := range []string{"wavepolicies", "waveoverrides", "rolloutkinds", "waves"} {
			for _, verb := range []string{"get", "list", "watch", "create", "update", "patch", "delete", "deletecollection", "loosen"} {
				rights = append(rights, verb+" "+resource)
			}
			rights = append(rights, "update "+resource+"/status", "patch "+resource+"/status")
		}
		return rights
	}
	reading := []string{
		"get wavepolicies", "list wavepolicies", "watch wavepolicies", "get waveoverrides", "list waveoverrides", "watch waveoverrides",
		"get rolloutkinds", "list rolloutkinds", "watch rolloutkinds", "get waves", "list waves", "watch waves",
	}
	editing := slices.Concat(reading, []string{
		"create wavepolicies", "update wavepolicies", "patch wavepolicies", "create rolloutkinds", "update rolloutkinds", "patch rolloutkinds",
	})

	DescribeTable("grant what they say and nothing more",
		func(ctx SpecContext, role string, want []string) {
			grant(ctx, user(role), "seawall-"+role, "")
			asking, _ := actingAs(role)
			Eventually(func() bool { return may(ctx, asking, "get", "wavepolicies", "", "") }).Should(BeTrue())
			var granted []string
			for _, right := range everything() {
				verb, resource, _ := strings.Cut(right, " ")
				resource, subresource, _ := strings.Cut(resource, "/")
				if may(ctx, asking, verb, resource, subresource, cluster.ArgoCDNamespace) {
					granted = append(granted, right)
				}
			}
			Expect(granted).To(ConsistOf(want))
		},
		Entry("a rollout author reads", "rollout-author", reading),
		Entry("an override approver creates and deletes overrides", "override-approver",
			slices.Concat(reading, []string{"create waveoverrides", "delete waveoverrides"})),
		Entry("a policy editor writes policies and kinds", "policy-editor", editing),
		Entry("a policy owner loosens and deletes them", "policy-owner", slices.Concat(editing, []string{
			"delete wavepolicies", "delete rolloutkinds", "loosen wavepolicies", "loosen rolloutkinds", "patch waves",
		})),
		Entry("an auditor reads", "auditor", reading),
		Entry("who explains reads", "explainer", reading),
	)

	It("are part of those that Kubernetes has, but for what takes a decision", func(ctx SpecContext) {
		var roles rbacv1.ClusterRoleList
		Expect(api.List(ctx, &roles, client.HasLabels{"app.kubernetes.io/instance"})).To(Succeed())
		aggregated := map[string]bool{}
		for _, role := range roles.Items {
			for label := range role.Labels {
				aggregated[role.Name] = aggregated[role.Name] || strings.HasPrefix(label, "rbac.authorization.k8s.io/aggregate-to-")
			}
		}
		Expect(aggregated).To(Equal(map[string]bool{
			"seawall": false, "seawall-rollout-author": true, "seawall-override-approver": false,
			"seawall-policy-editor": false, "seawall-policy-owner": false, "seawall-auditor": false, "seawall-explainer": false,
		}))
	})
})

var _ = Describe("a rollout author without other rights", func() {
	It("fails at each way around the limit, by whatever verb", func(ctx SpecContext) {
		author, _ := gitOps(ctx, "author")
		grant(ctx, rbacv1.Subject{Kind: rbacv1.ServiceAccountKind, Namespace: cluster.ArgoCDNamespace, Name: "author"}, "seawall-rollout-author", "")
		Eventually(func() bool { return may(ctx, author, "get", "wavepolicies", "", "") }).Should(BeTrue())
		permitted := overrideFor("elsewhere")
		permit(ctx, permitted)
		policy := newPolicy("default", "1", nil)
		merge := func(body string) client.Patch { return client.RawPatch("application/merge-patch+json", []byte(body)) }
		kind := sampleRolloutKind("application.yaml")
		own := overrideFor("blocked")

		for what, try := range map[string]func() error{
			"creating an override": func() error { return author.Create(ctx, own.DeepCopy()) },
			"applying one":         func() error { return author.Patch(ctx, own.DeepCopy(), client.Apply, client.FieldOwner("author")) }, //nolint:staticcheck // as old clients do
			"turning another's to its own rollout": func() error {
				return author.Patch(ctx, permitted.DeepCopy(), merge(`{"spec":{"rollout":{"name":"blocked"}}}`))
			},
			"resetting the uses of one": func() error {
				return author.Status().Patch(ctx, permitted.DeepCopy(), merge(`{"status":{"timesUsed":0}}`))
			},
			"deleting one": func() error { return author.Delete(ctx, permitted.DeepCopy()) },
			"raising the limit": func() error {
				return author.Patch(ctx, policy.DeepCopy(), merge(`{"spec":{"maxWaveFailureProbability":"1"}}`))
			},
			"excluding itself": func() error {
				return author.Patch(ctx, policy.DeepCopy(), merge(`{"spec":{"match":{"objectSelector":{"matchLabels":{"a":"b"}}}}}`))
			},
			"deleting the policy":   func() error { return author.Delete(ctx, policy.DeepCopy()) },
			"deleting all policies": func() error { return author.DeleteAllOf(ctx, &v1alpha1.WavePolicy{}) },
			"writing the status of the policy": func() error {
				return author.Status().Patch(ctx, policy.DeepCopy(), merge(`{"status":{"conditions":null}}`))
			},
			"changing what a kind counts": func() error { return author.Patch(ctx, kind.DeepCopy(), merge(`{"spec":{"environments":"0"}}`)) },
			"deleting a kind":             func() error { return author.Delete(ctx, kind.DeepCopy()) },
			"deleting the ratchet": func() error {
				return author.Delete(ctx, object("admissionregistration.k8s.io/v1", "ValidatingAdmissionPolicyBinding", "seawall-wavepolicies"))
			},
			"deleting the webhook's configuration": func() error {
				return author.Delete(ctx, object("admissionregistration.k8s.io/v1", "ValidatingWebhookConfiguration", "seawall"))
			},
			"granting itself the rights to do that": func() error {
				return author.Create(ctx, object("rbac.authorization.k8s.io/v1", "ClusterRoleBinding", "grab"))
			},
		} {
			Expect(try()).To(Satisfy(apierrors.IsForbidden), what)
		}
		Expect(apply(ctx, author, tenants("blocked", 100, nil))).To(denied(overLimit("blocked")))
		labelled := tenants("blocked", 100, nil)
		labelled.SetLabels(map[string]string{"seawall.dev/override": "true", "admission.gatekeeper.sh/ignore": "true"})
		Expect(apply(ctx, author, labelled)).To(denied(overLimit("blocked")), "no label is a bypass")
	})
})

func object(apiVersion, kind, name string) *unstructured.Unstructured {
	return &unstructured.Unstructured{Object: map[string]any{
		"apiVersion": apiVersion, "kind": kind, "metadata": map[string]any{"name": name},
	}}
}

var _ = Describe("the spec of an override", func() {
	It("cannot be changed, by whoever may update it", func(ctx SpecContext) {
		stored := overrideFor("fixed")
		provide(ctx, stored)
		for what, change := range map[string]func(*v1alpha1.WaveOverrideSpec){
			"the rollout":     func(s *v1alpha1.WaveOverrideSpec) { s.Rollout.Name = "another" },
			"the probability": func(s *v1alpha1.WaveOverrideSpec) { s.MaxFailureProbability = "0.5" },
			"the reason":      func(s *v1alpha1.WaveOverrideSpec) { s.Reason = "another" },
			"the end":         func(s *v1alpha1.WaveOverrideSpec) { s.ExpiresAt = until(time.Hour) },
			"the uses":        func(s *v1alpha1.WaveOverrideSpec) { s.Uses = v1alpha1.UsesOnce },
		} {
			changed := stored.DeepCopy()
			change(&changed.Spec)
			Expect(api.Patch(ctx, changed, client.MergeFrom(stored))).To(MatchError(ContainSubstring("an override cannot be changed: create another one")), what)
		}
		labelled := stored.DeepCopy()
		labelled.Labels = map[string]string{"incident": "42"}
		Expect(api.Patch(ctx, labelled, client.MergeFrom(stored))).To(Succeed(), "its labels may be")
	})

	overrideOf := func(more map[string]any) *unstructured.Unstructured {
		spec := map[string]any{
			"rollout":               map[string]any{"group": "argoproj.io", "kind": "ApplicationSet", "name": "tenants"},
			"maxFailureProbability": "0.7", "reason": "why", "expiresAt": time.Now().Add(time.Hour).UTC().Format(time.RFC3339),
		}
		maps.Copy(spec, more)
		maps.DeleteFunc(spec, func(_ string, value any) bool { return value == nil })
		override := object("seawall.dev/v1alpha1", "WaveOverride", "probe")
		override.SetNamespace(cluster.ArgoCDNamespace)
		override.Object["spec"] = spec
		return override
	}
	rolloutOf := func(group, kind, name string) map[string]any {
		return map[string]any{"rollout": map[string]any{"group": group, "kind": kind, "name": name}}
	}

	DescribeTable("is refused with",
		func(ctx SpecContext, more map[string]any, want string) {
			Expect(api.Create(ctx, overrideOf(more), client.DryRunAll, client.FieldValidation("Strict"))).To(MatchError(ContainSubstring(want)))
		},
		Entry("no reason", map[string]any{"reason": nil}, "spec.reason: Required value"),
		Entry("an empty reason", map[string]any{"reason": ""}, "spec.reason"),
		Entry("a blank reason", map[string]any{"reason": "   "}, "spec.reason"),
		Entry("a reason of two lines", map[string]any{"reason": "a\nb"}, "spec.reason"),
		Entry("a reason that moves the cursor", map[string]any{"reason": "a\x1b[2Kb"}, "spec.reason"),
		Entry("a reason with another control character", map[string]any{"reason": "a\u009bb"}, "spec.reason"),
		Entry("a reason that is too long", map[string]any{"reason": strings.Repeat("ä", 513)}, "spec.reason: Too long"),
		Entry("no end", map[string]any{"expiresAt": nil}, "exactly one of expiresAt and durationSeconds must be set"),
		Entry("an end that is no time", map[string]any{"expiresAt": "tomorrow"}, "spec.expiresAt"),
		Entry("no probability", map[string]any{"maxFailureProbability": nil}, "spec.maxFailureProbability: Required value"),
		Entry("a probability above 1", map[string]any{"maxFailureProbability": "1.1"}, "spec.maxFailureProbability"),
		Entry("a probability that is a number", map[string]any{"maxFailureProbability": 0.7}, "must be of type string"),
		Entry("no rollout", map[string]any{"rollout": nil}, "spec.rollout: Required value"),
		Entry("any kind", rolloutOf("argoproj.io", "*", "tenants"), "spec.rollout.kind"),
		Entry("any group", rolloutOf("*", "ApplicationSet", "tenants"), "spec.rollout.group"),
		Entry("any name", rolloutOf("argoproj.io", "ApplicationSet", "*"), "spec.rollout.name"),
		Entry("the beginning of a name", rolloutOf("argoproj.io", "ApplicationSet", "tenants-"), "spec.rollout.name"),
		Entry("unknown uses", map[string]any{"uses": "Twice"}, "spec.uses"),
		Entry("an unknown field", map[string]any{"expires": "never"}, "expires"),
		Entry("an end that is over", map[string]any{"expiresAt": "2020-01-01T00:00:00Z"},
			`WaveOverride.seawall.dev "probe" is invalid: spec.expiresAt: Invalid value: "2020-01-01T00:00:00Z": must be later than now, 20`),
		Entry("an end that no policy accepts", map[string]any{"expiresAt": time.Now().Add(48 * time.Hour).UTC().Format(time.RFC3339)},
			`more than any policy accepts: must be no later than 20`),
	)

	It("takes a reason of the greatest length, in any language, and fills in the uses", func(ctx SpecContext) {
		override := overrideOf(map[string]any{"reason": strings.Repeat("ü", 512)})
		Expect(api.Create(ctx, override, client.DryRunAll)).To(Succeed())
		Expect(override.Object["spec"]).To(HaveKeyWithValue("uses", "Unlimited"))
	})

	It("is listed for whoever looks after it", func(ctx SpecContext) {
		override := overrideFor("listed")
		override.Spec.Uses, override.Spec.MaxFailureProbability = v1alpha1.UsesOnce, "0.7"
		permit(ctx, override)
		Expect(create(ctx, tenants("listed", 100, nil))).To(Succeed())
		settled(ctx, override, 1)
		listed := func() []string {
			output, err := plane.Kubectl(ctx, nil, "get", "wover", "-n", cluster.ArgoCDNamespace, override.Name, "-o", "wide")
			Expect(err).NotTo(HaveOccurred())
			return lines(output.Stdout)
		}
		Eventually(listed).WithTimeout(10 * second).Should(HaveExactElements(
			MatchRegexp(`^NAME +KIND +ROLLOUT +PERMITS +EXPIRES +ACTIVE +CREATED BY +USES +USED +RESERVED +LAST USED BY +REASON +AGE$`),
			MatchRegexp(`^for-listed +ApplicationSet +listed +0.7 +%s +False +\S+ +Once +1 +\S+ +certificates expire tonight +\d+s$`,
				override.Spec.ExpiresAt.UTC().Format(time.RFC3339))))
		output, err := plane.Kubectl(ctx, nil, "get", "seawall", "-n", cluster.ArgoCDNamespace, "-o", "name")
		Expect(err).NotTo(HaveOccurred())
		Expect(lines(output.Stdout)).To(ContainElements("waveoverride.seawall.dev/for-listed", "wavepolicy.seawall.dev/default"))
	})

	It("is warned of when it is without effect", func(ctx SpecContext) {
		creator, warnings := connect(plane.Config)
		unknown := overrideFor("unknown")
		unknown.Spec.Rollout.Kind = "AppSet"
		Expect(creator.Create(ctx, unknown, client.DryRunAll)).To(Succeed())
		Expect(warnings.list()).To(ConsistOf("spec.rollout: no AppSet.argoproj.io is judged: this override is without effect unless a RolloutKind describes them"))
	})
})

var _ = Describe("the status of an override", func() {
	It("is Seawall's alone: its approver cannot make a use undone", func(ctx SpecContext) {
		override := overrideFor("counted")
		override.Spec.Uses = v1alpha1.UsesOnce
		permit(ctx, override)
		Expect(create(ctx, tenants("counted", 100, nil))).To(Succeed())
		grant(ctx, user("oncall"), "seawall-override-approver", cluster.ArgoCDNamespace)
		approver, _ := actingAs("oncall")
		Eventually(func() bool { return may(ctx, approver, "create", "waveoverrides", "", cluster.ArgoCDNamespace) }).Should(BeTrue())
		reset := client.RawPatch("application/merge-patch+json", []byte(`{"status":null}`))
		Expect(approver.Status().Patch(ctx, override.DeepCopy(), reset)).To(Satisfy(apierrors.IsForbidden))
		Expect(approver.Patch(ctx, override.DeepCopy(), reset)).To(Satisfy(apierrors.IsForbidden))
		Expect(may(ctx, approver, "create", "waveoverrides", "", cluster.Namespace)).To(BeFalse(), "nor approve in another namespace")

		By("writing it as part of a new one")
		forged := overrideFor("forged")
		forged.Spec.Uses = v1alpha1.UsesOnce
		forged.Status = v1alpha1.WaveOverrideStatus{TimesUsed: new(int64(-5)), LastUsedBy: "nobody"}
		forged.CreationTimestamp = metav1.NewTime(time.Now().Add(24 * time.Hour))
		Expect(approver.Create(ctx, forged)).To(Succeed())
		DeferCleanup(func(ctx SpecContext) { Expect(api.Delete(ctx, forged)).To(Succeed()) })
		Expect(uses(ctx, forged)).To(BeZero())
		Expect(forged.CreationTimestamp.Time).To(BeTemporally("~", time.Now(), 5*time.Second), "the API server's own, by which its length is judged")
	})
})
