package evaluate_test

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"github.com/onsi/gomega"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/seawall-dev/seawall/pkg/apis/v1alpha1"
	"github.com/seawall-dev/seawall/pkg/audit"
	"github.com/seawall-dev/seawall/pkg/budget"
	"github.com/seawall-dev/seawall/pkg/evaluate"
	"github.com/seawall-dev/seawall/pkg/policy"
	"github.com/seawall-dev/seawall/pkg/rollout"
)

var waves = schema.GroupKind{Group: "example.com", Kind: "Wave"}

// reader is a kind whose answer a test chooses, and counts how often it is asked.
type reader struct {
	asked int
	read  func(rollout.Write) (rollout.Change, error)
}

func (r *reader) Read(_ context.Context, write rollout.Write) (rollout.Change, error) {
	r.asked++
	return r.read(write)
}

func (r *reader) Lookup(schema.GroupKind) rollout.Kind { return rollout.Kind{Reader: r} }

func syncing(n int) *reader {
	return &reader{read: func(rollout.Write) (rollout.Change, error) {
		return rollout.Change{
			Environments: n, Warnings: []string{"this is odd"},
			Steps: []rollout.Step{{Declared: n, InFlight: n, PaceRemedy: "set spec.most to {n}"}},
		}, nil
	}}
}

// namespaces are those that exist; one without labels is being deleted.
type namespaces map[string]labels.Set

func (n namespaces) Get(_ context.Context, name string) (labels.Labels, bool, error) {
	found, exists := n[name]
	if !exists {
		return nil, false, errors.New("no such namespace")
	}
	return found, found == nil, nil
}

func policyOf(tb testing.TB, name, limit string, match *v1alpha1.WavePolicyMatch) *policy.Policy {
	tb.Helper()
	source := &v1alpha1.WavePolicy{ObjectMeta: metav1.ObjectMeta{Name: name}}
	source.Spec.MaxWaveFailureProbability = v1alpha1.Probability(limit)
	source.Spec.SuccessRate = &v1alpha1.SuccessRate{Default: "0.99"}
	source.Spec.Match = match
	compiled, err := policy.Compile(source)
	gomega.NewWithT(tb).Expect(err).NotTo(gomega.HaveOccurred())
	return compiled
}

func evaluator(kinds *reader, policies ...*policy.Policy) *evaluate.Evaluator {
	set := &policy.Set{}
	for _, policy := range policies {
		set.Put(policy)
	}
	return &evaluate.Evaluator{
		Kinds: kinds, Policies: set, Overrides: policy.NewOverrides("seawall-system"),
		Namespaces: namespaces{"apps": {"tier": "production"}, "ending": nil}, Excluded: []string{"kube-system"},
	}
}

func cut(tb testing.TB, namespace, more string) *rollout.Object {
	tb.Helper()
	object, err := rollout.Cut(fmt.Appendf(nil, `{"metadata":{"namespace":%q,"name":"w"%s}}`, namespace, more))
	gomega.NewWithT(tb).Expect(err).NotTo(gomega.HaveOccurred())
	return object
}

func creation(tb testing.TB, namespace string) evaluate.Write {
	tb.Helper()
	return evaluate.Write{Kind: waves, Write: rollout.Write{
		Operation: rollout.Create, Namespace: namespace, Name: "w", Object: cut(tb, namespace, ""),
	}}
}

// TestNothingIsCountedThatNoPolicySelects holds that a write costs nothing where no policy
// looks at it: neither its kind nor its operation, namespace or labels.
func TestNothingIsCountedThatNoPolicySelects(t *testing.T) {
	selecting := func(selector string) *metav1.LabelSelector {
		return &metav1.LabelSelector{MatchLabels: map[string]string{"tier": selector}}
	}
	for name, match := range map[string]*v1alpha1.WavePolicyMatch{
		"another kind":        {Kinds: []v1alpha1.KindReference{{Group: "example.com", Kind: "Ripple"}}},
		"another operation":   {Operations: []v1alpha1.Operation{v1alpha1.OperationUpdate}},
		"another namespace":   {NamespaceSelector: selecting("staging")},
		"another object's":    {ObjectSelector: selecting("production")},
		"none of them at all": nil,
	} {
		t.Run(name, func(t *testing.T) {
			g := gomega.NewWithT(t)
			kinds := syncing(100)
			var policies []*policy.Policy
			if match != nil {
				policies = append(policies, policyOf(t, "default", "0.2", match))
			}
			judgement, err := evaluator(kinds, policies...).Evaluate(t.Context(), creation(t, "apps"))
			g.Expect(err).NotTo(gomega.HaveOccurred())
			g.Expect(judgement.Decision.Action).To(gomega.Equal(policy.Allow))
			g.Expect(judgement.Decision.Verdict.Reason).To(gomega.Equal(policy.NotJudged))
			g.Expect(judgement.Record().Routine).To(gomega.BeTrue())
			g.Expect(kinds.asked).To(gomega.BeZero())
		})
	}
}

func TestEvaluate(t *testing.T) {
	g := gomega.NewWithT(t)
	everywhere := policyOf(t, "default", "0.2", nil)
	production := policyOf(t, "strict", "0.1", &v1alpha1.WavePolicyMatch{
		NamespaceSelector: &metav1.LabelSelector{MatchLabels: map[string]string{"tier": "production"}},
	})
	staging := policyOf(t, "stricter", "0.01", &v1alpha1.WavePolicyMatch{
		NamespaceSelector: &metav1.LabelSelector{MatchLabels: map[string]string{"tier": "staging"}},
	})
	kinds := syncing(15)
	judgement, err := evaluator(kinds, everywhere, production, staging).Evaluate(t.Context(), creation(t, "apps"))
	g.Expect(err).NotTo(gomega.HaveOccurred())
	g.Expect(kinds.asked).To(gomega.Equal(1), "several policies judge one count")
	g.Expect(judgement.Verdicts).To(gomega.HaveLen(2))
	g.Expect(judgement.Decision.Action).To(gomega.Equal(policy.Deny))
	g.Expect(judgement.Decision.Warnings).To(gomega.Equal([]string{"this is odd"}))
	record := judgement.Record()
	g.Expect(record).To(gomega.Equal(audit.Record{
		Action: "Deny", Reason: "WaveOverLimit", Policy: "strict", Message: record.Message, Environments: 15, Total: 15,
		Wave: 1, WaveEnvironments: 15, Probability: record.Probability, Limit: "0.1", SuccessRate: "0.99", Phases: judgement.Phases,
	}))
	g.Expect(record.Message).To(gomega.HavePrefix("wave 1 syncs 15 environments at 0.99 each (the policy's successRate.default): 14% chance"))

	_, err = evaluator(kinds, everywhere).Evaluate(t.Context(), creation(t, "nowhere"))
	g.Expect(err).To(gomega.MatchError("reading namespace nowhere: no such namespace"))
}

func TestWhatPanicsIsAFailure(t *testing.T) {
	g := gomega.NewWithT(t)
	kinds := &reader{read: func(rollout.Write) (rollout.Change, error) { panic("boom") }}
	judgement, err := evaluator(kinds, policyOf(t, "default", "0.2", nil)).Evaluate(t.Context(), creation(t, "apps"))
	g.Expect(err).To(gomega.MatchError(evaluate.ErrInternal))
	g.Expect(judgement.Decision.Action).To(gomega.Equal(policy.Deny))
	g.Expect(judgement.Phases.Count).To(gomega.BeNumerically(">", 0))
}

// TestWhatExists holds what is particular to rollouts that nobody writes.
func TestWhatExists(t *testing.T) {
	tooLarge := fmt.Errorf("%w: too much work", budget.ErrExceeded)
	for name, test := range map[string]struct {
		namespace, metadata string
		unread, err         error
		counted             bool
		want                string
	}{
		"one that is judged":                    {namespace: "apps", counted: true},
		"one that is being deleted":             {namespace: "apps", metadata: `,"deletionTimestamp":"2026-01-01T00:00:00Z"`},
		"one whose namespace is being deleted":  {namespace: "ending"},
		"one that the webhook is not asked of":  {namespace: "kube-system"},
		"one that costs more than it may":       {namespace: "apps", err: tooLarge, counted: true, want: "the object cannot be judged: judging this write costs more than one may: too much work"},
		"one that could not even be read whole": {namespace: "apps", unread: tooLarge, counted: true, want: "the object cannot be judged: judging this write costs more than one may: too much work"},
	} {
		t.Run(name, func(t *testing.T) {
			g := gomega.NewWithT(t)
			kinds := &reader{read: func(write rollout.Write) (rollout.Change, error) {
				g.Expect(write.Rewritten).To(gomega.BeTrue())
				g.Expect(write.Object).To(gomega.BeIdenticalTo(write.OldObject))
				return rollout.Change{Environments: 1, Steps: []rollout.Step{{Declared: 1, InFlight: 1}}}, test.err
			}}
			strict := []*policy.Policy{policyOf(t, "default", "0", nil)}
			write := evaluate.Existing(waves, cut(t, test.namespace, test.metadata), test.unread)
			counted, err := evaluator(kinds).Count(t.Context(), write, strict, &audit.Phases{})
			g.Expect(err).NotTo(gomega.HaveOccurred())
			g.Expect(counted != nil).To(gomega.Equal(test.counted))
			if counted == nil {
				return
			}
			g.Expect(counted.Conclude(t.Context(), strict).Decision.Action).To(gomega.Equal(policy.Deny))
			g.Expect(counted.Conclude(t.Context(), nil).Decision.Action).To(gomega.Equal(policy.Allow), "other policies may conclude from the same count")
			if test.want != "" {
				g.Expect(counted.Conclude(t.Context(), strict).Decision.Verdict.Reason).To(gomega.Equal(policy.Unresolved))
				g.Expect(counted.Err).To(gomega.MatchError(gomega.HaveSuffix(test.want)))
			}
		})
	}
}

func TestWhatAWriterMayNotSpendIsAFailure(t *testing.T) {
	g := gomega.NewWithT(t)
	kinds := &reader{read: func(rollout.Write) (rollout.Change, error) { return rollout.Change{}, budget.ErrExceeded }}
	_, err := evaluator(kinds, policyOf(t, "default", "0.2", nil)).Evaluate(t.Context(), creation(t, "apps"))
	g.Expect(err).To(gomega.MatchError(budget.ErrExceeded))
}
