package policy

import (
	"cmp"
	"context"
	"slices"
	"time"

	"github.com/seawall-dev/seawall/pkg/apis/v1alpha1"
	"github.com/seawall-dev/seawall/pkg/risk"
	"github.com/seawall-dev/seawall/pkg/rollout"
)

// Reading is how a policy reads a write: what its verdict rests on, for who asks how that came about.
type Reading struct {
	Policy string
	// PassedOver is the field by which the policy does not judge the write; empty where it does. Then
	// the rest says nothing but Actions, Limit and Rollout.
	PassedOver string
	// Actions are what the policy does about a write that does not satisfy it.
	Actions []string
	// Limit is that of each wave, Rollout that of all of them together, if there is one.
	Limit   risk.Limit
	Rollout *risk.Limit
	// Gated says that waves are counted from gate to gate.
	Gated bool
	// Waves are those of the verdict, one for each step; none where they could not be counted.
	Waves []WaveReading
	// Whole are all waves together, where the policy limits those.
	Whole *WaveReading
	// Uncounted says why the environments could not be counted in the eyes of this policy.
	Uncounted error
	// Overrides are those that there are for the rollout.
	Overrides []OverrideReading

	rates *rates
}

// WaveReading is the greatest wave of a step.
type WaveReading struct {
	// Number is that of the step's first wave, from 1, and Count how many waves it has.
	Number, Count int
	// Step says where the step stands; empty where a rollout has no steps of its own.
	Step string
	// Environments are all of the step, PerWave those of its greatest wave, which the probability is of.
	Environments, PerWave int
	// Rates are those of all environments of the step, the lowest first.
	Rates       []RateReading
	Probability float64
	// Over says that the probability is over the limit.
	Over bool
}

// RateReading is a number of environments that are judged at one rate.
type RateReading struct {
	Rate  risk.Probability
	Count int
	// Origin says where the rate stands.
	Origin string
}

// OverrideReading is what an override does for a write.
type OverrideReading struct {
	Name, Reason string
	Permits      risk.Probability
	Expires      time.Time
	// Effect is what it does, or why nothing.
	Effect string
}

// Read returns how the policy reads a write, of which nothing has been counted where there is no case.
func (p *Policy) Read(ctx context.Context, subject Subject, c *Case) Reading {
	reading := Reading{Policy: p.Name, PassedOver: p.passesOver(ctx, subject), Limit: p.wave, Rollout: p.rollout, Gated: p.gated}
	for _, action := range p.actions {
		reading.Actions = append(reading.Actions, string(action))
	}
	if reading.PassedOver != "" || c == nil || p.invalid != nil {
		return reading
	}
	reading.Overrides = p.readOverrides(*c)
	var change rollout.Change
	if change, reading.Uncounted = p.counted(*c); reading.Uncounted != nil {
		return reading
	}
	reading.rates = p.ratesOf(c.Metadata)
	p.readWaves(&reading, change)
	return reading
}

// readWaves adds the waves, unless there is no rate: then the verdict says so.
func (p *Policy) readWaves(reading *Reading, change rollout.Change) {
	waves := p.waves(change)
	whole := WaveReading{}
	var all []risk.Wave
	var rates []RateReading
	for i := range waves {
		wave := &waves[i]
		if wave.rate(reading.rates) != nil {
			reading.Waves = nil
			return
		}
		assessed := risk.Assess(p.wave, []risk.Wave{wave.inFlight})
		reading.Waves = append(reading.Waves, WaveReading{
			Number: wave.number, Count: roundedUp(wave.step.Size(), wave.perWave), Step: wave.step.Name,
			Environments: wave.step.Size(), PerWave: wave.perWave, Rates: reading.rates.readingsOf(wave.step),
			Probability: assessed.Probability, Over: assessed.Exceeded,
		})
		all, rates = append(all, wave.whole), append(rates, reading.rates.readingsOf(wave.step)...)
		whole.Count = wave.number - 1 + roundedUp(wave.step.Size(), wave.perWave)
		whole.Environments += wave.step.Size()
	}
	if p.rollout == nil || len(waves) == 0 {
		return
	}
	assessed := risk.Assess(*p.rollout, []risk.Wave{risk.Join(all...)})
	whole.Number, whole.PerWave, whole.Rates = 1, whole.Environments, merged(rates)
	whole.Probability, whole.Over = assessed.Probability, assessed.Exceeded
	reading.Whole = &whole
}

// readingsOf returns the rates of a step, which have been found before.
func (r *rates) readingsOf(step rollout.Step) []RateReading {
	var found []RateReading
	_ = r.each(step, func(rate risk.Probability, origin origins, count int) {
		found = append(found, RateReading{rate, count, origin.String()})
	})
	return merged(found)
}

// merged adds up what is alike.
func merged(rates []RateReading) []RateReading {
	counts := map[RateReading]int{}
	for _, one := range rates {
		counts[RateReading{Rate: one.Rate, Origin: one.Origin}] += one.Count
	}
	found := make([]RateReading, 0, len(counts))
	for one, count := range counts {
		one.Count = count
		found = append(found, one)
	}
	slices.SortFunc(found, func(a, b RateReading) int {
		return cmp.Or(cmp.Compare(a.Rate, b.Rate), cmp.Compare(a.Origin, b.Origin))
	})
	return found
}

// RateOf returns the rate at which the policy judges an environment that has a name, and where that
// stands; nothing where there is none.
func (r *Reading) RateOf(target rollout.Target) (rate, origin string) {
	if r.rates == nil {
		return "", ""
	}
	found, stands, err := r.rates.of(target)
	if err != nil {
		return "", ""
	}
	return found.String(), stands.String()
}

func (p *Policy) readOverrides(c Case) []OverrideReading {
	found := make([]OverrideReading, 0, len(c.Overrides))
	needed := p.judge(c)
	for _, override := range c.Overrides {
		found = append(found, OverrideReading{
			Name: override.String(), Reason: override.Reason, Permits: override.Permits, Expires: override.Expires,
			Effect: p.effect(override, needed, c),
		})
	}
	slices.SortFunc(found, func(a, b OverrideReading) int { return cmp.Compare(a.Name, b.Name) })
	return found
}

// effect says what an override does for a write of which the policy says that without.
func (p *Policy) effect(override *Override, without Verdict, c Case) string {
	switch why := p.declines(override, c.Use); {
	case override.Ended(c.Use.At):
		return "has ended"
	case why != "":
		return why
	case !without.asks(v1alpha1.ActionDeny):
		return "is not needed: this policy does not deny it"
	case !without.Reason.meaning().overridable:
		return "does not help: " + string(without.Reason) + " takes a change of the write"
	case p.passes(override, c):
		return "permits it"
	default:
		return "does not suffice"
	}
}
