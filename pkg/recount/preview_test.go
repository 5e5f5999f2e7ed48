package recount

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/onsi/gomega"

	"github.com/seawall-dev/seawall/pkg/apis/v1alpha1"
	"github.com/seawall-dev/seawall/pkg/policy"
	"github.com/seawall-dev/seawall/pkg/rollout"
)

func TestWarnings(t *testing.T) {
	long := "ApplicationSet " + strings.Repeat("n", 63) + "/" + strings.Repeat("a", 100)
	for name, test := range map[string]struct {
		outlook outlook
		want    []string
	}{
		"none": {outlook{action: policy.Allow, matched: 41}, nil},
		"kinds that are not there": {outlook{action: policy.Allow, unserved: []string{"A.example.com", "B.example.com"}}, []string{
			"spec.match: this API server does not serve A.example.com, so that the policy is void for it until it does",
			"spec.match: this API server does not serve B.example.com, so that the policy is void for it until it does",
		}},
		"no match":  {outlook{action: policy.Allow}, nil},
		"one":       {outlook{action: policy.Deny, matched: 41, stricter: 1, names: []string{"A x/a"}}, []string{"1 of 41 rollouts would now be denied: A x/a"}},
		"a few":     {outlook{action: policy.Warn, matched: 41, stricter: 2, names: []string{"A x/a", "B b"}}, []string{"2 of 41 rollouts would now get a warning: A x/a, B b"}},
		"more":      {outlook{action: policy.Audit, matched: 41, stricter: 9, names: []string{"A x/a", "B b"}}, []string{"9 of 41 rollouts would now be recorded as violations: A x/a, B b and 7 more"}},
		"long ones": {outlook{action: policy.Deny, matched: 3, stricter: 3, names: []string{long, long, long}}, []string{"3 of 3 rollouts would now be denied: " + long + " and 2 more"}},
		"too long":  {outlook{action: policy.Deny, matched: 1, stricter: 1, names: []string{long + long}}, []string{"1 of 1 rollouts would now be denied"}},
		"time over": {outlook{action: policy.Deny, matched: 900, stricter: 2, names: []string{"A x/a", "A x/b"}, cut: true}, []string{
			"at least 2 of the first 900 rollouts would now be denied: A x/a, A x/b (no time to look at all)",
		}},
		"time over, none yet": {outlook{action: policy.Allow, matched: 900, cut: true}, []string{"none of the first 900 rollouts is affected (no time to look at all)"}},
		"no time":             {outlook{action: policy.Allow, cut: true}, []string{"which rollouts this affects is not known: there was no time to look"}},
	} {
		t.Run(name, func(t *testing.T) {
			g := gomega.NewWithT(t)
			g.Expect(test.outlook.warnings()).To(gomega.Equal(test.want))
			for _, warning := range test.outlook.warnings() {
				g.Expect(len(warning)).To(gomega.BeNumerically("<=", 256))
			}
		})
	}
}

func TestCut(t *testing.T) {
	g := gomega.NewWithT(t)
	g.Expect(cut("short", 256)).To(gomega.Equal("short"))
	g.Expect(cut(strings.Repeat("ä", 200), 256)).To(gomega.And(gomega.HaveSuffix("ä…"), gomega.HaveLen(255)))
}

func TestBudget(t *testing.T) {
	within := func(d time.Duration) context.Context {
		ctx, cancel := context.WithTimeout(t.Context(), d)
		t.Cleanup(cancel)
		return ctx
	}
	g := gomega.NewWithT(t)
	g.Expect(budget(t.Context())).To(gomega.Equal(2 * time.Second))
	g.Expect(budget(within(30 * time.Second))).To(gomega.Equal(2 * time.Second))
	g.Expect(budget(within(800 * time.Millisecond))).To(gomega.BeNumerically("~", 400*time.Millisecond, 50*time.Millisecond))
}

func TestAPreviewCountsWhatBecomesStricter(t *testing.T) {
	actions := func(action v1alpha1.ValidationAction) func(*v1alpha1.WavePolicySpec) {
		return func(spec *v1alpha1.WavePolicySpec) { spec.ValidationActions = []v1alpha1.ValidationAction{action} }
	}
	loose, strict := policyOf(t, "p", "0.9", nil), policyOf(t, "p", "0.2", nil)
	warns, audits := policyOf(t, "p", "0.2", actions(v1alpha1.ActionWarn)), policyOf(t, "p", "0.2", actions(v1alpha1.ActionAudit))
	other := func(limit string) *policy.Policy { return policyOf(t, "other", limit, nil) }
	for name, test := range map[string]struct {
		inForce       []*policy.Policy
		before, after *policy.Policy
		action        policy.Action
		stricter      int
	}{
		"a new policy":                           {after: strict, action: policy.Deny, stricter: 1},
		"a new policy that only warns":           {after: warns, action: policy.Warn, stricter: 1},
		"a new policy that only audits":          {after: audits, action: policy.Audit, stricter: 1},
		"a new policy that allows":               {after: loose, action: policy.Allow},
		"beside one that denies already":         {inForce: []*policy.Policy{other("0.1")}, after: strict, action: policy.Allow},
		"a stricter one":                         {inForce: []*policy.Policy{loose}, before: loose, after: strict, action: policy.Deny, stricter: 1},
		"a stricter one of which nobody knows":   {before: loose, after: strict, action: policy.Deny, stricter: 1},
		"one that denies what it warned of":      {inForce: []*policy.Policy{warns}, before: warns, after: strict, action: policy.Deny, stricter: 1},
		"one that audits what it denied":         {inForce: []*policy.Policy{strict}, before: strict, after: audits, action: policy.Allow},
		"one that is the same":                   {inForce: []*policy.Policy{strict}, before: strict, after: strict, action: policy.Allow},
		"an old one that the cache still has":    {inForce: []*policy.Policy{strict}, before: loose, after: strict, action: policy.Deny, stricter: 1},
		"a deleted one that the cache still has": {inForce: []*policy.Policy{strict}, after: strict, action: policy.Deny, stricter: 1},
	} {
		t.Run(name, func(t *testing.T) {
			g := gomega.NewWithT(t)
			kind := waves(func(write rollout.Write) (rollout.Change, error) {
				return syncing(map[string]int{"large": 30, "small": 5}[write.Name])
			})
			b := newBench(t, kind)
			for _, policy := range test.inForce {
				b.policies.Put(policy)
			}
			preview := NewPreview(b.Evaluator, b.Kinds, nil)
			found := outlook{action: policy.Allow}
			was := preview.before(kind, test.before, test.after.Name)
			for _, rollout := range []existing{stored(t, "large", ""), stored(t, "small", ""), stored(t, "large", `,"namespace":"kube-system"`)} {
				g.Expect(preview.compare(t.Context(), kind, rollout, was, test.after, &found)).To(gomega.Succeed())
			}
			g.Expect(found.matched).To(gomega.Equal(2))
			g.Expect(found.stricter).To(gomega.Equal(test.stricter))
			g.Expect(found.action).To(gomega.Equal(test.action))
			if test.stricter > 0 {
				g.Expect(found.names).To(gomega.Equal([]string{"Wave apps/large"}))
			}
		})
	}
}

func TestAPreviewNamesAFew(t *testing.T) {
	g := gomega.NewWithT(t)
	kind := waves(func(rollout.Write) (rollout.Change, error) { return syncing(30) })
	b := newBench(t, kind)
	preview, after, found := NewPreview(b.Evaluator, b.Kinds, nil), policyOf(t, "p", "0.2", nil), outlook{action: policy.Allow}
	for i := range 100 {
		g.Expect(preview.compare(t.Context(), kind, stored(t, fmt.Sprint("w-", i), ""), nil, after, &found)).To(gomega.Succeed())
	}
	g.Expect(found.names).To(gomega.HaveLen(namedRollouts))
	g.Expect(found.warnings()).To(gomega.Equal([]string{
		"100 of 100 rollouts would now be denied: Wave apps/w-0, Wave apps/w-1, Wave apps/w-2, Wave apps/w-3, Wave apps/w-4 and 95 more",
	}))
}

func TestOnlySoManyPreviewsAtOnce(t *testing.T) {
	g := gomega.NewWithT(t)
	b := newBench(t) // no kinds: nothing is read
	preview := NewPreview(b.Evaluator, b.Kinds, nil)
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	after := policyOf(t, "p", "0.2", nil)
	g.Expect(preview.Warnings(ctx, nil, after)).To(gomega.BeEmpty())
	for range previews {
		preview.places <- struct{}{}
	}
	g.Expect(preview.Warnings(ctx, nil, after)).To(gomega.Equal([]string{
		"which rollouts this affects is not known: too many policies are written at once",
	}))
}
