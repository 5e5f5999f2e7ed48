package evaluate_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/onsi/gomega"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/seawall-dev/seawall/pkg/apis/v1alpha1"
	"github.com/seawall-dev/seawall/pkg/evaluate"
	"github.com/seawall-dev/seawall/pkg/gate"
	ledgers "github.com/seawall-dev/seawall/pkg/gate/waves"
	"github.com/seawall-dev/seawall/pkg/policy"
	"github.com/seawall-dev/seawall/pkg/rollout"
	"github.com/seawall-dev/seawall/pkg/windows"
)

// accounts are ledgers as one replica keeps them that is alone, by the names of their Waves.
type accounts map[string]gate.Ledger

func (a accounts) Update(_ context.Context, key ledgers.Key, change func(gate.Ledger) (gate.Ledger, bool)) (gate.Ledger, error) {
	after, changed := change(a[key.Name()])
	if changed {
		a[key.Name()] = after
	}
	return after, nil
}

// inFlight returns how many environments count in each account that has any.
func (a accounts) inFlight() []int {
	var found []int
	for _, ledger := range a {
		if n := ledger.Written().N(); n > 0 {
			found = append(found, n)
		}
	}
	return found
}

// lost are ledgers of which nothing is known.
type lost struct{}

func (lost) Update(context.Context, ledgers.Key, func(gate.Ledger) (gate.Ledger, bool)) (gate.Ledger, error) {
	return gate.Ledger{}, errors.New("no answer")
}

// windowed compiles a policy that counts writes of ten minutes together, 22 environments at most.
func windowed(tb testing.TB, name string, change func(*v1alpha1.WavePolicySpec)) *policy.Policy {
	tb.Helper()
	source := &v1alpha1.WavePolicy{ObjectMeta: metav1.ObjectMeta{Name: name}}
	source.Spec.MaxWaveFailureProbability = "0.2"
	source.Spec.SuccessRate = &v1alpha1.SuccessRate{Default: "0.99"}
	source.Spec.WriteWindow = v1alpha1.WriteWindow{Seconds: 600}
	if change != nil {
		change(&source.Spec)
	}
	compiled, err := policy.Compile(source)
	gomega.NewWithT(tb).Expect(err).NotTo(gomega.HaveOccurred())
	return compiled
}

// of is the creation of a rollout of a name.
func of(tb testing.TB, name, labels string) evaluate.Write {
	tb.Helper()
	write := creation(tb, "apps")
	object, err := rollout.Cut(fmt.Appendf(nil, `{"metadata":{"namespace":"apps","name":%q,"uid":%q,"labels":{%s}}}`, name, "uid-"+name, labels))
	gomega.NewWithT(tb).Expect(err).NotTo(gomega.HaveOccurred())
	write.Name, write.Object = name, object
	return write
}

func counting(kept windows.Ledgers, kinds *reader, policies ...*policy.Policy) *evaluate.Evaluator {
	judging := evaluator(kinds, policies...)
	judging.Windows = &windows.Windows{Ledgers: kept}
	return judging
}

func decided(t *testing.T, judging *evaluate.Evaluator, write evaluate.Write) policy.Decision {
	t.Helper()
	judgement, err := judging.Evaluate(t.Context(), write)
	gomega.NewWithT(t).Expect(err).NotTo(gomega.HaveOccurred())
	return judgement.Decision
}

func TestWritesThatFollowEachOtherAreOneWave(t *testing.T) {
	g := gomega.NewWithT(t)
	kept := accounts{}
	judging := counting(kept, syncing(12), windowed(t, "window", nil))
	dry := of(t, "a", "")
	dry.Trial = true
	g.Expect(decided(t, judging, dry).Action).To(gomega.Equal(policy.Allow))
	g.Expect(kept.inFlight()).To(gomega.BeEmpty(), "a trial takes no room")
	g.Expect(decided(t, judging, of(t, "a", "")).Action).To(gomega.Equal(policy.Allow))
	g.Expect(decided(t, judging, of(t, "a", "")).Action).To(gomega.Equal(policy.Allow), "the same again is the same")
	g.Expect(kept.inFlight()).To(gomega.Equal([]int{12}))

	for _, trial := range []bool{true, false} {
		write := of(t, "b", "")
		write.Trial = trial
		refused := decided(t, judging, write)
		g.Expect(refused.Action).To(gomega.Equal(policy.Deny))
		g.Expect(refused.Verdict.Reason).To(gomega.Equal(policy.WindowFull))
		g.Expect(refused.Verdict.Message).To(gomega.MatchRegexp(`^12 environments and the 12 that writes of the last 10 minutes have put in flight ` +
			`\(Wave apps/a\) are one wave of 24 at 0\.99 each: 21\.4% chance that at least one fails, policy "window" allows 20% \(writeWindow\)\. ` +
			`At most 10 of them fit now, all of it does from 20\d\d-\d\d-\d\dT\d\d:\d\d:\d\dZ on\.$`))
		g.Expect(refused.Verdict.Numbers).To(gomega.Equal(policy.Numbers{
			Environments: 12, WaveEnvironments: 24, Probability: refused.Verdict.Probability, Limit: "0.2", SuccessRate: "0.99", Largest: 10,
		}))
	}
	g.Expect(kept.inFlight()).To(gomega.Equal([]int{12}), "what is refused takes no room")
	g.Expect(decided(t, counting(kept, syncing(10), windowed(t, "window", nil)), of(t, "c", "")).Action).To(gomega.Equal(policy.Allow))
	g.Expect(kept.inFlight()).To(gomega.Equal([]int{22}))
	g.Expect(decided(t, counting(kept, syncing(0), windowed(t, "window", nil)), of(t, "d", "")).Action).To(gomega.Equal(policy.Allow), "nothing changes")
}

func TestGroupsOfWritesCountApart(t *testing.T) {
	byLabel := func(spec *v1alpha1.WavePolicySpec) {
		spec.WriteWindow.GroupBy = []v1alpha1.WriteTrait{{Source: v1alpha1.WriteTraitRolloutLabel, Key: "team"}}
	}
	byNamespace := func(spec *v1alpha1.WavePolicySpec) {
		spec.WriteWindow.GroupBy = []v1alpha1.WriteTrait{
			{Source: v1alpha1.WriteTraitNamespace}, {Source: v1alpha1.WriteTraitNamespaceLabel, Key: "tier"},
		}
	}
	for name, test := range map[string]struct {
		change        func(*v1alpha1.WavePolicySpec)
		first, second string
		want          policy.Action
	}{
		"of different values":     {byLabel, `"team":"a"`, `"team":"b"`, policy.Allow},
		"of one value":            {byLabel, `"team":"a"`, `"team":"a"`, policy.Deny},
		"those that lack it":      {byLabel, ``, `"another":"a"`, policy.Deny},
		"one that lacks it":       {byLabel, `"team":"a"`, ``, policy.Allow},
		"whose namespace is one":  {byNamespace, `"team":"a"`, `"team":"b"`, policy.Deny},
		"and without any, as one": {nil, `"team":"a"`, `"team":"b"`, policy.Deny},
	} {
		t.Run(name, func(t *testing.T) {
			g := gomega.NewWithT(t)
			judging := counting(accounts{}, syncing(22), windowed(t, "window", test.change))
			g.Expect(decided(t, judging, of(t, "a", test.first)).Action).To(gomega.Equal(policy.Allow))
			g.Expect(decided(t, judging, of(t, "b", test.second)).Action).To(gomega.Equal(test.want))
		})
	}
}

// TestWhatOnePolicyRefusesTakesNoRoomOfAnother holds it whichever of them comes first.
func TestWhatOnePolicyRefusesTakesNoRoomOfAnother(t *testing.T) {
	g := gomega.NewWithT(t)
	wide := func(spec *v1alpha1.WavePolicySpec) { spec.MaxWaveFailureProbability = "0.9" }
	warns := func(spec *v1alpha1.WavePolicySpec) {
		spec.ValidationActions = []v1alpha1.ValidationAction{v1alpha1.ActionWarn}
	}
	kept := accounts{}
	judging := counting(kept, syncing(22), windowed(t, "a-wide", wide), windowed(t, "b", nil), windowed(t, "c-warns", warns), windowed(t, "d-wide", wide))
	g.Expect(decided(t, judging, of(t, "a", "")).Action).To(gomega.Equal(policy.Allow))
	g.Expect(kept.inFlight()).To(gomega.Equal([]int{22, 22, 22, 22}))
	refused := decided(t, judging, of(t, "b", ""))
	g.Expect(refused.Action).To(gomega.Equal(policy.Deny))
	g.Expect(refused.Verdict.Policy).To(gomega.Equal("b"))
	g.Expect(refused.Warnings).To(gomega.ContainElement(gomega.ContainSubstring(`policy "c-warns" allows 20% (writeWindow)`)))
	g.Expect(kept.inFlight()).To(gomega.Equal([]int{22, 22, 22, 22}))
}

func TestAPolicyThatWarnsCountsWritesAndHoldsNone(t *testing.T) {
	g := gomega.NewWithT(t)
	kept := accounts{}
	judging := counting(kept, syncing(22), windowed(t, "warns", func(spec *v1alpha1.WavePolicySpec) {
		spec.ValidationActions = []v1alpha1.ValidationAction{v1alpha1.ActionWarn, v1alpha1.ActionAudit}
	}))
	g.Expect(decided(t, judging, of(t, "a", "")).Action).To(gomega.Equal(policy.Allow))
	warned := decided(t, judging, of(t, "b", ""))
	g.Expect(warned.Action).To(gomega.Equal(policy.Warn))
	g.Expect(warned.Verdict.Reason).To(gomega.Equal(policy.WindowFull))
	g.Expect(warned.Warnings).To(gomega.ContainElement(warned.Verdict.Message))
	g.Expect(kept.inFlight()).To(gomega.Equal([]int{44}))
}

func TestAnOverridePermitsWritesTogether(t *testing.T) {
	g := gomega.NewWithT(t)
	kept := accounts{}
	judging := counting(kept, syncing(22), windowed(t, "window", nil))
	permits := func(name, probability string) {
		source := &v1alpha1.WaveOverride{ObjectMeta: metav1.ObjectMeta{Namespace: "apps", Name: name, CreationTimestamp: metav1.Now()}}
		source.Spec.Rollout = v1alpha1.RolloutReference{Group: waves.Group, Kind: waves.Kind, Name: "b"}
		source.Spec.MaxFailureProbability, source.Spec.Reason = v1alpha1.Probability(probability), "because"
		source.Spec.ExpiresAt = &metav1.Time{Time: time.Now().Add(time.Hour)}
		compiled, err := policy.CompileOverride(source)
		g.Expect(err).NotTo(gomega.HaveOccurred())
		judging.Overrides.(*policy.Overrides).Put(compiled)
	}
	uses := &used{}
	judging.Uses = uses
	g.Expect(decided(t, judging, of(t, "a", "")).Action).To(gomega.Equal(policy.Allow))
	permits("less", "0.35")
	refused := decided(t, judging, of(t, "b", ""))
	g.Expect(refused.Action).To(gomega.Equal(policy.Deny))
	g.Expect(refused.Verdict.Message).To(gomega.HaveSuffix("WaveOverride apps/less permits 35%."))
	permits("enough", "0.36")
	passes := decided(t, judging, of(t, "b", ""))
	g.Expect(passes.Action).To(gomega.Equal(policy.Allow))
	g.Expect(passes.Verdict.Reason).To(gomega.Equal(policy.Overridden))
	g.Expect(passes.Verdict.Message).To(gomega.ContainSubstring("are one wave of 44"))
	g.Expect(uses.counted).To(gomega.Equal([]string{"apps/enough"}))
	g.Expect(kept.inFlight()).To(gomega.Equal([]int{44}), "it counts like others")
}

// used notes which overrides are used.
type used struct {
	evaluate.Uses

	counted []string
}

func (u *used) Count(override *policy.Override, _ policy.Use) {
	u.counted = append(u.counted, override.String())
}

func TestWithoutItsAccountNoWriteIsAdmitted(t *testing.T) {
	g := gomega.NewWithT(t)
	judging := counting(lost{}, syncing(1), windowed(t, "window", nil))
	judgement, err := judging.Evaluate(t.Context(), of(t, "a", ""))
	g.Expect(err).To(gomega.MatchError(evaluate.ErrAccount))
	g.Expect(err).To(gomega.MatchError(gomega.HaveSuffix("no answer")))
	g.Expect(judgement.Decision.Action).To(gomega.Equal(policy.Deny))

	tooMuch := counting(lost{}, syncing(100), windowed(t, "window", nil))
	g.Expect(decided(t, tooMuch, of(t, "a", "")).Verdict.Reason).To(gomega.Equal(policy.WaveOverLimit), "what is refused anyway is not counted")
	g.Expect(decided(t, judging, evaluate.Existing(waves, cut(t, "apps", ""), nil)).Action).To(gomega.Equal(policy.Allow), "nobody writes what exists")
}

func TestWhereNothingIsKnownOfOtherWritesThatIsSaid(t *testing.T) {
	g := gomega.NewWithT(t)
	judging := evaluator(syncing(22), windowed(t, "window", nil), policyOf(t, "default", "0.2", nil))
	decision := decided(t, judging, of(t, "a", ""))
	g.Expect(decision.Action).To(gomega.Equal(policy.Allow))
	g.Expect(decision.Warnings).To(gomega.ContainElement(`policy "window" counts the writes of 10 minutes together (writeWindow): ` +
		`this one is judged by itself, as nothing is known here of others`))
	g.Expect(decided(t, judging, evaluate.Existing(waves, cut(t, "apps", ""), nil)).Warnings).To(gomega.Equal([]string{"this is odd"}))
}
