package policy

import (
	"fmt"
	"strconv"
	"strings"

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
	// origins say where its rates stand.
	origins origins
}

// waves returns one wave for each step that the rollout system starts by itself and of
// which the policy counts any environment.
func (p *Policy) waves(change rollout.Change) []wave {
	var waves []wave
	number := 1
	steps := change.Steps
	if p.gated {
		steps = rollout.Gated(steps)
	}
	for _, step := range steps {
		if p.ignoreRemovals {
			step = step.Staying()
		}
		perWave, remedy := min(step.InFlight, step.Size()), step.PaceRemedy
		if p.gated && perWave > 0 {
			perWave, remedy = step.Size(), step.SplitRemedy
			step.Later = false
		}
		if perWave <= 0 {
			continue
		}
		waves = append(waves, wave{step: step, number: number, perWave: perWave, remedy: remedy})
		number += roundedUp(step.Size(), perWave)
	}
	return waves
}

// remedyFor says how to make the wave so large at most.
func (w *wave) remedyFor(largest int) string {
	remedy := w.remedy
	if largest < w.step.Least {
		remedy = w.step.SplitRemedy
	}
	return strings.ReplaceAll(remedy, rollout.PerWave, strconv.Itoa(largest))
}

// title names the wave: its number, and the step that it belongs to unless the remedy names that.
func (w *wave) title(remedy string) string {
	title := fmt.Sprintf("wave %d", w.number)
	if w.step.Later {
		title = "a wave after " + title
	}
	if w.step.Name != "" && !strings.Contains(remedy, w.step.Name) {
		title += " (" + w.step.Name + ")"
	}
	return title
}

// mixed tells whether some environments of the step are torn down and others are not.
func (w *wave) mixed() bool {
	staying := w.step.Staying().Size()
	return 0 < staying && staying < w.step.Size()
}

func roundedUp(n, perWave int) int { return (n + perWave - 1) / perWave }

// rate finds the success rate of every environment of the step. Which of them are in
// flight together is the rollout system's choice, so the wave is taken to be the worst.
func (w *wave) rate(rates *rates) error {
	counts := map[risk.Probability]int{}
	if err := rates.each(w.step, func(rate risk.Probability, origin origins, count int) {
		w.origins |= origin
		counts[rate] += count
	}); err != nil {
		return err
	}
	groups := make([]risk.Group, 0, len(counts))
	for rate, count := range counts {
		groups = append(groups, risk.Group{Rate: rate, Count: count})
	}
	w.whole = risk.Mixed(groups...)
	w.inFlight = w.whole.Worst(w.perWave)
	return nil
}
