package policy_test

import (
	"fmt"
	"testing"

	"github.com/onsi/gomega"

	"github.com/seawall-dev/seawall/pkg/apis/v1alpha1"
	"github.com/seawall-dev/seawall/pkg/policy"
	"github.com/seawall-dev/seawall/pkg/rollout"
)

const paceRemedy = "set spec.strategy.rollingSync.steps[0].maxUpdate to {n}"

// targets returns n environments named from prefix.
func targets(prefix string, n int, effect rollout.Effect) []rollout.Target {
	list := make([]rollout.Target, n)
	for i := range list {
		list[i] = rollout.Target{Name: fmt.Sprintf("%s-%03d", prefix, i), Effect: effect}
	}
	return list
}

func step(inFlight, n int) rollout.Step {
	return rollout.Step{
		Targets: targets("tenant", n, rollout.Changed), InFlight: inFlight, PaceRemedy: paceRemedy,
		SplitRemedy: "split spec.strategy.rollingSync.steps[0] into steps of at most {n} Applications each",
	}
}

// renamed is the step of n environments that n others take the place of.
func renamed(n int) rollout.Step {
	added := rollout.Step{Targets: targets("new", n, rollout.Added), InFlight: n, PaceRemedy: "rename at most {n}"}
	return added.Beside(rollout.Step{Targets: targets("old", n, rollout.Removed), InFlight: n})
}

func wavePolicy(name string, change func(*v1alpha1.WavePolicySpec)) *v1alpha1.WavePolicy {
	source := &v1alpha1.WavePolicy{}
	source.Name = name
	source.Spec.MaxWaveFailureProbability = "0.2"
	source.Spec.SuccessRate = &v1alpha1.SuccessRate{Default: "0.99"}
	if change != nil {
		change(&source.Spec)
	}
	return source
}

func annotated(rate string) rollout.Metadata {
	return rollout.Metadata{Annotations: map[string]string{v1alpha1.SyncSuccessRateAnnotation: rate}}
}

type judgement struct {
	policy   func(*v1alpha1.WavePolicySpec)
	change   rollout.Change
	err      error
	metadata rollout.Metadata
	stored   map[string]string
	// undeclared is what is found without declarations.
	undeclared *policy.Undeclared

	reason   policy.Reason
	message  string
	warnings []string
}

func (j judgement) check(t *testing.T) {
	t.Helper()
	g := gomega.NewWithT(t)
	compiled, err := policy.Compile(wavePolicy("default", j.policy))
	g.Expect(err).NotTo(gomega.HaveOccurred())
	verdict := compiled.Judge(policy.Case{Change: j.change, Err: j.err, Metadata: j.metadata, Stored: j.stored, Undeclared: j.undeclared})
	g.Expect(verdict.Reason).To(gomega.Equal(j.reason))
	g.Expect(verdict.Message).To(gomega.Equal(j.message))
	g.Expect(verdict.Warnings).To(gomega.Equal(j.warnings))
}

func oneStep(inFlight, n int) rollout.Change {
	return rollout.Change{Environments: n, Steps: []rollout.Step{step(inFlight, n)}}
}

func TestLimits(t *testing.T) {
	for name, test := range map[string]judgement{
		"the article's rollout is over the limit, and the message says how to mend it": {
			change: oneStep(100, 100),
			reason: policy.WaveOverLimit,
			message: `wave 1 syncs 100 environments at 0.99 each (the policy's successRate.default): 63.4% chance that at least one fails, policy "default" allows 20%. ` +
				`At most 22 per wave: set spec.strategy.rollingSync.steps[0].maxUpdate to 22 (5 waves).`,
		},
		"the remedy of that message is within the limit": {
			change: oneStep(22, 100),
			reason: policy.Within,
		},
		"one more than the remedy is over it": {
			change: oneStep(23, 100),
			reason: policy.WaveOverLimit,
			message: `wave 1 syncs 23 environments at 0.99 each (the policy's successRate.default): 20.6% chance that at least one fails, policy "default" allows 20%. ` +
				`At most 22 per wave: set spec.strategy.rollingSync.steps[0].maxUpdate to 22 (5 waves).`,
		},
		"a wave exactly at the limit passes": {
			policy: func(s *v1alpha1.WavePolicySpec) { s.MaxWaveFailureProbability = "0.0199" },
			change: oneStep(2, 2),
			reason: policy.Within,
		},
		"a hair above the limit is told apart from it": {
			policy: func(s *v1alpha1.WavePolicySpec) { s.MaxWaveFailureProbability = "0.019899999" },
			change: oneStep(2, 2),
			reason: policy.WaveOverLimit,
			message: `wave 1 syncs 2 environments at 0.99 each (the policy's successRate.default): 1.99% chance that at least one fails, policy "default" allows 1.9899999%. ` +
				`At most 1 per wave: set spec.strategy.rollingSync.steps[0].maxUpdate to 1 (2 waves).`,
		},
		"a single environment that cannot pass is told the rate it needs": {
			change:   oneStep(1, 1),
			metadata: annotated("0.5"),
			reason:   policy.WaveOverLimit,
			message: `wave 1 syncs 1 environment at 0.5 (annotation seawall.dev/sync-success-rate): 50% chance that it fails, policy "default" allows 20%. ` +
				`Not even one environment passes: its sync success rate must be at least 0.8.`,
		},
		"what a count rests on is named": {
			change: rollout.Change{
				Evidence: "annotation seawall.dev/environments",
				Steps:    []rollout.Step{{Declared: 40, InFlight: 40, PaceRemedy: paceRemedy}},
			},
			reason: policy.WaveOverLimit,
			message: `wave 1 syncs 40 environments at 0.99 each (the policy's successRate.default): 33.1% chance that at least one fails, policy "default" allows 20%. ` +
				`At most 22 per wave: set spec.strategy.rollingSync.steps[0].maxUpdate to 22 (2 waves). ` +
				`Counted by annotation seawall.dev/environments.`,
		},
		"environments without a name are torn down, too": {
			change: rollout.Change{Steps: []rollout.Step{{Gone: 40, InFlight: 40, PaceRemedy: "remove at most {n} at once"}}},
			reason: policy.WaveOverLimit,
			message: `wave 1 tears down 40 environments at 0.99 each (the policy's successRate.default): 33.1% chance that at least one fails, policy "default" allows 20%. ` +
				`At most 22 per wave: remove at most 22 at once (2 waves).`,
		},
		"a policy that ignores removals ignores those without a name": {
			policy: func(s *v1alpha1.WavePolicySpec) { s.Removals = v1alpha1.RemovalsIgnore },
			change: rollout.Change{Steps: []rollout.Step{step(5, 20), {Gone: 40, InFlight: 40}}},
			reason: policy.Within,
		},
		"what one write adds and removes is one wave": {
			change: rollout.Change{Steps: []rollout.Step{renamed(22)}},
			reason: policy.WaveOverLimit,
			message: `wave 1 syncs or tears down 44 environments at 0.99 each (the policy's successRate.default): 35.7% chance that at least one fails, policy "default" allows 20%. ` +
				`At most 22 per wave: rename at most 22.`,
		},
		"half of it is a wave where removals are ignored": {
			policy: func(s *v1alpha1.WavePolicySpec) { s.Removals = v1alpha1.RemovalsIgnore },
			change: rollout.Change{Steps: []rollout.Step{renamed(22)}},
			reason: policy.Within,
		},
		"the worst of several waves is named by its number": {
			change: rollout.Change{Steps: []rollout.Step{step(5, 20), step(30, 30)}},
			reason: policy.WaveOverLimit,
			message: `wave 5 syncs 30 environments at 0.99 each (the policy's successRate.default): 26% chance that at least one fails, policy "default" allows 20%. ` +
				`At most 22 per wave: set spec.strategy.rollingSync.steps[0].maxUpdate to 22 (2 waves).`,
		},
		"a gated reading counts the whole step": {
			policy: func(s *v1alpha1.WavePolicySpec) { s.Waves = v1alpha1.WavesGated },
			change: oneStep(5, 100),
			reason: policy.WaveOverLimit,
			message: `wave 1 syncs 100 environments at 0.99 each (the policy's successRate.default): 63.4% chance that at least one fails, policy "default" allows 20%. ` +
				`At most 22 per wave: split spec.strategy.rollingSync.steps[0] into steps of at most 22 Applications each (5 waves).`,
		},
		"a step that nothing starts is no wave": {
			change: oneStep(0, 100),
			reason: policy.NoChange,
		},
		"tolerated failures are not counted": {
			policy: func(s *v1alpha1.WavePolicySpec) { s.ToleratedFailures = new(int32(2)) },
			change: oneStep(100, 100),
			reason: policy.Within,
		},
		"more than the tolerated failures are": {
			policy: func(s *v1alpha1.WavePolicySpec) { s.ToleratedFailures = new(int32(1)) },
			change: oneStep(100, 100),
			reason: policy.WaveOverLimit,
			message: `wave 1 syncs 100 environments at 0.99 each (the policy's successRate.default): 26.4% chance that more than 1 fail, policy "default" allows 20%. ` +
				`At most 82 per wave: set spec.strategy.rollingSync.steps[0].maxUpdate to 82 (2 waves).`,
		},
		"all waves together are limited too": {
			policy: func(s *v1alpha1.WavePolicySpec) { s.MaxRolloutFailureProbability = "0.5" },
			change: oneStep(20, 100),
			reason: policy.RolloutOverLimit,
			message: `the whole rollout affects 100 environments at 0.99 each (the policy's successRate.default): 63.4% chance that at least one fails, policy "default" allows 50% for all waves together. ` +
				`At most 68 in one write, or a sync success rate of at least 0.993092496.`,
		},
	} {
		t.Run(name, test.check)
	}
}

func TestRates(t *testing.T) {
	mixed := oneStep(2, 3)
	mixed.Steps[0].Targets[0].SuccessRate = "0.8"
	mixed.Steps[0].Targets[0].Source = "Secret argocd/flaky"
	broken := oneStep(1, 1)
	broken.Steps[0].Targets[0].SuccessRate = "high"
	broken.Steps[0].Targets[0].Source = "Secret argocd/flaky"
	noDefault := func(s *v1alpha1.WavePolicySpec) { s.SuccessRate = nil }
	for name, test := range map[string]judgement{
		"an annotation outweighs the policy's default": {
			change:   oneStep(100, 100),
			metadata: annotated("99.9%"),
			reason:   policy.Within,
		},
		"a missing annotation is denied by its name when there is no default": {
			policy: noDefault,
			change: oneStep(1, 1),
			reason: policy.SuccessRateMissing,
			message: `annotation seawall.dev/sync-success-rate is missing and policy "default" has no default: ` +
				`set it to the chance that the sync of one environment succeeds, such as "0.99".`,
		},
		"a malformed annotation is denied by name and value, default or not": {
			change:   oneStep(1, 1),
			metadata: annotated("1.5"),
			reason:   policy.AnnotationMalformed,
			message: `annotation seawall.dev/sync-success-rate is "1.5": want a decimal from 0 to 1 such as "0.995", ` +
				`or a percentage such as "99.5%" (policy "default").`,
		},
		"a write that brings a malformed annotation in is refused even if it changes no environment": {
			metadata: annotated("nonsense"),
			reason:   policy.AnnotationMalformed,
			message: `annotation seawall.dev/sync-success-rate is "nonsense": want a decimal from 0 to 1 such as "0.995", ` +
				`or a percentage such as "99.5%" (policy "default").`,
		},
		"one that is stored with it passes while it changes none": {
			metadata: annotated("nonsense"),
			stored:   annotated("nonsense").Annotations,
			reason:   policy.NoChange,
		},
		"a malformed declaration is refused like that, too": {
			metadata: rollout.Metadata{Annotations: map[string]string{v1alpha1.EnvironmentsAnnotation: "many"}},
			reason:   policy.AnnotationMalformed,
			message:  `annotation seawall.dev/environments is "many": want an integer from 1 to 1000000 (policy "default").`,
		},
		"a claim above 0.999 is judged at that where the policy sets no cap": {
			change:   oneStep(300, 300),
			metadata: annotated("1"),
			reason:   policy.WaveOverLimit,
			message: `wave 1 syncs 300 environments at 0.999 each (annotation seawall.dev/sync-success-rate, capped by the policy's successRate.max): ` +
				`25.9% chance that at least one fails, policy "default" allows 20%. ` +
				`At most 223 per wave: set spec.strategy.rollingSync.steps[0].maxUpdate to 223 (2 waves).`,
			warnings: []string{`sync success rate 1 is above the highest that policy "default" believes: judged at 0.999`},
		},
		"so is the policy's own default": {
			policy: func(s *v1alpha1.WavePolicySpec) { s.SuccessRate.Default = "1" },
			change: oneStep(300, 300),
			reason: policy.WaveOverLimit,
			message: `wave 1 syncs 300 environments at 0.999 each (the policy's successRate.default, capped by the policy's successRate.max): ` +
				`25.9% chance that at least one fails, policy "default" allows 20%. ` +
				`At most 223 per wave: set spec.strategy.rollingSync.steps[0].maxUpdate to 223 (2 waves).`,
		},
		"a higher cap is believed": {
			policy:   func(s *v1alpha1.WavePolicySpec) { s.SuccessRate.Max = "1" },
			change:   oneStep(300, 300),
			metadata: annotated("1"),
			reason:   policy.Within,
		},
		"a policy may ignore what a rollout claims": {
			policy:   func(s *v1alpha1.WavePolicySpec) { s.SuccessRate.Claims = v1alpha1.ClaimsIgnore },
			change:   oneStep(23, 23),
			metadata: annotated("0.999"),
			reason:   policy.WaveOverLimit,
			message: `wave 1 syncs 23 environments at 0.99 each (the policy's successRate.default): 20.6% chance that at least one fails, ` +
				`policy "default" allows 20%. At most 22 per wave: set spec.strategy.rollingSync.steps[0].maxUpdate to 22 (2 waves).`,
			warnings: []string{`annotation seawall.dev/sync-success-rate is not considered by policy "default" (successRate.claims: Ignore)`},
		},
		"and then judges nothing that has no default": {
			policy:   func(s *v1alpha1.WavePolicySpec) { s.SuccessRate = &v1alpha1.SuccessRate{Claims: v1alpha1.ClaimsIgnore} },
			change:   oneStep(1, 1),
			metadata: annotated("0.999"),
			reason:   policy.SuccessRateMissing,
			message: `policy "default" has no default sync success rate, and considers none but those annotated on the inventory ` +
				`(successRate.claims: Ignore): its author has to set spec.successRate.default.`,
		},
		"an environment's own rate counts all the same": {
			policy:   func(s *v1alpha1.WavePolicySpec) { s.SuccessRate = &v1alpha1.SuccessRate{Claims: v1alpha1.ClaimsIgnore} },
			change:   rollout.Change{Steps: []rollout.Step{{Targets: mixed.Steps[0].Targets[:1], InFlight: 1}}},
			metadata: annotated("malformed"),
			stored:   annotated("malformed").Annotations,
			reason:   policy.Within,
			warnings: []string{`annotation seawall.dev/sync-success-rate is not considered by policy "default" (successRate.claims: Ignore)`},
		},
		"no rate is asked for that the policy would not believe": {
			policy: func(s *v1alpha1.WavePolicySpec) {
				s.MaxWaveFailureProbability, s.SuccessRate = "0.01", &v1alpha1.SuccessRate{Default: "0.9", Max: "0.98"}
			},
			change: oneStep(1, 1),
			reason: policy.WaveOverLimit,
			message: `wave 1 syncs 1 environment at 0.9 (the policy's successRate.default): 10% chance that it fails, policy "default" allows 1%. ` +
				`Not even one environment passes: that takes a sync success rate of at least 0.99, which this policy does not believe of a rollout, or another limit.`,
		},
		"nor for all waves together": {
			policy: func(s *v1alpha1.WavePolicySpec) {
				s.MaxRolloutFailureProbability, s.SuccessRate.Max = "0.1", "0.99"
			},
			change: oneStep(20, 100),
			reason: policy.RolloutOverLimit,
			message: `the whole rollout affects 100 environments at 0.99 each (the policy's successRate.default): 63.4% chance that at least one fails, ` +
				`policy "default" allows 10% for all waves together. At most 10 in one write.`,
		},
		"a claim above the cap is judged at the cap, with a warning": {
			policy:   func(s *v1alpha1.WavePolicySpec) { s.SuccessRate.Max = "0.999" },
			change:   oneStep(10, 10),
			metadata: annotated("0.99999"),
			reason:   policy.Within,
			warnings: []string{`sync success rate 0.99999 is above the highest that policy "default" believes: judged at 0.999`},
		},
		"an environment's own rate is taken to be in flight with the next worst": {
			change: mixed,
			reason: policy.WaveOverLimit,
			message: `wave 1 syncs 2 environments at 0.8 to 0.99 (the policy's successRate.default, annotated on the inventory): 20.8% chance that at least one fails, policy "default" allows 20%. ` +
				`At most 1 per wave: set spec.strategy.rollingSync.steps[0].maxUpdate to 1 (3 waves).`,
		},
		"a malformed rate of an environment names its inventory object": {
			change: broken,
			reason: policy.AnnotationMalformed,
			message: `annotation seawall.dev/sync-success-rate of a Secret of the inventory is malformed: want a decimal from 0 to 1 such as "0.995", ` +
				`or a percentage such as "99.5%" (policy "default").`,
		},
	} {
		t.Run(name, test.check)
	}
}

func TestRemovals(t *testing.T) {
	removal := rollout.Change{Steps: []rollout.Step{{
		Targets: targets("old", 50, rollout.Removed), InFlight: 50, PaceRemedy: "remove at most {n} environments in one write",
	}}}
	for name, test := range map[string]judgement{
		"a teardown counts like any other change": {
			change: removal,
			reason: policy.WaveOverLimit,
			message: `wave 1 tears down 50 environments at 0.99 each (the policy's successRate.default): 39.5% chance that at least one fails, policy "default" allows 20%. ` +
				`At most 22 per wave: remove at most 22 environments in one write (3 waves).`,
		},
		"no rate is asked for that the policy would not believe": {
			policy: func(s *v1alpha1.WavePolicySpec) {
				s.MaxWaveFailureProbability, s.SuccessRate = "0.01", &v1alpha1.SuccessRate{Default: "0.9", Max: "0.98"}
			},
			change: removal,
			reason: policy.WaveOverLimit,
			message: `wave 1 tears down 50 environments at 0.9 each (the policy's successRate.default): 99.5% chance that at least one fails, policy "default" allows 1%. ` +
				`Not even one environment passes: that takes a sync success rate of at least 0.99, which this policy does not believe of a rollout, or another limit.`,
		},
		"a policy may leave teardowns out": {
			policy: func(s *v1alpha1.WavePolicySpec) { s.Removals = v1alpha1.RemovalsIgnore },
			change: removal,
			reason: policy.NoChange,
		},
	} {
		t.Run(name, test.check)
	}
}

func TestUncounted(t *testing.T) {
	unresolved := rollout.Unresolved("spec.generators[0].git", "is resolved over the network")
	message := `cannot count its environments: spec.generators[0].git is resolved over the network. ` +
		`Set annotation seawall.dev/environments to their number (policy "default", onUnresolved: %s).`
	declared := rollout.Change{Steps: []rollout.Step{{Declared: 100, InFlight: 100, PaceRemedy: paceRemedy}}}
	for name, test := range map[string]judgement{
		"what cannot be counted is denied by default": {
			err:     unresolved,
			reason:  policy.Unresolved,
			message: fmt.Sprintf(message, "Deny"),
		},
		"a policy may warn of it": {
			policy:   func(s *v1alpha1.WavePolicySpec) { s.OnUnresolved = v1alpha1.UnresolvedWarn },
			err:      unresolved,
			reason:   policy.UnresolvedAdmitted,
			warnings: []string{fmt.Sprintf(message, "Warn")},
		},
		"a policy may allow it": {
			policy: func(s *v1alpha1.WavePolicySpec) { s.OnUnresolved = v1alpha1.UnresolvedAllow },
			err:    unresolved,
			reason: policy.UnresolvedAdmitted,
		},
		"what could be counted is judged first": {
			policy: func(s *v1alpha1.WavePolicySpec) { s.OnUnresolved = v1alpha1.UnresolvedAllow },
			err:    &rollout.UnresolvedError{Field: "spec.generators[0].git", Problem: "is resolved over the network", AtLeast: 23},
			reason: policy.WaveOverLimit,
			message: `wave 1 syncs 23 environments at 0.99 each (the policy's successRate.default): 20.6% chance that at least one fails, ` +
				`policy "default" allows 20%. At most 22 per wave: let at most 22 environments follow one write (2 waves). ` +
				`There may be more: cannot count its environments: spec.generators[0].git is resolved over the network.`,
		},
		"and admitted if that passes": {
			policy: func(s *v1alpha1.WavePolicySpec) { s.OnUnresolved = v1alpha1.UnresolvedAllow },
			err:    &rollout.UnresolvedError{Field: "spec.generators[0].git", Problem: "is resolved over the network", AtLeast: 22},
			reason: policy.UnresolvedAdmitted,
		},
		"a policy may not accept a declared number": {
			policy:     func(s *v1alpha1.WavePolicySpec) { s.DeclaredEnvironments = v1alpha1.ClaimsIgnore },
			change:     rollout.Change{Evidence: rollout.DeclaredEvidence, Steps: []rollout.Step{{Declared: 2, InFlight: 2}}},
			undeclared: &policy.Undeclared{Err: unresolved},
			reason:     policy.Unresolved,
			message: `cannot count its environments: spec.generators[0].git is resolved over the network. ` +
				`An override can permit it, annotation seawall.dev/environments does not (declaredEnvironments: Ignore) ` +
				`(policy "default", onUnresolved: Deny).`,
		},
		"nor one below what could be counted": {
			policy: func(s *v1alpha1.WavePolicySpec) {
				s.DeclaredEnvironments, s.OnUnresolved = v1alpha1.ClaimsIgnore, v1alpha1.UnresolvedWarn
			},
			change: rollout.Declared(2, 23, rollout.DeclaredEvidence, "split it"),
			undeclared: &policy.Undeclared{
				Err: &rollout.UnresolvedError{Field: "spec.generators[0].git", Problem: "is resolved over the network", AtLeast: 23},
			},
			reason: policy.WaveOverLimit,
			message: `wave 1 syncs 23 environments at 0.99 each (the policy's successRate.default): 20.6% chance that at least one fails, ` +
				`policy "default" allows 20%. At most 22 per wave: let at most 22 environments follow one write (2 waves). ` +
				`There may be more: cannot count its environments: spec.generators[0].git is resolved over the network.`,
		},
		"and then judges what is counted without": {
			policy:     func(s *v1alpha1.WavePolicySpec) { s.DeclaredEnvironments = v1alpha1.ClaimsIgnore },
			change:     rollout.Change{Evidence: rollout.DeclaredEvidence, Steps: []rollout.Step{{Declared: 100, InFlight: 100}}},
			undeclared: &policy.Undeclared{Change: oneStep(22, 22)},
			reason:     policy.Within,
		},
		"and refuses what was not counted without": {
			policy: func(s *v1alpha1.WavePolicySpec) { s.DeclaredEnvironments = v1alpha1.ClaimsIgnore },
			change: rollout.Change{Evidence: rollout.DeclaredEvidence, Steps: []rollout.Step{{Declared: 2, InFlight: 2}}},
			reason: policy.Unresolved,
			message: `cannot count its environments: annotation seawall.dev/environments is not accepted. ` +
				`An override can permit it, annotation seawall.dev/environments does not (declaredEnvironments: Ignore) ` +
				`(policy "default", onUnresolved: Deny).`,
		},
		"a malformed declaration is denied though a policy allows what cannot be counted": {
			policy:  func(s *v1alpha1.WavePolicySpec) { s.OnUnresolved = v1alpha1.UnresolvedAllow },
			err:     &rollout.AnnotationError{Key: v1alpha1.EnvironmentsAnnotation, Value: "many", Want: "an integer from 1 to 1000000"},
			reason:  policy.AnnotationMalformed,
			message: `annotation seawall.dev/environments is "many": want an integer from 1 to 1000000 (policy "default").`,
		},
		"a declared number is judged like a counted one": {
			change: declared,
			reason: policy.WaveOverLimit,
			message: `wave 1 syncs 100 environments at 0.99 each (the policy's successRate.default): 63.4% chance that at least one fails, policy "default" allows 20%. ` +
				`At most 22 per wave: set spec.strategy.rollingSync.steps[0].maxUpdate to 22 (5 waves).`,
		},
	} {
		t.Run(name, test.check)
	}
}

func TestTheZeroVerdictAndDecisionDeny(t *testing.T) {
	g := gomega.NewWithT(t)
	g.Expect(policy.Verdict{}.Satisfied()).To(gomega.BeFalse())
	g.Expect(policy.Decision{}.Action).To(gomega.Equal(policy.Deny))
}
