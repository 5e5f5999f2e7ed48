package policy_test

import (
	"fmt"
	"testing"

	"github.com/onsi/gomega"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/seawall-dev/seawall/pkg/apis/v1alpha1"
	"github.com/seawall-dev/seawall/pkg/policy"
	"github.com/seawall-dev/seawall/pkg/rollout"
)

var applicationSets = schema.GroupKind{Group: "argoproj.io", Kind: "ApplicationSet"}

func TestPolicyThatCannotBeReadRefusesWhatItSelects(t *testing.T) {
	for name, test := range map[string]struct {
		change func(*v1alpha1.WavePolicySpec)
		want   string
	}{
		"a limit that the schema of an older version let pass": {
			change: func(s *v1alpha1.WavePolicySpec) { s.MaxWaveFailureProbability = "1.5" },
			want:   "spec.maxWaveFailureProbability",
		},
		"a rate": {
			change: func(s *v1alpha1.WavePolicySpec) { s.SuccessRate.Max = "high" },
			want:   "spec.successRate.max",
		},
		"a selector": {
			change: func(s *v1alpha1.WavePolicySpec) {
				s.Match = &v1alpha1.WavePolicyMatch{ObjectSelector: &metav1.LabelSelector{
					MatchExpressions: []metav1.LabelSelectorRequirement{{Key: "tier", Operator: "Like", Values: []string{"x"}}},
				}}
			},
			want: "spec.match.objectSelector",
		},
	} {
		t.Run(name, func(t *testing.T) {
			g := gomega.NewWithT(t)
			compiled, err := policy.Compile(wavePolicy("broken", test.change))
			g.Expect(err).To(gomega.MatchError(gomega.ContainSubstring(test.want)))
			g.Expect(compiled.Selects(t.Context(), policy.Subject{Kind: applicationSets, Operation: rollout.Update})).To(gomega.BeTrue())
			verdict := compiled.Judge(policy.Case{Change: oneStep(1, 1)})
			g.Expect(verdict.Reason).To(gomega.Equal(policy.PolicyInvalid))
			g.Expect(verdict.Message).To(gomega.ContainSubstring(test.want))
			g.Expect(policy.Decide([]policy.Verdict{verdict}).Action).To(gomega.Equal(policy.Deny))
		})
	}
}

func TestSelects(t *testing.T) {
	production := &metav1.LabelSelector{MatchLabels: map[string]string{"tier": "production"}}
	labelled := map[string]string{"tier": "production"}
	for name, test := range map[string]struct {
		match   *v1alpha1.WavePolicyMatch
		subject policy.Subject
		want    bool
	}{
		"without a match every creation is selected": {
			subject: policy.Subject{Operation: rollout.Create}, want: true,
		},
		"without a match no deletion is": {
			subject: policy.Subject{Operation: rollout.Delete}, want: false,
		},
		"a deletion is selected when asked for": {
			match:   &v1alpha1.WavePolicyMatch{Operations: []v1alpha1.Operation{v1alpha1.OperationDelete}},
			subject: policy.Subject{Operation: rollout.Delete}, want: true,
		},
		"operations that are asked for replace the default": {
			match:   &v1alpha1.WavePolicyMatch{Operations: []v1alpha1.Operation{v1alpha1.OperationDelete}},
			subject: policy.Subject{Operation: rollout.Update}, want: false,
		},
		"a kind by group and name": {
			match:   &v1alpha1.WavePolicyMatch{Kinds: []v1alpha1.KindReference{{Group: "argoproj.io", Kind: "ApplicationSet"}}},
			subject: policy.Subject{Operation: rollout.Create}, want: true,
		},
		"another group's kind of the same name is not": {
			match:   &v1alpha1.WavePolicyMatch{Kinds: []v1alpha1.KindReference{{Group: "example.com", Kind: "ApplicationSet"}}},
			subject: policy.Subject{Operation: rollout.Create}, want: false,
		},
		"a namespace by its labels": {
			match:   &v1alpha1.WavePolicyMatch{NamespaceSelector: production},
			subject: policy.Subject{Operation: rollout.Create, Namespaced: true, NamespaceLabels: labels.Set(labelled)}, want: true,
		},
		"a namespace without them is not": {
			match:   &v1alpha1.WavePolicyMatch{NamespaceSelector: production},
			subject: policy.Subject{Operation: rollout.Create, Namespaced: true}, want: false,
		},
		"a cluster-scoped rollout has no namespace to leave it out": {
			match:   &v1alpha1.WavePolicyMatch{NamespaceSelector: production},
			subject: policy.Subject{Operation: rollout.Create}, want: true,
		},
		"a rollout by its labels": {
			match:   &v1alpha1.WavePolicyMatch{ObjectSelector: production},
			subject: policy.Subject{Operation: rollout.Update, Labels: labelled, OldLabels: nil}, want: true,
		},
		"a rollout cannot escape by taking off the label": {
			match:   &v1alpha1.WavePolicyMatch{ObjectSelector: production},
			subject: policy.Subject{Operation: rollout.Update, OldLabels: labelled}, want: true,
		},
		"a rollout that never had the label is not": {
			match:   &v1alpha1.WavePolicyMatch{ObjectSelector: production},
			subject: policy.Subject{Operation: rollout.Update}, want: false,
		},
		"the old labels of a creation do not exist": {
			match: &v1alpha1.WavePolicyMatch{ObjectSelector: &metav1.LabelSelector{
				MatchExpressions: []metav1.LabelSelectorRequirement{{Key: "exempt", Operator: metav1.LabelSelectorOpDoesNotExist}},
			}},
			subject: policy.Subject{Operation: rollout.Create, Labels: map[string]string{"exempt": ""}}, want: false,
		},
	} {
		t.Run(name, func(t *testing.T) {
			g := gomega.NewWithT(t)
			test.subject.Kind = applicationSets
			compiled, err := policy.Compile(wavePolicy("p", func(s *v1alpha1.WavePolicySpec) { s.Match = test.match }))
			g.Expect(err).NotTo(gomega.HaveOccurred())
			g.Expect(compiled.Selects(t.Context(), test.subject)).To(gomega.Equal(test.want))
		})
	}
}

func TestUnknownKinds(t *testing.T) {
	g := gomega.NewWithT(t)
	compiled, err := policy.Compile(wavePolicy("p", func(s *v1alpha1.WavePolicySpec) {
		s.Match = &v1alpha1.WavePolicyMatch{Kinds: []v1alpha1.KindReference{
			{Group: "argoproj.io", Kind: "ApplicationSet"}, {Group: "argoproj.io", Kind: "AppSet"},
		}}
	}))
	g.Expect(err).NotTo(gomega.HaveOccurred())
	g.Expect(compiled.UnknownKinds([]schema.GroupKind{applicationSets})).To(gomega.Equal([]schema.GroupKind{{Group: "argoproj.io", Kind: "AppSet"}}))
}

func TestSetKeepsPoliciesByName(t *testing.T) {
	g := gomega.NewWithT(t)
	var set policy.Set
	put := func(name string, operations ...v1alpha1.Operation) {
		compiled, err := policy.Compile(wavePolicy(name, func(s *v1alpha1.WavePolicySpec) {
			s.Match = &v1alpha1.WavePolicyMatch{Operations: operations}
		}))
		g.Expect(err).NotTo(gomega.HaveOccurred())
		set.Put(compiled)
	}
	names := func(operation rollout.Operation) []string {
		var names []string
		for _, candidate := range set.Candidates(applicationSets, operation) {
			names = append(names, candidate.Name)
		}
		return names
	}
	put("b")
	put("a")
	put("c", v1alpha1.OperationDelete)
	g.Expect(names(rollout.Create)).To(gomega.Equal([]string{"a", "b"}))
	g.Expect(names(rollout.Delete)).To(gomega.Equal([]string{"c"}))
	put("a", v1alpha1.OperationDelete)
	g.Expect(names(rollout.Create)).To(gomega.Equal([]string{"b"}))
	set.Delete("b")
	set.Delete("never there")
	g.Expect(names(rollout.Create)).To(gomega.BeEmpty())
	g.Expect(names(rollout.Delete)).To(gomega.Equal([]string{"a", "c"}))
}

func TestDecide(t *testing.T) {
	judge := func(name string, limit v1alpha1.Probability, actions ...v1alpha1.ValidationAction) policy.Verdict {
		compiled, err := policy.Compile(wavePolicy(name, func(s *v1alpha1.WavePolicySpec) {
			s.MaxWaveFailureProbability, s.ValidationActions = limit, actions
		}))
		gomega.NewWithT(t).Expect(err).NotTo(gomega.HaveOccurred())
		return compiled.Judge(policy.Case{Change: oneStep(100, 100)})
	}
	const deny, warn, audit = v1alpha1.ActionDeny, v1alpha1.ActionWarn, v1alpha1.ActionAudit
	for name, test := range map[string]struct {
		verdicts []policy.Verdict
		action   policy.Action
		by       string
		warnings int
		message  string
	}{
		"no policy allows":                 {action: policy.Allow},
		"a satisfied policy allows":        {verdicts: []policy.Verdict{judge("a", "0.9", deny)}, action: policy.Allow, by: "a"},
		"one that is not satisfied denies": {verdicts: []policy.Verdict{judge("a", "0.9", deny), judge("b", "0.2", deny)}, action: policy.Deny, by: "b"},
		"one that warns does not":          {verdicts: []policy.Verdict{judge("a", "0.2", warn)}, action: policy.Warn, by: "a", warnings: 1},
		"one that audits says nothing":     {verdicts: []policy.Verdict{judge("a", "0.2", audit)}, action: policy.Audit, by: "a"},
		"a denial comes before a warning":  {verdicts: []policy.Verdict{judge("a", "0.1", warn), judge("b", "0.2", deny)}, action: policy.Deny, by: "b", warnings: 1},
		"a warning comes before an audit":  {verdicts: []policy.Verdict{judge("a", "0.1", audit), judge("b", "0.2", warn)}, action: policy.Warn, by: "b", warnings: 1},
		"no action at all means to deny":   {verdicts: []policy.Verdict{judge("a", "0.2")}, action: policy.Deny, by: "a"},
		"the zero verdict denies":          {verdicts: []policy.Verdict{{}, judge("a", "0.9", deny)}, action: policy.Deny, by: ""},
		"of two that deny the strictest tells": {
			verdicts: []policy.Verdict{judge("a", "0.2", deny), judge("b", "0.1", deny)}, action: policy.Deny, by: "b",
			message: "(2 policies are not satisfied; this one is the strictest)",
		},
	} {
		t.Run(name, func(t *testing.T) {
			g := gomega.NewWithT(t)
			decision := policy.Decide(test.verdicts)
			g.Expect(decision.Action).To(gomega.Equal(test.action))
			g.Expect(decision.Verdict.Policy).To(gomega.Equal(test.by))
			g.Expect(decision.Warnings).To(gomega.HaveLen(test.warnings))
			g.Expect(decision.Verdict.Message).To(gomega.HaveSuffix(test.message))
		})
	}
}

func TestConditions(t *testing.T) {
	write := func(user string) func() map[string]any {
		return func() map[string]any {
			return map[string]any{
				"object": map[string]any{"spec": map[string]any{"size": 3}}, "oldObject": nil,
				"request": map[string]any{"operation": "CREATE", "userInfo": map[string]any{"username": user, "groups": []string{"oncall"}}},
			}
		}
	}
	for name, test := range map[string]struct {
		expressions []string
		variables   func() map[string]any
		want        bool
	}{
		"none":                              {nil, write("jane"), true},
		"one that holds":                    {[]string{"object.spec.size > 2"}, write("jane"), true},
		"one that does not":                 {[]string{"object.spec.size > 3"}, write("jane"), false},
		"one of two that does not":          {[]string{"true", "request.userInfo.username != 'jane'"}, write("jane"), false},
		"for somebody else it does":         {[]string{"true", "request.userInfo.username != 'jane'"}, write("joe"), true},
		"a group":                           {[]string{"!('oncall' in request.userInfo.groups)"}, write("jane"), false},
		"what fails selects":                {[]string{"object.spec.missing"}, write("jane"), true},
		"what yields something else too":    {[]string{"object.spec.size"}, write("jane"), true},
		"and what costs too much":           {[]string{"[1,2,3,4,5,6,7,8,9].all(a, [1,2,3,4,5,6,7,8,9].all(b, [1,2,3,4,5,6,7,8,9].all(c, [1,2,3,4,5,6,7,8,9].all(d, [1,2,3,4,5,6,7,8,9].all(e, [1,2,3,4,5,6,7,8,9].all(f, a + b + c + d + e + f > 0)))))) && false"}, write("jane"), true},
		"nothing stored is null":            {[]string{"oldObject != null"}, write("jane"), false},
		"of what nobody writes, user":       {[]string{"request.userInfo.username != 'jane'"}, func() map[string]any { return map[string]any{"request": map[string]any{}} }, true},
		"and of what cannot be read at all": {[]string{"object.spec.size > 3"}, nil, true},
	} {
		t.Run(name, func(t *testing.T) {
			g := gomega.NewWithT(t)
			compiled, err := policy.Compile(wavePolicy("default", func(s *v1alpha1.WavePolicySpec) {
				for i, expression := range test.expressions {
					s.MatchConditions = append(s.MatchConditions, v1alpha1.MatchCondition{Name: fmt.Sprint("c", i), Expression: expression})
				}
			}))
			g.Expect(err).NotTo(gomega.HaveOccurred())
			g.Expect(compiled.Selects(t.Context(), policy.Subject{Kind: applicationSets, Operation: rollout.Create, Variables: test.variables})).
				To(gomega.Equal(test.want))
		})
	}
}

func TestConditionsThatAreNone(t *testing.T) {
	for expression, want := range map[string]string{
		"object.spec.": "spec.matchConditions[0].expression: ERROR: <input>:1:13: Syntax error",
		"nobody == 1":  "undeclared reference to 'nobody'",
		"'a' + 'b'":    `spec.matchConditions[0].expression: "'a' + 'b'" yields string: want bool`,
	} {
		t.Run(expression, func(t *testing.T) {
			g := gomega.NewWithT(t)
			compiled, err := policy.Compile(wavePolicy("default", func(s *v1alpha1.WavePolicySpec) {
				s.MatchConditions = []v1alpha1.MatchCondition{{Name: "c", Expression: expression}}
			}))
			g.Expect(err).To(gomega.MatchError(gomega.ContainSubstring(want)))
			g.Expect(compiled.Selects(t.Context(), policy.Subject{Kind: applicationSets, Operation: rollout.Create})).To(gomega.BeTrue())
		})
	}
}

func TestAConditionThatExemptsTheMainWriterIsWarnedOf(t *testing.T) {
	for expression, want := range map[string][]string{
		"request.userInfo.username != 'system:serviceaccount:argocd:argocd-application-controller'": {
			`spec.matchConditions: "c" exempts system:serviceaccount:argocd:argocd-application-controller, which writes most rollouts where it runs: they are not judged`,
		},
		"!request.userInfo.groups.exists(g, g == 'system:serviceaccounts:flux-system')": {
			`spec.matchConditions: "c" exempts system:serviceaccount:flux-system:kustomize-controller, which writes most rollouts where it runs: they are not judged`,
			`spec.matchConditions: "c" exempts system:serviceaccount:flux-system:helm-controller, which writes most rollouts where it runs: they are not judged`,
		},
		"request.userInfo.username != 'jane'":                      nil,
		"has(object.spec.strategy) || request.namespace == 'prod'": nil,
	} {
		t.Run(expression, func(t *testing.T) {
			g := gomega.NewWithT(t)
			compiled, err := policy.Compile(wavePolicy("default", func(s *v1alpha1.WavePolicySpec) {
				s.MatchConditions = []v1alpha1.MatchCondition{{Name: "c", Expression: expression}}
			}))
			g.Expect(err).NotTo(gomega.HaveOccurred())
			g.Expect(compiled.Cautions(t.Context())).To(gomega.Equal(want))
		})
	}
}
