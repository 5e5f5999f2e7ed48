package policy_test

import (
	"testing"

	"github.com/onsi/gomega"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/seawall-dev/seawall/pkg/apis/v1alpha1"
	"github.com/seawall-dev/seawall/pkg/policy"
	"github.com/seawall-dev/seawall/pkg/rollout"
)

// started is a change of n environments at once of which all starts can be held.
func started(n int, change func(*rollout.Starts)) rollout.Change {
	of := oneStep(n, n)
	of.Starts = &rollout.Starts{Project: true, Source: true}
	if change != nil {
		change(of.Starts)
	}
	return of
}

// beside adds n environments that are torn down.
func beside(of rollout.Change, n int) rollout.Change {
	of.Steps = []rollout.Step{of.Steps[0].Beside(rollout.Step{Targets: targets("old", n, rollout.Removed), InFlight: n})}
	return of
}

func TestWritesUnderAGate(t *testing.T) {
	grouped := func(ungrouped v1alpha1.UngroupedReading, by ...v1alpha1.TraitSource) func(*v1alpha1.WavePolicySpec) {
		return func(s *v1alpha1.WavePolicySpec) {
			s.SyncGate.Ungrouped = ungrouped
			for _, source := range by {
				s.SyncGate.GroupBy = append(s.SyncGate.GroupBy, v1alpha1.Trait{Source: source, Key: map[bool]string{true: "env"}[source == "ApplicationLabel" || source == "ClusterLabel"]})
			}
		}
	}
	has := func(key string) rollout.Keys { return rollout.Keys{key: true} }
	const selfHeal = "it changes more than the sources of its Applications, and what Argo CD mends as a drift is not counted (selfHeal: Pass)"
	for name, test := range map[string]struct {
		policy   func(*v1alpha1.WavePolicySpec)
		change   rollout.Change
		metadata rollout.Metadata
		// want is why the gate does not account for it; empty if it does.
		want string
	}{
		"all starts are held": {change: started(100, nil)},
		"not all are asked about": {
			change: started(100, func(s *rollout.Starts) { s.Unasked = "one is exempt" }), want: "one is exempt",
		},
		"a policy that holds nothing": {
			policy: func(s *v1alpha1.WavePolicySpec) {
				s.ValidationActions = []v1alpha1.ValidationAction{v1alpha1.ActionWarn}
			},
			change: started(100, nil), want: "the policy holds nothing (validationActions)",
		},
		"done before it is healthy": {
			policy: func(s *v1alpha1.WavePolicySpec) { s.SyncGate.SettledWhen = v1alpha1.SettledOperation },
			change: started(100, nil), want: "the policy counts a start as done before anything is healthy (settledWhen: Operation)",
		},
		"what has no group passes": {
			policy: grouped(v1alpha1.UngroupedPass), change: started(100, nil),
			want: "the policy lets starts pass that have no group (ungrouped: Pass)",
		},
		"what has no group is one": {policy: grouped("", "ApplicationLabel"), change: started(100, nil)},
		"what has no group is held": {
			policy: grouped(v1alpha1.UngroupedDeny, "ApplicationLabel", "ClusterLabel"), change: started(100, nil),
			want: "not all of its Applications are known to have a label env and a cluster label env (ungrouped: Deny)",
		},
		"all have a group": {
			policy: grouped(v1alpha1.UngroupedDeny, "ApplicationLabel", "ClusterLabel", "Project", "Source"),
			change: started(100, func(s *rollout.Starts) { s.Labels, s.ClusterLabels = has("env"), has("env") }),
		},
		"no project": {
			policy: grouped(v1alpha1.UngroupedDeny, "Owner", "Project"), change: started(100, func(s *rollout.Starts) { s.Project = false }),
			want: "not all of its Applications are known to have a project (ungrouped: Deny)",
		},
		"waves up to a gate that failures close": {
			policy: func(s *v1alpha1.WavePolicySpec) { s.Waves = v1alpha1.WavesGated }, change: started(100, nil),
		},
		"waves up to a gate that nothing closes": {
			policy: func(s *v1alpha1.WavePolicySpec) {
				s.Waves, s.SyncGate.OnFailure = v1alpha1.WavesGated, v1alpha1.FailureContinue
			},
			change: started(100, nil),
			want:   "the policy counts waves up to the next gate, and no failure closes one (onFailure: Continue)",
		},
		"a label that is taken off": {
			policy: selecting("team", "a"), change: started(100, nil),
			want: "the policy does not select the rollout any more after this write",
		},
		"a label that stays": {
			policy: selecting("team", "a"), change: started(100, nil), metadata: rollout.Metadata{Labels: map[string]string{"team": "a"}},
		},
		"something starts otherwise": {
			change: started(100, func(s *rollout.Starts) { s.Unheld = "RollingSync paces it" }), want: "RollingSync paces it",
		},
		"repairs that pass": {
			change: started(100, func(s *rollout.Starts) { s.Repairs = true }), want: selfHeal,
		},
		"repairs that are judged": {
			policy: func(s *v1alpha1.WavePolicySpec) { s.SyncGate.SelfHeal = v1alpha1.RepairsJudge },
			change: started(100, func(s *rollout.Starts) { s.Repairs = true }),
		},
		"some go, within the limit": {change: beside(started(100, nil), 22)},
		"too many go": {
			change: beside(started(100, nil), 23),
			want:   "what it tears down is over the limit by itself, and no start tells of that",
		},
		"too many go, which does not count": {
			policy: func(s *v1alpha1.WavePolicySpec) { s.Removals = v1alpha1.RemovalsIgnore },
			change: beside(started(100, nil), 23),
		},
		"all together are within a limit": {
			policy: func(s *v1alpha1.WavePolicySpec) { s.MaxRolloutFailureProbability = "0.7" }, change: started(100, nil),
		},
		"all together are too many": {
			policy: func(s *v1alpha1.WavePolicySpec) { s.MaxRolloutFailureProbability = "0.5" }, change: started(100, nil),
			want: "all waves together are over maxRolloutFailureProbability",
		},
	} {
		t.Run(name, func(t *testing.T) {
			g := gomega.NewWithT(t)
			compiled, err := policy.Compile(gatedPolicy(test.policy))
			g.Expect(err).NotTo(gomega.HaveOccurred())
			verdict := compiled.Judge(policy.Case{Change: test.change, Metadata: test.metadata})
			if test.want == "" {
				g.Expect(verdict.Reason).To(gomega.Equal(policy.Gated))
				g.Expect(verdict.Message).To(gomega.HaveSuffix(
					` policy "p" allows 20%. The sync gate accounts for it: it begins the starts at most 22 of them together.`))
				g.Expect(verdict.Warnings).To(gomega.Equal([]string{verdict.Message}))
				return
			}
			g.Expect(verdict.Reason).To(gomega.Equal(policy.WaveOverLimit))
			g.Expect(verdict.Message).To(gomega.HaveSuffix(" The sync gate does not account for it: " + test.want + "."))
			g.Expect(verdict.Warnings).To(gomega.BeEmpty())
		})
	}
}

func selecting(key, value string) func(*v1alpha1.WavePolicySpec) {
	return func(s *v1alpha1.WavePolicySpec) {
		s.Match = &v1alpha1.WavePolicyMatch{ObjectSelector: &metav1.LabelSelector{MatchLabels: map[string]string{key: value}}}
	}
}

func TestAGateSaysNothingOfWhatItDoesNotHold(t *testing.T) {
	for name, test := range map[string]struct {
		source *v1alpha1.WavePolicy
		change rollout.Change
		want   policy.Reason
	}{
		"no gate":          {wavePolicy("p", nil), started(100, nil), policy.WaveOverLimit},
		"no Applications":  {gatedPolicy(nil), oneStep(100, 100), policy.WaveOverLimit},
		"within the limit": {gatedPolicy(nil), started(22, nil), policy.Within},
		"the whole rollout": {
			gatedPolicy(func(s *v1alpha1.WavePolicySpec) { s.MaxRolloutFailureProbability = "0.1" }), started(20, nil), policy.RolloutOverLimit,
		},
	} {
		t.Run(name, func(t *testing.T) {
			g := gomega.NewWithT(t)
			compiled, err := policy.Compile(test.source)
			g.Expect(err).NotTo(gomega.HaveOccurred())
			verdict := compiled.Judge(policy.Case{Change: test.change})
			g.Expect(verdict.Reason).To(gomega.Equal(test.want))
			g.Expect(verdict.Message).NotTo(gomega.ContainSubstring("sync gate"))
		})
	}
}

func TestOneStartAfterTheOther(t *testing.T) {
	g := gomega.NewWithT(t)
	compiled, err := policy.Compile(gatedPolicy(func(s *v1alpha1.WavePolicySpec) { s.MaxWaveFailureProbability = "0.001" }))
	g.Expect(err).NotTo(gomega.HaveOccurred())
	change := started(2, nil)
	change.Evidence = "status.resources"
	verdict := compiled.Judge(policy.Case{Change: change})
	g.Expect(verdict.Message).To(gomega.HaveSuffix(
		"allows 0.1%. The sync gate accounts for it: it begins the starts one after the other. Counted by status.resources."))
	g.Expect(verdict.Remedy).To(gomega.BeEmpty())
}

// TestAnotherPolicyMustBeSatisfiedAllTheSame holds that one policy's gate accounts for no other policy.
func TestAnotherPolicyMustBeSatisfiedAllTheSame(t *testing.T) {
	g := gomega.NewWithT(t)
	var all []*policy.Policy
	for _, source := range []*v1alpha1.WavePolicy{gatedPolicy(nil), wavePolicy("q", nil)} {
		compiled, err := policy.Compile(source)
		g.Expect(err).NotTo(gomega.HaveOccurred())
		all = append(all, compiled)
	}
	decision := policy.Decide(policy.Judge(all, policy.Case{Change: started(100, nil)}))
	g.Expect(decision.Action).To(gomega.Equal(policy.Deny))
	g.Expect(decision.Verdict.Policy).To(gomega.Equal("q"))
	decision = policy.Decide(policy.Judge(all[:1], policy.Case{Change: started(100, nil)}))
	g.Expect(decision.Action).To(gomega.Equal(policy.Allow))
	g.Expect(decision.Verdict.Reason).To(gomega.Equal(policy.Gated))
	g.Expect(decision.Warnings).To(gomega.HaveLen(1))
}
