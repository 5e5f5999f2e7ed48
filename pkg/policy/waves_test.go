package policy_test

import (
	"testing"

	"github.com/seawall-dev/seawall/pkg/apis/v1alpha1"
	"github.com/seawall-dev/seawall/pkg/policy"
	"github.com/seawall-dev/seawall/pkg/rollout"
)

func staged(name, remedy string) rollout.Step {
	one := step(30, 30)
	one.Name, one.PaceRemedy = name, remedy
	return one
}

func later(step rollout.Step) rollout.Step { step.Later = true; return step }

func atLeast(n int, step rollout.Step) rollout.Step { step.Least = n; return step }

func open(step rollout.Step) rollout.Step { step.Open = true; return step }

func TestMessagesNameTheWave(t *testing.T) {
	for name, test := range map[string]judgement{
		"the step of a wave is named where the remedy does not name it": {
			change: rollout.Change{Steps: []rollout.Step{step(5, 20), staged("spec.stages[1]", "make stages of {n}")}},
			reason: policy.WaveOverLimit,
			message: `wave 5 (spec.stages[1]) syncs 30 environments at 0.99 each (the policy's successRate.default): 26% chance that at least one fails, policy "default" allows 20%. ` +
				`At most 22 per wave: make stages of 22 (2 waves).`,
		},
		"but not twice": {
			change: rollout.Change{Steps: []rollout.Step{staged("spec.stages[1]", "set spec.stages[1].max to {n}")}},
			reason: policy.WaveOverLimit,
			message: `wave 1 syncs 30 environments at 0.99 each (the policy's successRate.default): 26% chance that at least one fails, policy "default" allows 20%. ` +
				`At most 22 per wave: set spec.stages[1].max to 22 (2 waves).`,
		},
		"a wave that comes after the first of its step is not called that": {
			change: rollout.Change{Steps: []rollout.Step{step(5, 20), later(step(30, 100))}},
			reason: policy.WaveOverLimit,
			message: `a wave after wave 5 syncs 30 environments at 0.99 each (the policy's successRate.default): 26% chance that at least one fails, policy "default" allows 20%. ` +
				`At most 22 per wave: set spec.strategy.rollingSync.steps[0].maxUpdate to 22 (5 waves).`,
		},
		"a field that cannot make waves so small is not the remedy": {
			change: rollout.Change{Steps: []rollout.Step{atLeast(23, step(30, 100))}},
			reason: policy.WaveOverLimit,
			message: `wave 1 syncs 30 environments at 0.99 each (the policy's successRate.default): 26% chance that at least one fails, policy "default" allows 20%. ` +
				`At most 22 per wave: split spec.strategy.rollingSync.steps[0] into steps of at most 22 Applications each (5 waves).`,
		},
		"but it is where it can": {
			change: rollout.Change{Steps: []rollout.Step{atLeast(22, step(30, 100))}},
			reason: policy.WaveOverLimit,
			message: `wave 1 syncs 30 environments at 0.99 each (the policy's successRate.default): 26% chance that at least one fails, policy "default" allows 20%. ` +
				`At most 22 per wave: set spec.strategy.rollingSync.steps[0].maxUpdate to 22 (5 waves).`,
		},
		"up to the next gate there is no later one": {
			policy: func(s *v1alpha1.WavePolicySpec) { s.Waves = v1alpha1.WavesGated },
			change: rollout.Change{Steps: []rollout.Step{later(step(5, 100))}},
			reason: policy.WaveOverLimit,
			message: `wave 1 syncs 100 environments at 0.99 each (the policy's successRate.default): 63.4% chance that at least one fails, policy "default" allows 20%. ` +
				`At most 22 per wave: split spec.strategy.rollingSync.steps[0] into steps of at most 22 Applications each (5 waves).`,
		},
		"an open step is no gate, but in flight by itself": {
			change: rollout.Change{Steps: []rollout.Step{open(step(20, 20)), step(20, 20)}},
			reason: policy.Within,
		},
		"a gated reading counts an open step with the next": {
			policy: func(s *v1alpha1.WavePolicySpec) { s.Waves = v1alpha1.WavesGated },
			change: rollout.Change{Steps: []rollout.Step{step(5, 5), open(step(20, 20)), step(20, 20)}},
			reason: policy.WaveOverLimit,
			message: `wave 2 syncs 40 environments at 0.99 each (the policy's successRate.default): 33.1% chance that at least one fails, policy "default" allows 20%. ` +
				`At most 22 per wave: split spec.strategy.rollingSync.steps[0] into steps of at most 22 Applications each (2 waves).`,
		},
		"no rate is asked for that nobody could claim for what is torn down, either": {
			policy: func(s *v1alpha1.WavePolicySpec) {
				s.MaxWaveFailureProbability, s.SuccessRate = "0.01", &v1alpha1.SuccessRate{Default: "0.9", Max: "0.98"}
			},
			change: rollout.Change{Steps: []rollout.Step{{Gone: 1, InFlight: 1, PaceRemedy: "remove at most {n} at once"}}},
			reason: policy.WaveOverLimit,
			message: `wave 1 tears down 1 environment at 0.9 (the policy's successRate.default): 10% chance that it fails, policy "default" allows 1%. ` +
				`Not even one environment passes: that takes a sync success rate of at least 0.99, which this policy does not believe of a rollout, or another limit.`,
		},
	} {
		t.Run(name, test.check)
	}
}
