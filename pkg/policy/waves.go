package policy

import (
	"errors"
	"fmt"

	"github.com/seawall-dev/seawall/pkg/apis/v1alpha1"
	"github.com/seawall-dev/seawall/pkg/risk"
	"github.com/seawall-dev/seawall/pkg/rollout"
)

// wave is the greatest wave of one step, as a policy reads it.
type wave struct {
	step rollout.Step
	// number is that of the step's first wave within the rollout, from 1.
	number int
	// perWave is the number of environments in flight together, or up to the next gate.
	perWave int
	// remedy says how to make it smaller.
	remedy string

	inFlight risk.Wave
	whole    risk.Wave
}

// waves returns one wave for each step that the rollout system starts by itself and of
// which the policy counts any environment.
func (p *Policy) waves(change rollout.Change) []wave {
	var waves []wave
	number := 1
	for _, step := range change.Steps {
		if p.ignoreRemovals {
			step = step.Staying()
			if step.Removal {
				step.Declared = 0
			}
		}
		perWave, remedy := min(step.InFlight, step.Size()), step.PaceRemedy
		if p.gated && perWave > 0 {
			perWave, remedy = step.Size(), step.SplitRemedy
		}
		if perWave <= 0 {
			continue
		}
		waves = append(waves, wave{step: step, number: number, perWave: perWave, remedy: remedy})
		number += roundedUp(step.Size(), perWave)
	}
	return waves
}

func roundedUp(n, perWave int) int { return (n + perWave - 1) / perWave }

// rate finds the success rate of every environment of the step. Which of them are in
// flight together is the rollout system's choice, so the wave is taken to be the worst.
func (w *wave) rate(rates *rates) error {
	counts := map[risk.Probability]int{}
	if w.step.Declared > 0 {
		rate, err := rates.ofRollout()
		if err != nil {
			return err
		}
		counts[rate] += w.step.Declared
	}
	for group := range w.step.Grouped() {
		rate, err := rates.of(group.Target)
		if err != nil {
			return err
		}
		counts[rate] += group.Count
	}
	groups := make([]risk.Group, 0, len(counts))
	for rate, count := range counts {
		groups = append(groups, risk.Group{Rate: rate, Count: count})
	}
	w.whole = risk.Mixed(groups...)
	w.inFlight = w.whole.Worst(w.perWave)
	return nil
}

var errNoRate = errors.New("no sync success rate")

// rates finds the sync success rate of environments under one policy.
type rates struct {
	policy     *Policy
	annotation *string
	// parsed remembers annotations of inventory objects: thousands share a few values.
	parsed map[string]risk.Probability
	// claimed is the highest rate that was judged at the policy's cap.
	claimed risk.Probability
}

func (p *Policy) ratesOf(metadata rollout.Metadata) *rates {
	found := &rates{policy: p, parsed: map[string]risk.Probability{}}
	if value, ok := metadata.Annotations[v1alpha1.SyncSuccessRateAnnotation]; ok {
		found.annotation = &value
	}
	return found
}

func (r *rates) of(target rollout.Target) (risk.Probability, error) {
	if target.SuccessRate == "" {
		return r.ofRollout()
	}
	return r.parse(target.SuccessRate, target.Source)
}

func (r *rates) ofRollout() (risk.Probability, error) {
	if r.annotation != nil {
		return r.parse(*r.annotation, "")
	}
	if r.policy.defaultRate == nil {
		return 0, errNoRate
	}
	return *r.policy.defaultRate, nil
}

func (r *rates) parse(value, source string) (risk.Probability, error) {
	if rate, ok := r.parsed[value]; ok {
		return rate, nil
	}
	rate, err := risk.ParseRate(value)
	if err != nil {
		return 0, &rollout.AnnotationError{
			Object: source,
			Key:    v1alpha1.SyncSuccessRateAnnotation,
			Value:  value,
			Want:   `a decimal from 0 to 1 such as "0.995", or a percentage such as "99.5%"`,
		}
	}
	if highest := r.policy.maxRate; highest != nil && rate > *highest {
		r.claimed = max(r.claimed, rate)
		rate = *highest
	}
	r.parsed[value] = rate
	return rate, nil
}

func (r *rates) warnings(p *Policy) []string {
	if r.claimed == 0 {
		return nil
	}
	return []string{fmt.Sprintf("sync success rate %s is above the highest that policy %q believes: judged at %s",
		r.claimed, p.Name, p.maxRate)}
}
