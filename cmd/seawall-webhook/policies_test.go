package main_test

import (
	"context"
	"fmt"
	"maps"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	admissionregistrationv1 "k8s.io/api/admissionregistration/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/seawall-dev/seawall/pkg/apis/v1alpha1"
)

func newPolicy(name string, limit v1alpha1.Probability, match *v1alpha1.WavePolicyMatch) *v1alpha1.WavePolicy {
	return &v1alpha1.WavePolicy{
		ObjectMeta: metav1.ObjectMeta{Name: name},
		Spec:       v1alpha1.WavePolicySpec{MaxWaveFailureProbability: limit, Match: match, SuccessRate: &v1alpha1.SuccessRate{Default: "0.99"}},
	}
}

func createPolicy(ctx SpecContext, policy *v1alpha1.WavePolicy) {
	GinkgoHelper()
	Expect(api.Create(ctx, policy)).To(Succeed())
	DeferCleanup(func(ctx SpecContext) {
		Expect(client.IgnoreNotFound(api.Delete(ctx, policy))).To(Succeed())
		eventuallyDecided(ctx, tenants("probe", 22, nil), Succeed())
	})
}

// uncheckedPolicies lets policies be written during a spec as while the webhook is down.
func uncheckedPolicies(ctx SpecContext) {
	GinkgoHelper()
	check := func(ctx context.Context, resources ...string) {
		GinkgoHelper()
		Eventually(func() error {
			var hooks admissionregistrationv1.ValidatingWebhookConfiguration
			if err := api.Get(ctx, client.ObjectKey{Name: "seawall"}, &hooks); err != nil {
				return err
			}
			for i := range hooks.Webhooks {
				if hook := &hooks.Webhooks[i]; hook.Name == "configuration.seawall.dev" {
					hook.Rules[0].Resources = resources
				}
			}
			return api.Update(ctx, &hooks)
		}).Should(Succeed())
	}
	check(ctx, "rolloutkinds")
	DeferCleanup(func(ctx SpecContext) { check(ctx, "rolloutkinds", "wavepolicies") })
}

func accepted(ctx SpecContext, name string) func() *metav1.Condition {
	return func() *metav1.Condition {
		var policy v1alpha1.WavePolicy
		if err := api.Get(ctx, client.ObjectKey{Name: name}, &policy); err != nil {
			return nil
		}
		condition := meta.FindStatusCondition(policy.Status.Conditions, v1alpha1.ConditionAccepted)
		if condition == nil || condition.ObservedGeneration != policy.Generation {
			return nil
		}
		return condition
	}
}

var _ = Describe("policies", func() {
	It("are followed as they are added, changed and removed, two at once included", func(ctx SpecContext) {
		rollout := tenants("followed", 20, nil)
		eventuallyDecided(ctx, rollout, Succeed())

		strict := newPolicy("strict", "0.1", nil)
		createPolicy(ctx, strict)
		eventuallyDecided(ctx, rollout, denied(`18.2% chance that at least one fails, policy "strict" allows 10%. At most 10 per wave`))
		Expect(create(ctx, tenants("followed", 100, nil))).To(denied(`policy "strict" allows 10%`), "the strictest is named")

		changePolicy(ctx, "strict", func(spec *v1alpha1.WavePolicySpec) { spec.MaxWaveFailureProbability = "0.9" })
		eventuallyDecided(ctx, rollout, Succeed())
		Expect(create(ctx, tenants("followed", 100, nil))).To(denied(`policy "default" allows 20%`), "both must be satisfied")

		Expect(api.Delete(ctx, strict)).To(Succeed())
		changePolicy(ctx, "default", func(spec *v1alpha1.WavePolicySpec) { spec.MaxWaveFailureProbability = "0.05" })
		eventuallyDecided(ctx, rollout, denied(`policy "default" allows 5%`))
		restorePolicy(ctx)
	})

	It("judge only what they match", func(ctx SpecContext) {
		production := &metav1.LabelSelector{MatchLabels: map[string]string{"tier": "production"}}
		createPolicy(ctx, newPolicy("production", "0.01", &v1alpha1.WavePolicyMatch{ObjectSelector: production}))
		labelled := tenants("labelled", 2, nil)
		labelled.SetLabels(map[string]string{"tier": "production"})
		eventuallyDecided(ctx, labelled, denied(`policy "production" allows 1%`))
		Expect(create(ctx, tenants("unlabelled", 2, nil))).To(Succeed())
	})

	It("match namespaces by their labels", func(ctx SpecContext) {
		byName := func(name string) *v1alpha1.WavePolicyMatch {
			return &v1alpha1.WavePolicyMatch{NamespaceSelector: &metav1.LabelSelector{MatchLabels: map[string]string{"kubernetes.io/metadata.name": name}}}
		}
		createPolicy(ctx, newPolicy("elsewhere", "0", byName("elsewhere")))
		createPolicy(ctx, newPolicy("here", "0.01", byName("argocd")))
		eventuallyDecided(ctx, tenants("placed", 2, nil), denied(`policy "here" allows 1%`))
	})

	It("warn or audit instead of denying when they say so", func(ctx SpecContext) {
		changePolicy(ctx, "default", func(spec *v1alpha1.WavePolicySpec) {
			spec.ValidationActions = []v1alpha1.ValidationAction{v1alpha1.ActionWarn}
		})
		eventuallyDecided(ctx, tenants("warned", 100, nil), Succeed())
		said, code := kubectlApply(ctx, tenants("warned", 100, nil))
		Expect(code).To(BeZero())
		Expect(said).To(ContainSubstring("Warning: " + overLimit("warned")))
		Expect(api.Delete(ctx, get(ctx, "warned"))).To(Succeed())
		restorePolicy(ctx)
	})

	It("judge deletions when they ask for it", func(ctx SpecContext) {
		grandfather(ctx, tenants("doomed", 100, nil))
		policy := newPolicy("deletions", "0.2", &v1alpha1.WavePolicyMatch{Operations: []v1alpha1.Operation{v1alpha1.OperationDelete}})
		createPolicy(ctx, policy)
		Eventually(func() error { return api.Delete(ctx, get(ctx, "doomed"), client.DryRunAll) }).Should(And(
			Satisfy(apierrors.IsForbidden),
			MatchError(ContainSubstring(`admission webhook "deletions.waves.seawall.dev" denied the request: ApplicationSet argocd/doomed: wave 1 tears down 100 environments`)),
		))
		Expect(api.Delete(ctx, policy)).To(Succeed())
		Eventually(func() error { return api.Delete(ctx, get(ctx, "doomed"), client.DryRunAll) }).Should(Succeed())
	})

	It("say in their status whether they are in force", func(ctx SpecContext) {
		Eventually(accepted(ctx, "default")).Should(And(
			HaveField("Status", metav1.ConditionTrue), HaveField("Reason", v1alpha1.ReasonAccepted)))
		createPolicy(ctx, newPolicy("unknown", "0.2", &v1alpha1.WavePolicyMatch{
			Kinds: []v1alpha1.KindReference{{Group: "argoproj.io", Kind: "AppSet"}},
		}))
		Eventually(accepted(ctx, "unknown")).Should(And(
			HaveField("Status", metav1.ConditionFalse), HaveField("Reason", v1alpha1.ReasonUnknownKind),
			HaveField("Message", ContainSubstring("AppSet.argoproj.io"))))
	})

	It("warn their author at once of a kind that nobody judges or serves", func(ctx SpecContext) {
		// Other tests may have had Fleet's definitions installed before.
		_, unserved := api.RESTMapper().RESTMapping(schema.GroupKind{Group: "fleet.cattle.io", Kind: "Bundle"})
		for kind, want := range map[v1alpha1.KindReference]string{
			{Group: "argoproj.io", Kind: "ApplicationSets"}: "spec.match: Seawall judges no ApplicationSets.argoproj.io, so that the policy is void for it: did you mean ApplicationSet.argoproj.io?",
			{Group: "fleet.cattle.io", Kind: "Bundle"}:      "spec.match: this API server does not serve Bundle.fleet.cattle.io, so that the policy is void for it until it does",
		} {
			said, code := kubectlPolicy(ctx, newPolicy("unserved", "0.2", &v1alpha1.WavePolicyMatch{Kinds: []v1alpha1.KindReference{kind}}), "--dry-run=server")
			Expect(code).To(BeZero())
			if kind.Kind == "Bundle" && unserved == nil {
				Expect(said).NotTo(ContainSubstring("Warning: "))
				continue
			}
			Expect(said).To(ContainSubstring("Warning: " + want))
		}
		said, code := kubectlPolicy(ctx, newPolicy("unserved", "0.2", nil), "--dry-run=server")
		Expect(code).To(BeZero())
		Expect(said).NotTo(ContainSubstring("does not serve"), "who names no kind means those that there are")
	})

	It("that cannot be read refuse what they select, and say so", func(ctx SpecContext) {
		broken := newPolicy("broken", "0.5", &v1alpha1.WavePolicyMatch{ObjectSelector: likeSelector()})
		Expect(api.Create(ctx, broken)).NotTo(Succeed(), "the webhook refuses it")
		uncheckedPolicies(ctx)
		Eventually(func() error { return api.Create(ctx, broken.DeepCopy(), client.DryRunAll) }).WithTimeout(20 * second).Should(Succeed())
		createPolicy(ctx, broken)
		eventuallyDecided(ctx, tenants("refused", 1, nil), denied(`policy "broken" cannot be judged by until its author mends it: spec.match.objectSelector`))
		Eventually(accepted(ctx, "broken")).Should(And(
			HaveField("Status", metav1.ConditionFalse), HaveField("Reason", v1alpha1.ReasonInvalid)))
	})
})

var _ = Describe("the schema of WavePolicy", func() {
	policyOf := func(spec map[string]any) *unstructured.Unstructured {
		return &unstructured.Unstructured{Object: map[string]any{
			"apiVersion": "seawall.dev/v1alpha1", "kind": "WavePolicy", "metadata": map[string]any{"name": "probe"}, "spec": spec,
		}}
	}
	limit := func(more map[string]any) map[string]any {
		spec := map[string]any{"maxWaveFailureProbability": "0.2"}
		maps.Copy(spec, more)
		return spec
	}

	gate := func(field string, value any) map[string]any {
		return limit(map[string]any{"syncGate": map[string]any{field: value}})
	}
	window := func(by ...any) map[string]any {
		return limit(map[string]any{"writeWindow": map[string]any{"seconds": int64(600), "groupBy": append([]any{}, by...)}})
	}
	trait := func(source string) any { return map[string]any{"source": source} }
	label := func(key string) any { return map[string]any{"source": "ApplicationLabel", "key": key} }

	DescribeTable("refuses",
		func(ctx SpecContext, spec map[string]any, want string) {
			Expect(api.Create(ctx, policyOf(spec), client.DryRunAll, client.FieldValidation("Strict"))).To(MatchError(ContainSubstring(want)))
		},
		Entry("no limit", map[string]any{}, "spec.maxWaveFailureProbability: Required value"),
		Entry("a limit above 1", map[string]any{"maxWaveFailureProbability": "1.5"}, "spec.maxWaveFailureProbability"),
		Entry("a negative limit", map[string]any{"maxWaveFailureProbability": "-0.1"}, "spec.maxWaveFailureProbability"),
		Entry("NaN", map[string]any{"maxWaveFailureProbability": "NaN"}, "spec.maxWaveFailureProbability"),
		Entry("an exponent", map[string]any{"maxWaveFailureProbability": "1e-3"}, "spec.maxWaveFailureProbability"),
		Entry("ten places", map[string]any{"maxWaveFailureProbability": "0.0123456789"}, "spec.maxWaveFailureProbability"),
		Entry("a percentage", map[string]any{"maxWaveFailureProbability": "20%"}, `not a percentage: "0.2" is 20%`),
		Entry("a percentage for a rate", limit(map[string]any{"successRate": map[string]any{"default": "99%", "max": "99.9%"}}),
			`spec.successRate.default: Invalid value: "99%": must be a decimal from 0 to 1`),
		Entry("a number", map[string]any{"maxWaveFailureProbability": 0.2}, "must be of type string"),
		Entry("a rollout limit above 1", limit(map[string]any{"maxRolloutFailureProbability": "2"}), "spec.maxRolloutFailureProbability"),
		Entry("a negative tolerance", limit(map[string]any{"toleratedFailures": int64(-1)}), "spec.toleratedFailures"),
		Entry("an unknown reading of waves", limit(map[string]any{"waves": "Sliding"}), "spec.waves"),
		Entry("an unknown reading of removals", limit(map[string]any{"removals": "Maybe"}), "spec.removals"),
		Entry("an unknown answer to what is unresolved", limit(map[string]any{"onUnresolved": "Guess"}), "spec.onUnresolved"),
		Entry("overrides of a negative length", limit(map[string]any{"maxOverrideDurationSeconds": int64(-1)}), "spec.maxOverrideDurationSeconds"),
		Entry("overrides of more than 30 days", limit(map[string]any{"maxOverrideDurationSeconds": int64(2592001)}), "spec.maxOverrideDurationSeconds"),
		Entry("no action", limit(map[string]any{"validationActions": []any{}}), "spec.validationActions"),
		Entry("denying and warning at once", limit(map[string]any{"validationActions": []any{"Deny", "Warn"}}), "Deny and Warn exclude each other"),
		Entry("a default rate above the cap", limit(map[string]any{"successRate": map[string]any{"default": "0.99", "max": "0.9"}}), "default must not be above max"),
		Entry("an unknown operation", limit(map[string]any{"match": map[string]any{"operations": []any{"Connect"}}}), "spec.match.operations"),
		Entry("an operation twice", limit(map[string]any{"match": map[string]any{"operations": []any{"Create", "Create"}}}), "an operation may be listed once"),
		Entry("an action twice", limit(map[string]any{"validationActions": []any{"Audit", "Audit"}}), "an action may be listed once"),
		Entry("a wildcard for a group", limit(map[string]any{"match": map[string]any{"kinds": []any{map[string]any{"group": "*", "kind": "ApplicationSet"}}}}), "spec.match.kinds[0].group"),
		Entry("a window of no length", limit(map[string]any{"writeWindow": map[string]any{}}), "spec.writeWindow.seconds: Required value"),
		Entry("a window of a moment", limit(map[string]any{"writeWindow": map[string]any{"seconds": int64(9)}}), "spec.writeWindow.seconds: Invalid value"),
		Entry("a window of days", limit(map[string]any{"writeWindow": map[string]any{"seconds": int64(86401)}}), "spec.writeWindow.seconds: Invalid value"),
		Entry("a window by nothing", window(), "spec.writeWindow.groupBy: Invalid value"),
		Entry("a window by the same twice", window(trait("Namespace"), trait("Namespace")), "spec.writeWindow.groupBy: Invalid value: an entry may be listed once"),
		Entry("a window by what nobody knows", window(trait("User")), "spec.writeWindow.groupBy[0].source: Unsupported value"),
		Entry("a window by a label without a key", window(trait("RolloutLabel")), "spec.writeWindow.groupBy[0].key: Invalid value: key must be set"),
		Entry("a window by a namespace with a key", window(map[string]any{"source": "Namespace", "key": "a"}), "spec.writeWindow.groupBy[0].key: Invalid value: key must be set"),
		Entry("a gate beside conditions", limit(map[string]any{
			"syncGate": map[string]any{}, "matchConditions": []any{map[string]any{"name": "a", "expression": "true"}},
		}), "spec.matchConditions: Invalid value: there must be none beside syncGate"),
		Entry("a group by nothing", gate("groupBy", []any{}), "spec.syncGate.groupBy: Invalid value"),
		Entry("a group by five", gate("groupBy", []any{trait("Owner"), trait("Project"), trait("Source"), label("a"), label("b")}), "spec.syncGate.groupBy: Too many"),
		Entry("a group by the same twice", gate("groupBy", []any{label("a"), label("a")}), "spec.syncGate.groupBy: Invalid value: an entry may be listed once"),
		Entry("a group by what nobody knows", gate("groupBy", []any{trait("Weather")}), "spec.syncGate.groupBy[0].source: Unsupported value"),
		Entry("a group by a label without a key", gate("groupBy", []any{trait("Owner"), trait("ApplicationLabel")}), "spec.syncGate.groupBy[1].key: Invalid value: key must be set"),
		Entry("a group by a label of clusters without a key", gate("groupBy", []any{trait("ClusterLabel")}), "spec.syncGate.groupBy[0].key: Invalid value: key must be set"),
		Entry("a group by an owner with a key", gate("groupBy", []any{map[string]any{"source": "Owner", "key": "a"}}), "spec.syncGate.groupBy[0].key: Invalid value: key must be set"),
		Entry("a group by what is no key of a label", gate("groupBy", []any{label("a b")}), "spec.syncGate.groupBy[0].key: Invalid value"),
		Entry("an unknown reading of what is not grouped", gate("ungrouped", "Ignore"), "spec.syncGate.ungrouped: Unsupported value"),
		Entry("an unknown end of starts", gate("settledWhen", "Synced"), "spec.syncGate.settledWhen: Unsupported value"),
		Entry("no time to become healthy", gate("healthTimeoutSeconds", int64(29)), "spec.syncGate.healthTimeoutSeconds: Invalid value"),
		Entry("more than a day to become healthy", gate("healthTimeoutSeconds", int64(86401)), "spec.syncGate.healthTimeoutSeconds: Invalid value"),
		Entry("an order of nothing", gate("order", map[string]any{"source": "Project", "values": []any{}}), "spec.syncGate.order.values: Invalid value"),
		Entry("an order without values", gate("order", map[string]any{"source": "Project"}), "spec.syncGate.order.values: Required value"),
		Entry("an order of the same twice", gate("order", map[string]any{"source": "Project", "values": []any{"a", "b", "a"}}), "spec.syncGate.order.values: Invalid value: a value may be listed once"),
		Entry("an order by a label without a key", gate("order", map[string]any{"source": "ApplicationLabel", "values": []any{"a"}}), "spec.syncGate.order.key: Invalid value: key must be set"),
		Entry("an unknown place of what is not listed", gate("order", map[string]any{"source": "Project", "values": []any{"a"}, "unlisted": "Middle"}), "spec.syncGate.order.unlisted: Unsupported value"),
		Entry("an unknown reaction to failures", gate("onFailure", "Panic"), "spec.syncGate.onFailure: Unsupported value"),
		Entry("an unknown reading of repairs", gate("selfHeal", "Count"), "spec.syncGate.selfHeal: Unsupported value"),
		Entry("an unknown reading of RollingSyncs", gate("rollingSync", "Pass"), "spec.syncGate.rollingSync: Unsupported value"),
		Entry("an unknown reading of rollbacks", gate("rollbacks", "Count"), "spec.syncGate.rollbacks: Unsupported value"),
		Entry("an unknown field of a gate", gate("nudge", "On"), `unknown field "spec.syncGate.nudge"`),
		Entry("an unknown field", limit(map[string]any{"maxWave": "0.2"}), "maxWave"),
	)

	It("fills in the defaults", func(ctx SpecContext) {
		policy := policyOf(map[string]any{"maxWaveFailureProbability": "0.2", "match": map[string]any{}})
		Expect(api.Create(ctx, policy, client.DryRunAll)).To(Succeed())
		Expect(policy.Object["spec"]).To(Equal(map[string]any{
			"maxWaveFailureProbability": "0.2", "toleratedFailures": int64(0), "waves": "InFlight", "removals": "Count",
			"onUnresolved": "Deny", "validationActions": []any{"Deny"}, "maxOverrideDurationSeconds": int64(86400), "declaredEnvironments": "Accept", "match": map[string]any{"operations": []any{"Create", "Update"}},
		}))
	})

	It("fills in the defaults of a gate", func(ctx SpecContext) {
		policy := policyOf(gate("order", map[string]any{"source": "ApplicationLabel", "key": "example.com/env", "values": []any{"dev", "production"}}))
		Expect(api.Create(ctx, policy, client.DryRunAll)).To(Succeed())
		Expect(policy.Object["spec"]).To(HaveKeyWithValue("syncGate", map[string]any{
			"groupBy": []any{trait("Owner")}, "ungrouped": "Single", "settledWhen": "Healthy", "healthTimeoutSeconds": int64(900),
			"order":     map[string]any{"source": "ApplicationLabel", "key": "example.com/env", "values": []any{"dev", "production"}, "unlisted": "Last"},
			"onFailure": "Halt", "selfHeal": "Pass", "rollingSync": "Count", "rollbacks": "Pass",
		}))
	})

	It("lets server-side apply replace a default instead of adding to it", func(ctx SpecContext) {
		apply := func(spec map[string]any) map[string]any {
			policy := policyOf(limit(spec))
			policy.SetName("applied")
			Expect(api.Apply(ctx, client.ApplyConfigurationFromUnstructured(policy), client.FieldOwner("test"))).To(Succeed())
			return policy.Object["spec"].(map[string]any)
		}
		DeferCleanup(func(ctx SpecContext) { Expect(api.Delete(ctx, newPolicy("applied", "1", nil))).To(Succeed()) })
		apply(map[string]any{"maxWaveFailureProbability": "1"})
		applied := apply(map[string]any{"maxWaveFailureProbability": "1", "validationActions": []any{"Warn"}, "match": map[string]any{"operations": []any{"Delete"}}})
		Expect(applied).To(HaveKeyWithValue("validationActions", []any{"Warn"}))
		Expect(applied).To(HaveKeyWithValue("match", HaveKeyWithValue("operations", []any{"Delete"})))
	})

	It("is refused by the API server itself on kubectl apply, and listed with its columns", func(ctx SpecContext) {
		said, code := kubectlApply(ctx, policyOf(map[string]any{"maxWaveFailureProbability": "1.5"}))
		Expect(code).To(Equal(1))
		Expect(said).To(ContainSubstring(fmt.Sprintf("spec.maxWaveFailureProbability: Invalid value: %q", "1.5")))
		Eventually(accepted(ctx, "default")).ShouldNot(BeNil())
		createPolicy(ctx, newPolicy("listed", "0.25", &v1alpha1.WavePolicyMatch{
			Kinds:             []v1alpha1.KindReference{{Group: "argoproj.io", Kind: "ApplicationSet"}, {Group: "fleet.cattle.io", Kind: "Bundle"}},
			NamespaceSelector: &metav1.LabelSelector{MatchLabels: map[string]string{"tier": "production"}},
		}))
		changePolicy(ctx, "listed", func(spec *v1alpha1.WavePolicySpec) {
			spec.ValidationActions = []v1alpha1.ValidationAction{v1alpha1.ActionWarn, v1alpha1.ActionAudit}
			spec.MaxRolloutFailureProbability = "0.5"
		})
		listed := func(flags ...string) string {
			output, err := plane.Kubectl(ctx, nil, append([]string{"get", "wpol", "default", "listed"}, flags...)...)
			Expect(err).NotTo(HaveOccurred())
			return output.Stdout
		}
		Eventually(func() string { return listed() }).WithTimeout(10 * second).Should(MatchRegexp(
			`listed +ApplicationSet,Bundle; namespaces tier=production +0.25 +0.5 +Warn,Audit +True`))
		Expect(lines(listed())[0]).To(MatchRegexp(`NAME +SELECTS +MAX WAVE +MAX ROLLOUT +ACTIONS +ACCEPTED +ROLLOUTS +OVER LIMIT +AGE`))
		Expect(lines(listed())[1]).To(MatchRegexp(`default +all kinds +0.2 +Deny +True`))
		Expect(lines(listed("-o", "wide"))[0]).To(MatchRegexp(
			`UNRESOLVED +OVERRIDDEN +COUNTED +DEFAULT RATE +MAX RATE +TOLERATED +WAVES +REMOVALS +ON UNRESOLVED +OVERRIDE SECONDS +AGE`))
	})
})
