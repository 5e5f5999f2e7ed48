package policy_test

import (
	"testing"
	"time"

	"github.com/onsi/gomega"
	"k8s.io/apimachinery/pkg/labels"

	"github.com/seawall-dev/seawall/pkg/apis/v1alpha1"
	"github.com/seawall-dev/seawall/pkg/gate"
	"github.com/seawall-dev/seawall/pkg/policy"
	"github.com/seawall-dev/seawall/pkg/risk"
	"github.com/seawall-dev/seawall/pkg/rollout"
)

// having is a change of a rollout that has so many environments after it.
func having(of rollout.Change, environments int) rollout.Change {
	of.Environments = environments
	return of
}

// TestWhatAWriteTakesOfAWindow holds what counts later: as many environments as the write puts in flight.
func TestWhatAWriteTakesOfAWindow(t *testing.T) {
	gates := func(s *v1alpha1.WavePolicySpec) { s.SyncGate = &v1alpha1.SyncGate{} }
	warns := func(s *v1alpha1.WavePolicySpec) {
		s.ValidationActions = []v1alpha1.ValidationAction{v1alpha1.ActionWarn}
	}
	for name, test := range map[string]struct {
		policy                       func(*v1alpha1.WavePolicySpec)
		change                       rollout.Change
		err                          error
		wave, environments, tornDown int // no wave takes nothing
	}{
		"all that is in flight":         {change: having(oneStep(20, 20), 30), wave: 20, environments: 30},
		"the greatest of several waves": {change: having(rollout.Change{Steps: []rollout.Step{step(5, 50), step(7, 10)}}, 60), wave: 7, environments: 60},
		"a whole step of a gated one": {
			policy: func(s *v1alpha1.WavePolicySpec) { s.Waves = v1alpha1.WavesGated }, change: having(oneStep(5, 20), 20), wave: 20, environments: 20,
		},
		"what is torn down": {
			change: having(rollout.Change{Steps: []rollout.Step{renamed(10)}}, 10), wave: 20, environments: 10, tornDown: 10,
		},
		"what is torn down and does not count": {
			policy: func(s *v1alpha1.WavePolicySpec) { s.Removals = v1alpha1.RemovalsIgnore },
			change: having(rollout.Change{Steps: []rollout.Step{renamed(10)}}, 10), wave: 10, environments: 10, tornDown: 10,
		},
		"nothing that changes":                          {change: rollout.Change{Environments: 10}},
		"nothing that is over the limit":                {change: having(oneStep(100, 100), 100)},
		"what is over the limit of a policy that warns": {policy: warns, change: having(oneStep(100, 100), 100), wave: 100, environments: 100},
		"what the gate starts together":                 {policy: gates, change: having(started(100, nil), 100), wave: 22, environments: 100},
		"and what is torn down beside":                  {policy: gates, change: having(beside(started(100, nil), 10), 100), wave: 32, environments: 100, tornDown: 10},
		"nothing that could not be counted": {
			policy: func(s *v1alpha1.WavePolicySpec) { s.OnUnresolved = v1alpha1.UnresolvedAllow },
			err:    &rollout.UnresolvedError{Field: "spec.generators[0].git", Problem: "is resolved over the network"},
		},
		"as many as there are at least": {
			policy: func(s *v1alpha1.WavePolicySpec) { s.OnUnresolved = v1alpha1.UnresolvedAllow },
			err:    &rollout.UnresolvedError{Field: "spec.generators[0].git", Problem: "is resolved over the network", AtLeast: 9}, wave: 9,
		},
	} {
		t.Run(name, func(t *testing.T) {
			g := gomega.NewWithT(t)
			compiled, err := policy.Compile(wavePolicy("default", func(s *v1alpha1.WavePolicySpec) {
				s.WriteWindow.Seconds = 600
				if test.policy != nil {
					test.policy(s)
				}
			}))
			g.Expect(err).NotTo(gomega.HaveOccurred())
			verdict := compiled.Judge(policy.Case{Change: test.change, Err: test.err})
			claim, counts := compiled.Claim(verdict, policy.Subject{}, gate.Write{By: "jane"})
			g.Expect(counts).To(gomega.Equal(test.wave > 0))
			if !counts {
				return
			}
			g.Expect(claim.Policy).To(gomega.Equal("default"))
			g.Expect(claim.Write).To(gomega.Equal(gate.Write{
				By: "jane", Wave: risk.Uniform(test.wave, 990_000_000), Environments: test.environments, TornDown: test.tornDown,
			}))
			g.Expect(claim.Window).To(gomega.Equal(gate.Window{
				Limit: risk.Limit{Max: 200_000_000}, Length: 10 * time.Minute, Holds: name != "what is over the limit of a policy that warns",
			}))
		})
	}
}

func TestGroupsOfWrites(t *testing.T) {
	g := gomega.NewWithT(t)
	compiled, err := policy.Compile(wavePolicy("default", func(s *v1alpha1.WavePolicySpec) {
		s.WriteWindow = v1alpha1.WriteWindow{Seconds: 60, GroupBy: []v1alpha1.WriteTrait{
			{Source: v1alpha1.WriteTraitNamespace}, {Source: v1alpha1.WriteTraitNamespaceLabel, Key: "tier"}, {Source: v1alpha1.WriteTraitRolloutLabel, Key: "team"},
		}}
	}))
	g.Expect(err).NotTo(gomega.HaveOccurred())
	verdict := compiled.Judge(policy.Case{Change: oneStep(1, 1)})
	group := func(subject policy.Subject, namespace string) []string {
		claim, _ := compiled.Claim(verdict, subject, gate.Write{Rollout: gate.Rollout{Namespace: namespace}})
		return claim.Group.Values
	}
	tier, team := labels.Set{"tier": "a"}, map[string]string{"team": "b"}
	g.Expect(group(policy.Subject{NamespaceLabels: tier, Labels: team}, "ns")).To(gomega.Equal([]string{"ns", "a", "b"}))
	g.Expect(group(policy.Subject{NamespaceLabels: tier, OldLabels: team, Operation: rollout.Delete}, "ns")).To(gomega.Equal([]string{"ns", "a", "b"}))
	g.Expect(group(policy.Subject{NamespaceLabels: tier, OldLabels: team, Operation: rollout.Update}, "ns")).To(gomega.BeEmpty(), "as it will be")
	g.Expect(group(policy.Subject{NamespaceLabels: tier, Labels: team}, "")).To(gomega.BeEmpty())
	g.Expect(group(policy.Subject{Labels: team}, "ns")).To(gomega.BeEmpty())
}

func TestAWindowThatIsNotUnderstood(t *testing.T) {
	g := gomega.NewWithT(t)
	_, err := policy.Compile(wavePolicy("default", func(s *v1alpha1.WavePolicySpec) {
		s.WriteWindow.GroupBy = []v1alpha1.WriteTrait{{Source: "Weather"}}
	}))
	g.Expect(err).To(gomega.MatchError(gomega.And(
		gomega.ContainSubstring("spec.writeWindow.seconds: must be above 0"),
		gomega.ContainSubstring(`spec.writeWindow.groupBy[0].source: "Weather" is not known`),
	)))
}

// full returns the verdict about 12 environments after other writes.
func full(t *testing.T, limit v1alpha1.Probability, writes ...gate.Write) policy.Verdict {
	t.Helper()
	compiled, err := policy.Compile(wavePolicy("default", func(s *v1alpha1.WavePolicySpec) {
		s.WriteWindow.Seconds, s.MaxWaveFailureProbability = 90, limit
	}))
	gomega.NewWithT(t).Expect(err).NotTo(gomega.HaveOccurred())
	verdict := compiled.Judge(policy.Case{Change: oneStep(12, 12)})
	claim, _ := compiled.Claim(verdict, policy.Subject{}, gate.Write{
		Rollout: gate.Rollout{Kind: "Bundle", Namespace: "ns", Name: "it"}, At: time.Date(2026, 11, 2, 12, 0, 10, 5000, time.UTC),
	})
	_, fit := claim.Window.Admit(gate.Ledger{Writes: writes}, claim.Write)
	return compiled.Full(verdict, claim, fit, policy.Case{})
}

func TestWhatIsSaidOfAWindowThatIsFull(t *testing.T) {
	g := gomega.NewWithT(t)
	before := func(namespace, name string, n int, rate risk.Probability, second int) gate.Write {
		return gate.Write{
			Rollout: gate.Rollout{Kind: "Bundle", Namespace: namespace, Name: name}, Wave: risk.Uniform(n, rate),
			At: time.Date(2026, 11, 2, 12, 0, second, 7000, time.UTC),
		}
	}
	verdict := full(t, "0.2", before("ns", "a", 10, 980_000_000, 0), before("secret", "b", 3, 990_000_000, 2), before("ns", "a", 1, 990_000_000, 1))
	g.Expect(verdict.Message).To(gomega.Equal("12 environments and the 14 that writes of the last 90 seconds have put in flight " +
		"(Bundle ns/a, 1 that are not named here) are one wave of 26 at 0.98 to 0.99: 30.4% chance that at least one fails, policy \"default\" allows 20% (writeWindow). " +
		"None of it fits before 2026-11-02T12:01:31Z."))
	g.Expect(verdict.Withheld).To(gomega.Equal("the other writes are of Bundle secret/b"))
	g.Expect(verdict.Remedy).To(gomega.Equal("None of it fits before 2026-11-02T12:01:31Z."))

	many := make([]gate.Write, 0, gate.MostWrites)
	for range gate.MostWrites {
		many = append(many, before("ns", "a", 1, 999_999_999, 0))
	}
	g.Expect(full(t, "1", many...).Message).To(gomega.Equal("500 writes of the last 90 seconds count already, and no more can be kept account of: " +
		"policy \"default\" needs smaller groups, or a shorter time (writeWindow). None of it fits before 2026-11-02T12:01:31Z."))
}
