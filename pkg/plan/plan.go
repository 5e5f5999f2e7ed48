// Package plan divides a rollout into waves that a limit allows, smaller ones first, and says what
// to expect of each.
package plan

import (
	"time"

	"github.com/seawall-dev/seawall/pkg/risk"
)

// Request says what is to be planned.
type Request struct {
	// Environments are all that the rollout reaches. Which of them are in which wave is not known, so
	// each wave is taken to be of those likeliest to fail.
	Environments risk.Wave
	// Limit is what each wave may be likely to fail at most.
	Limit risk.Limit
	// Canary is the size of the first wave, from 1.
	Canary int
	// Ramp is how many times as large as the one before a wave may be, from 1.
	Ramp float64
	// MaxWaves is the most waves that there may be; 0 for any number.
	MaxWaves int
	// SyncDuration is the time that the sync of one environment takes; 0 if it is not known.
	SyncDuration time.Duration
}

// Plan is a rollout in waves.
type Plan struct {
	// Environments is their number, in all waves together.
	Environments int
	// Largest is the most environments that the limit allows in one wave.
	Largest int
	Waves   []Wave
	// Canary and Ramp are those that led to at most MaxWaves: the ramp may be steeper than asked for,
	// and Canary 0 says that there is room for none.
	Canary int
	Ramp   float64
	// Probability is the chance, from 0 to 1, of more than the tolerated failures in all waves together.
	Probability float64
	// ExpectedFailures is the mean number of failures when all waves run, whatever happens, and
	// ExpectedWhenStopped the one when no wave follows one with more than the tolerated failures.
	ExpectedFailures    float64
	ExpectedWhenStopped float64
	// Duration is the time that all waves take one after the other.
	Duration time.Duration
}

// Wave is one wave of a plan.
type Wave struct {
	// Number counts from 1.
	Number int
	Size   int
	// Total is the number of environments in this wave and all before it.
	Total int
	// Probability is the chance, from 0 to 1, of more than the tolerated failures in this wave, and
	// Cumulative the one of more than these among all environments up to its end.
	Probability float64
	Cumulative  float64
	// ExpectedFailures is the mean number of failures in this wave, if those likeliest to fail go first.
	ExpectedFailures float64
	// Ends is how long after the start of the first wave this one ends.
	Ends time.Duration
}

// New plans a rollout. The error is an *InvalidError, which says what of the request cannot be, or a
// *RiskError where the limit allows not even one environment.
func New(request Request) (Plan, error) {
	largest := request.Limit.LargestOf(request.Environments)
	if err := request.validate(largest); err != nil {
		return Plan{}, err
	}
	sizes, canary, ramp := request.sizes(largest)
	plan := Plan{
		Environments: request.Environments.N(), Largest: largest, Canary: canary, Ramp: ramp, Waves: make([]Wave, 0, len(sizes)),
		ExpectedFailures: request.Environments.ExpectedFailures(),
		Duration:         request.SyncDuration * time.Duration(len(sizes)),
	}
	total, reached := 0, 1.0
	for i, size := range sizes {
		total += size
		wave := request.wave(i+1, size, total)
		plan.ExpectedWhenStopped += reached * wave.ExpectedFailures
		reached *= 1 - wave.Probability
		plan.Waves = append(plan.Waves, wave)
	}
	plan.Probability = plan.Waves[len(plan.Waves)-1].Cumulative
	return plan, nil
}

func (r Request) wave(number, size, total int) Wave {
	return Wave{
		Number: number, Size: size, Total: total,
		Probability:      r.Environments.Worst(size).ProbabilityOfMoreThan(r.tolerated()),
		Cumulative:       r.Environments.Worst(total).ProbabilityOfMoreThan(r.tolerated()),
		ExpectedFailures: r.Environments.Worst(total).ExpectedFailures() - r.Environments.Worst(total-size).ExpectedFailures(),
		Ends:             r.SyncDuration * time.Duration(number),
	}
}

func (r Request) tolerated() int { return max(r.Limit.Tolerated, 0) }
