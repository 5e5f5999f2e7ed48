package main_test

import (
	"context"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	rbacv1 "k8s.io/api/rbac/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/client-go/util/retry"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/seawall-dev/seawall/pkg/apis/v1alpha1"
)

const garbageCollector = "system:serviceaccount:kube-system:generic-garbage-collector"

// ratcheted is a policy that judges nothing here, so that it is in nobody's way.
func ratcheted(change func(*v1alpha1.WavePolicySpec)) *v1alpha1.WavePolicy {
	ratcheted := newPolicy("ratcheted", "0.2", &v1alpha1.WavePolicyMatch{
		Kinds:             []v1alpha1.KindReference{{Group: "fleet.cattle.io", Kind: "Bundle"}, {Group: "fleet.cattle.io", Kind: "HelmOp"}},
		NamespaceSelector: &metav1.LabelSelector{MatchLabels: map[string]string{"ring": "nowhere"}},
		ObjectSelector: &metav1.LabelSelector{
			MatchLabels:      map[string]string{"tier": "production"},
			MatchExpressions: []metav1.LabelSelectorRequirement{{Key: "team", Operator: metav1.LabelSelectorOpExists}},
		},
	})
	if change != nil {
		change(&ratcheted.Spec)
	}
	return ratcheted
}

// looser matches the API server's error for a policy that is loosened without the right to.
func looser(by string) OmegaMatcher {
	return And(
		Satisfy(apierrors.IsForbidden),
		MatchError(ContainSubstring("WavePolicy ratcheted would become looser by "+by+`: that needs the verb "loosen" on wavepolicies.seawall.dev`)),
	)
}

// rewritten changes the stored policy, as an administrator, and then again on dry-run, as a user of a role.
func rewritten(ctx context.Context, role string, from, to func(*v1alpha1.WavePolicySpec)) error {
	GinkgoHelper()
	stored := ratcheted(from)
	provide(ctx, stored)
	grant(ctx, user(role), "seawall-"+role, "")
	writer, _ := actingAs(role)
	Eventually(func() bool { return may(ctx, writer, "update", "wavepolicies", "", "") }).Should(BeTrue())
	Eventually(func() bool { return may(ctx, writer, "loosen", "wavepolicies", "", "") }).Should(Equal(role == "policy-owner"))
	return retry.RetryOnConflict(retry.DefaultBackoff, func() error { // with the controller that writes its status
		var changed v1alpha1.WavePolicy
		Expect(writer.Get(ctx, client.ObjectKeyFromObject(stored), &changed)).To(Succeed())
		to(&changed.Spec)
		return writer.Update(ctx, &changed, client.DryRunAll)
	})
}

var _ = Describe("a policy that is changed", func() {
	const editor, owner = "policy-editor", "policy-owner"
	one := new(int32(1))

	DescribeTable("becomes looser, which the owner may do and the editor may not:",
		func(ctx SpecContext, field string, from, to func(*v1alpha1.WavePolicySpec)) {
			Expect(rewritten(ctx, editor, from, to)).To(looser(field))
			Expect(client.IgnoreNotFound(api.Delete(ctx, ratcheted(nil)))).To(Succeed())
			Expect(rewritten(ctx, owner, from, to)).To(Succeed())
		},
		Entry("a higher limit", "maxWaveFailureProbability", nil, func(s *v1alpha1.WavePolicySpec) { s.MaxWaveFailureProbability = "0.200000001" }),
		Entry("a higher limit of the whole rollout", "maxRolloutFailureProbability",
			func(s *v1alpha1.WavePolicySpec) { s.MaxRolloutFailureProbability = "0.5" },
			func(s *v1alpha1.WavePolicySpec) { s.MaxRolloutFailureProbability = "0.6" }),
		Entry("no limit of the whole rollout any more", "maxRolloutFailureProbability",
			func(s *v1alpha1.WavePolicySpec) { s.MaxRolloutFailureProbability = "0.5" },
			func(s *v1alpha1.WavePolicySpec) { s.MaxRolloutFailureProbability = "" }),
		Entry("more tolerated failures", "toleratedFailures", nil, func(s *v1alpha1.WavePolicySpec) { s.ToleratedFailures = one }),
		Entry("waves in flight instead of gated ones", "waves",
			func(s *v1alpha1.WavePolicySpec) { s.Waves = v1alpha1.WavesGated },
			func(s *v1alpha1.WavePolicySpec) { s.Waves = v1alpha1.WavesInFlight }),
		Entry("a higher default rate", "successRate.default", nil, func(s *v1alpha1.WavePolicySpec) { s.SuccessRate.Default = "0.991" }),
		Entry("a default rate where there was none", "successRate.default",
			func(s *v1alpha1.WavePolicySpec) { s.SuccessRate = nil },
			func(s *v1alpha1.WavePolicySpec) { s.SuccessRate = &v1alpha1.SuccessRate{Default: "0.5"} }),
		Entry("a default rate of 0 where there was none", "successRate.default",
			func(s *v1alpha1.WavePolicySpec) { s.SuccessRate = nil },
			func(s *v1alpha1.WavePolicySpec) { s.SuccessRate = &v1alpha1.SuccessRate{Default: "0"} }),
		Entry("a higher cap of rates", "successRate.max",
			func(s *v1alpha1.WavePolicySpec) { s.SuccessRate.Max = "0.999" },
			func(s *v1alpha1.WavePolicySpec) { s.SuccessRate.Max = "0.9999" }),
		Entry("no cap of rates any more, which is one of 0.999", "successRate.max",
			func(s *v1alpha1.WavePolicySpec) { s.SuccessRate.Max = "0.99" },
			func(s *v1alpha1.WavePolicySpec) { s.SuccessRate.Max = "" }),
		Entry("a higher cap of rates where there was none", "successRate.max", nil,
			func(s *v1alpha1.WavePolicySpec) { s.SuccessRate.Max = "0.9991" }),
		Entry("claims that are believed again", "successRate.claims",
			func(s *v1alpha1.WavePolicySpec) { s.SuccessRate.Claims = v1alpha1.ClaimsIgnore },
			func(s *v1alpha1.WavePolicySpec) { s.SuccessRate.Claims = v1alpha1.ClaimsAccept }),
		Entry("declarations that are believed again", "declaredEnvironments",
			func(s *v1alpha1.WavePolicySpec) { s.DeclaredEnvironments = v1alpha1.ClaimsIgnore },
			func(s *v1alpha1.WavePolicySpec) { s.DeclaredEnvironments = "" }),
		Entry("a condition more", "matchConditions", nil, func(s *v1alpha1.WavePolicySpec) {
			s.MatchConditions = []v1alpha1.MatchCondition{{Name: "few", Expression: "has(object.spec)"}}
		}),
		Entry("a kind that is excluded", "match.excludeKinds", nil, func(s *v1alpha1.WavePolicySpec) {
			s.Match = &v1alpha1.WavePolicyMatch{ExcludeKinds: []v1alpha1.KindReference{{Group: "argoproj.io", Kind: "ApplicationSet"}}}
		}),
		Entry("removals that are ignored", "removals", nil, func(s *v1alpha1.WavePolicySpec) { s.Removals = v1alpha1.RemovalsIgnore }),
		Entry("warning of what is unresolved", "onUnresolved", nil, func(s *v1alpha1.WavePolicySpec) { s.OnUnresolved = v1alpha1.UnresolvedWarn }),
		Entry("allowing it", "onUnresolved", nil, func(s *v1alpha1.WavePolicySpec) { s.OnUnresolved = v1alpha1.UnresolvedAllow }),
		Entry("allowing it instead of warning", "onUnresolved",
			func(s *v1alpha1.WavePolicySpec) { s.OnUnresolved = v1alpha1.UnresolvedWarn },
			func(s *v1alpha1.WavePolicySpec) { s.OnUnresolved = v1alpha1.UnresolvedAllow }),
		Entry("warning instead of denying", "validationActions", nil,
			func(s *v1alpha1.WavePolicySpec) {
				s.ValidationActions = []v1alpha1.ValidationAction{v1alpha1.ActionWarn}
			}),
		Entry("auditing instead of denying and auditing", "validationActions",
			func(s *v1alpha1.WavePolicySpec) {
				s.ValidationActions = []v1alpha1.ValidationAction{v1alpha1.ActionDeny, v1alpha1.ActionAudit}
			},
			func(s *v1alpha1.WavePolicySpec) {
				s.ValidationActions = []v1alpha1.ValidationAction{v1alpha1.ActionAudit}
			}),
		Entry("auditing instead of warning", "validationActions",
			func(s *v1alpha1.WavePolicySpec) {
				s.ValidationActions = []v1alpha1.ValidationAction{v1alpha1.ActionWarn}
			},
			func(s *v1alpha1.WavePolicySpec) {
				s.ValidationActions = []v1alpha1.ValidationAction{v1alpha1.ActionAudit}
			}),
		Entry("one kind less", "match.kinds", nil, func(s *v1alpha1.WavePolicySpec) { s.Match.Kinds = s.Match.Kinds[:1] }),
		Entry("another kind", "match.kinds", nil, func(s *v1alpha1.WavePolicySpec) { s.Match.Kinds[1].Kind = "GitRepo" }),
		Entry("some kinds instead of all", "match.kinds",
			func(s *v1alpha1.WavePolicySpec) { s.Match.Kinds = nil },
			func(s *v1alpha1.WavePolicySpec) {
				s.Match.Kinds = []v1alpha1.KindReference{{Group: "fleet.cattle.io", Kind: "Bundle"}}
			}),
		Entry("one operation less", "match.operations", nil,
			func(s *v1alpha1.WavePolicySpec) {
				s.Match.Operations = []v1alpha1.Operation{v1alpha1.OperationUpdate, v1alpha1.OperationDelete}
			}),
		Entry("a label more of namespaces", "match.namespaceSelector", nil,
			func(s *v1alpha1.WavePolicySpec) { s.Match.NamespaceSelector.MatchLabels["a"] = "b" }),
		Entry("another value of a label of namespaces", "match.namespaceSelector", nil,
			func(s *v1alpha1.WavePolicySpec) { s.Match.NamespaceSelector.MatchLabels["ring"] = "0" }),
		Entry("a label more of objects", "match.objectSelector", nil,
			func(s *v1alpha1.WavePolicySpec) { s.Match.ObjectSelector.MatchLabels["a"] = "b" }),
		Entry("a requirement more of objects", "match.objectSelector", nil,
			func(s *v1alpha1.WavePolicySpec) {
				s.Match.ObjectSelector.MatchExpressions = append(s.Match.ObjectSelector.MatchExpressions,
					metav1.LabelSelectorRequirement{Key: "a", Operator: metav1.LabelSelectorOpDoesNotExist})
			}),
		Entry("another requirement of objects", "match.objectSelector", nil,
			func(s *v1alpha1.WavePolicySpec) {
				s.Match.ObjectSelector.MatchExpressions[0].Operator = metav1.LabelSelectorOpDoesNotExist
			}),
		Entry("a match where there was none", "match.objectSelector",
			func(s *v1alpha1.WavePolicySpec) { s.Match, s.MaxWaveFailureProbability = nil, "1" },
			func(s *v1alpha1.WavePolicySpec) {
				s.Match = &v1alpha1.WavePolicyMatch{ObjectSelector: &metav1.LabelSelector{MatchLabels: map[string]string{"a": "b"}}}
			}),
		Entry("overrides that may last longer", "maxOverrideDurationSeconds", nil,
			func(s *v1alpha1.WavePolicySpec) { s.MaxOverrideDurationSeconds = new(int32(86401)) }),
		Entry("overrides where none were accepted", "maxOverrideDurationSeconds",
			func(s *v1alpha1.WavePolicySpec) { s.MaxOverrideDurationSeconds = new(int32(0)) },
			func(s *v1alpha1.WavePolicySpec) { s.MaxOverrideDurationSeconds = one }),
		Entry("several fields, though another becomes tighter", "maxWaveFailureProbability, removals", nil,
			func(s *v1alpha1.WavePolicySpec) {
				s.MaxWaveFailureProbability, s.Removals, s.Waves = "1", v1alpha1.RemovalsIgnore, v1alpha1.WavesGated
			}),
	)

	DescribeTable("becomes tighter, or stays as it is, which the editor may do:",
		func(ctx SpecContext, from, to func(*v1alpha1.WavePolicySpec)) {
			Expect(rewritten(ctx, editor, from, to)).To(Succeed())
		},
		Entry("nothing at all", nil, func(*v1alpha1.WavePolicySpec) {}),
		Entry("a limit in other words", nil, func(s *v1alpha1.WavePolicySpec) { s.MaxWaveFailureProbability = "0.20" }),
		Entry("a lower limit", nil, func(s *v1alpha1.WavePolicySpec) { s.MaxWaveFailureProbability = "0.199999999" }),
		Entry("a limit of the whole rollout", nil, func(s *v1alpha1.WavePolicySpec) { s.MaxRolloutFailureProbability = "0.9" }),
		Entry("a lower limit of the whole rollout",
			func(s *v1alpha1.WavePolicySpec) { s.MaxRolloutFailureProbability = "0.9" },
			func(s *v1alpha1.WavePolicySpec) { s.MaxRolloutFailureProbability = "0.8" }),
		Entry("fewer tolerated failures",
			func(s *v1alpha1.WavePolicySpec) { s.ToleratedFailures = new(int32(2)) },
			func(s *v1alpha1.WavePolicySpec) { s.ToleratedFailures = one }),
		Entry("gated waves", nil, func(s *v1alpha1.WavePolicySpec) { s.Waves = v1alpha1.WavesGated }),
		Entry("a lower default rate, and a cap", nil, func(s *v1alpha1.WavePolicySpec) { s.SuccessRate.Default, s.SuccessRate.Max = "0.98", "0.99" }),
		Entry("no default rate any more", nil, func(s *v1alpha1.WavePolicySpec) { s.SuccessRate = nil }),
		Entry("removals that count",
			func(s *v1alpha1.WavePolicySpec) { s.Removals = v1alpha1.RemovalsIgnore },
			func(s *v1alpha1.WavePolicySpec) { s.Removals = v1alpha1.RemovalsCount }),
		Entry("denying what is unresolved",
			func(s *v1alpha1.WavePolicySpec) { s.OnUnresolved = v1alpha1.UnresolvedAllow },
			func(s *v1alpha1.WavePolicySpec) { s.OnUnresolved = v1alpha1.UnresolvedDeny }),
		Entry("denying instead of warning",
			func(s *v1alpha1.WavePolicySpec) {
				s.ValidationActions = []v1alpha1.ValidationAction{v1alpha1.ActionWarn}
			},
			func(s *v1alpha1.WavePolicySpec) {
				s.ValidationActions = []v1alpha1.ValidationAction{v1alpha1.ActionDeny}
			}),
		Entry("denying without auditing, which says no less",
			func(s *v1alpha1.WavePolicySpec) {
				s.ValidationActions = []v1alpha1.ValidationAction{v1alpha1.ActionDeny, v1alpha1.ActionAudit}
			},
			func(s *v1alpha1.WavePolicySpec) {
				s.ValidationActions = []v1alpha1.ValidationAction{v1alpha1.ActionDeny}
			}),
		Entry("one kind more", nil, func(s *v1alpha1.WavePolicySpec) {
			s.Match.Kinds = append(s.Match.Kinds, v1alpha1.KindReference{Group: "fleet.cattle.io", Kind: "GitRepo"})
		}),
		Entry("all kinds", nil, func(s *v1alpha1.WavePolicySpec) { s.Match.Kinds = nil }),
		Entry("one operation more", nil, func(s *v1alpha1.WavePolicySpec) {
			s.Match.Operations = []v1alpha1.Operation{v1alpha1.OperationDelete, v1alpha1.OperationUpdate, v1alpha1.OperationCreate}
		}),
		Entry("all namespaces", nil, func(s *v1alpha1.WavePolicySpec) { s.Match.NamespaceSelector = nil }),
		Entry("all objects", nil, func(s *v1alpha1.WavePolicySpec) { s.Match.ObjectSelector = &metav1.LabelSelector{} }),
		Entry("a label less", nil, func(s *v1alpha1.WavePolicySpec) { s.Match.ObjectSelector.MatchLabels = nil }),
		Entry("a requirement less", nil, func(s *v1alpha1.WavePolicySpec) { s.Match.ObjectSelector.MatchExpressions = nil }),
		Entry("shorter overrides", nil, func(s *v1alpha1.WavePolicySpec) { s.MaxOverrideDurationSeconds = new(int32(3600)) }),
		Entry("no overrides", nil, func(s *v1alpha1.WavePolicySpec) { s.MaxOverrideDurationSeconds = new(int32(0)) }),
	)

	It("is deleted by its owner only, and not by the garbage collector", func(ctx SpecContext) {
		provide(ctx, ratcheted(nil))
		for _, role := range []string{editor, owner} {
			grant(ctx, user(role), "seawall-"+role, "")
		}
		// It may delete whatever there is, which is not enough.
		collector, _ := actingAs(garbageCollector)
		Expect(collector.Delete(ctx, ratcheted(nil))).To(looser("its deletion"))
		Expect(collector.Delete(ctx, newPolicy("default", "1", nil))).To(MatchError(ContainSubstring("WavePolicy default would become looser by its deletion")))
		writer, _ := actingAs(editor)
		Expect(writer.Delete(ctx, ratcheted(nil))).To(Satisfy(apierrors.IsForbidden))
		writer, _ = actingAs(owner)
		Eventually(func() error { return writer.Delete(ctx, ratcheted(nil)) }).Should(Succeed())
	})

	It("may be labelled by the editor, and patched and applied as well as replaced", func(ctx SpecContext) {
		provide(ctx, ratcheted(nil))
		grant(ctx, user(editor), "seawall-"+editor, "")
		writer, _ := actingAs(editor)
		patch := func(body string) error {
			return writer.Patch(ctx, ratcheted(nil), client.RawPatch("application/merge-patch+json", []byte(body)))
		}
		Eventually(func() error { return patch(`{"metadata":{"labels":{"team":"a"}}}`) }).Should(Succeed())
		Expect(patch(`{"spec":{"maxWaveFailureProbability":"0.3"}}`)).To(looser("maxWaveFailureProbability"))
		Expect(patch(`{"spec":{"maxWaveFailureProbability":"0.1"}}`)).To(Succeed())
		Expect(patch(`{"spec":{"maxWaveFailureProbability":"0.2"}}`)).To(looser("maxWaveFailureProbability"), "not even back")
	})
})

var _ = Describe("a RolloutKind that is changed", func() {
	It("takes the right to loosen", func(ctx SpecContext) {
		kind := sampleRolloutKind("clustergroupupgrade.yaml")
		grant(ctx, user("policy-editor"), "seawall-policy-editor", "")
		grant(ctx, user("policy-owner"), "seawall-policy-owner", "")
		editor, _ := actingAs("policy-editor")
		owner, _ := actingAs("policy-owner")
		for _, writer := range []client.Client{editor, owner} {
			Eventually(func() bool { return may(ctx, writer, "update", "rolloutkinds", "", "") }).Should(BeTrue())
		}
		stored := func() *v1alpha1.RolloutKind {
			found := &v1alpha1.RolloutKind{}
			Expect(api.Get(ctx, client.ObjectKeyFromObject(kind), found)).To(Succeed())
			return found
		}
		labelled := stored()
		labelled.Labels = map[string]string{"team": "a"}
		Expect(editor.Update(ctx, labelled, client.DryRunAll)).To(Succeed())
		emptied := stored()
		emptied.Spec.Environments = "0"
		Expect(editor.Update(ctx, emptied, client.DryRunAll)).To(MatchError(And(
			ContainSubstring("What RolloutKind clustergroupupgrades.ran.openshift.io counts may become less by a change of its spec"),
			ContainSubstring(`that needs the verb "loosen" on rolloutkinds.seawall.dev`))))
		Expect(editor.Delete(ctx, kind, client.DryRunAll)).To(Satisfy(apierrors.IsForbidden))
		collector, _ := actingAs(garbageCollector)
		Expect(collector.Delete(ctx, kind, client.DryRunAll)).To(
			MatchError(ContainSubstring("counts may become less by its deletion")))
		Expect(owner.Update(ctx, emptied, client.DryRunAll)).To(Succeed())
		Expect(owner.Delete(ctx, kind, client.DryRunAll)).To(Succeed())
	})
})

var _ = Describe("a definition of Seawall's own", func() {
	// definition is that of the policies, as it is stored.
	definition := func(ctx context.Context) *unstructured.Unstructured {
		GinkgoHelper()
		stored := &unstructured.Unstructured{}
		stored.SetAPIVersion("apiextensions.k8s.io/v1")
		stored.SetKind("CustomResourceDefinition")
		Expect(api.Get(ctx, client.ObjectKey{Name: "wavepolicies.seawall.dev"}, stored)).To(Succeed())
		return stored
	}
	// administrator may write definitions, and do more by another role.
	administrator := func(ctx context.Context, name, role string) client.Client {
		GinkgoHelper()
		provide(ctx, &rbacv1.ClusterRole{ObjectMeta: metav1.ObjectMeta{Name: name}, Rules: []rbacv1.PolicyRule{{
			APIGroups: []string{"apiextensions.k8s.io"}, Resources: []string{"customresourcedefinitions"}, Verbs: []string{"*"},
		}}})
		grant(ctx, user(name), name, "")
		grant(ctx, user(name), role, "")
		writer, _ := actingAs(name)
		Eventually(func() error { return writer.Get(ctx, client.ObjectKeyFromObject(definition(ctx)), definition(ctx)) }).Should(Succeed())
		Eventually(func() bool { return may(ctx, writer, "get", "wavepolicies", "", "") }).Should(BeTrue())
		return writer
	}
	short := func(ctx context.Context) *unstructured.Unstructured {
		changed := definition(ctx)
		Expect(unstructured.SetNestedStringSlice(changed.Object, []string{"another"}, "spec", "names", "shortNames")).To(Succeed())
		return changed
	}

	It("is neither deleted nor changed without the right to loosen policies", func(ctx SpecContext) {
		writer := administrator(ctx, "definition-writer", "seawall-policy-editor")
		withheld := And(Satisfy(apierrors.IsForbidden), MatchError(ContainSubstring(
			`Without its definitions Seawall judges nothing: that needs the verb "loosen" on wavepolicies.seawall.dev`)))
		Expect(writer.Delete(ctx, definition(ctx), client.DryRunAll)).To(withheld)
		Expect(writer.Update(ctx, short(ctx), client.DryRunAll)).To(withheld)
		labelled := definition(ctx)
		labelled.SetLabels(map[string]string{"looked": "at"})
		Expect(writer.Update(ctx, labelled, client.DryRunAll)).To(Succeed(), "its metadata is nobody's limit")
	})

	It("is with it", func(ctx SpecContext) {
		writer := administrator(ctx, "definition-owner", "seawall-policy-owner")
		Expect(writer.Update(ctx, short(ctx), client.DryRunAll)).To(Succeed())
		Expect(writer.Delete(ctx, definition(ctx), client.DryRunAll)).To(Succeed())
	})
})
