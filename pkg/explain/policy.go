package explain

import (
	"time"

	"github.com/seawall-dev/seawall/pkg/audit"
	"github.com/seawall-dev/seawall/pkg/check"
	"github.com/seawall-dev/seawall/pkg/policy"
	"github.com/seawall-dev/seawall/pkg/risk"
)

// Policy is what one policy makes of a write.
type Policy struct {
	Name string `json:"name"`
	// PassedOver is the field by which it does not judge the write; empty where it does.
	PassedOver string   `json:"passedOver,omitempty"`
	Actions    []string `json:"actions"`
	// Limit is that of each wave, RolloutLimit that of all together.
	Limit             string `json:"limit"`
	RolloutLimit      string `json:"rolloutLimit,omitempty"`
	ToleratedFailures int    `json:"toleratedFailures,omitempty"`
	Gated             bool   `json:"gated,omitempty"`
	Result            string `json:"result,omitempty"`
	Reason            string `json:"reason,omitempty"`
	Message           string `json:"message,omitempty"`
	Remedy            string `json:"remedy,omitempty"`
	// Largest is the most environments in one wave that pass.
	Largest   int        `json:"largest,omitempty"`
	Waves     []Wave     `json:"waves,omitempty"`
	Whole     *Wave      `json:"whole,omitempty"`
	Overrides []Override `json:"overrides,omitempty"`
}

// Wave is the greatest wave of a step, or all waves together.
type Wave struct {
	// First and Last are the numbers of the waves of the step.
	First int    `json:"first"`
	Last  int    `json:"last"`
	Step  string `json:"step,omitempty"`
	// Environments are all of the step, InFlight those of its greatest wave, which the probability is of.
	Environments int     `json:"environments"`
	InFlight     int     `json:"inFlight"`
	Rates        []Rate  `json:"rates"`
	Probability  float64 `json:"probability"`
	OverLimit    bool    `json:"overLimit"`
}

// Rate is a number of environments of a step that are judged at one success rate.
type Rate struct {
	SuccessRate  string `json:"successRate"`
	Environments int    `json:"environments"`
	Origin       string `json:"origin"`
}

// Override is one that there is for the rollout.
type Override struct {
	Name    string    `json:"name"`
	Permits string    `json:"permits"`
	Expires time.Time `json:"expires"`
	Reason  string    `json:"reason"`
	Effect  string    `json:"effect"`
}

func policyOf(reading policy.Reading) Policy {
	told := Policy{
		Name: reading.Policy, PassedOver: reading.PassedOver, Actions: reading.Actions, Limit: reading.Limit.Max.String(),
		ToleratedFailures: reading.Limit.Tolerated, Gated: reading.Gated,
	}
	if reading.Rollout != nil {
		told.RolloutLimit = reading.Rollout.Max.String()
	}
	for _, wave := range reading.Waves {
		told.Waves = append(told.Waves, waveOf(wave))
	}
	if reading.Whole != nil {
		whole := waveOf(*reading.Whole)
		told.Whole = &whole
	}
	for _, override := range reading.Overrides {
		told.Overrides = append(told.Overrides, Override{
			Name: override.Name, Permits: override.Permits.String(), Expires: override.Expires.UTC(), Reason: audit.Clean(override.Reason),
			Effect: override.Effect,
		})
	}
	return told
}

func waveOf(reading policy.WaveReading) Wave {
	told := Wave{
		First: reading.Number, Last: reading.Number + reading.Count - 1, Step: audit.Clean(reading.Step),
		Environments: reading.Environments, InFlight: reading.PerWave, Probability: reading.Probability, OverLimit: reading.Over,
	}
	for _, rate := range reading.Rates {
		told.Rates = append(told.Rates, Rate{rate.Rate.String(), rate.Count, rate.Origin})
	}
	return told
}

// judge adds the verdict, which is none where inventory is missing.
func (p *Policy) judge(verdict policy.Verdict, reading policy.Reading, missing bool) {
	p.Reason, p.Message, p.Remedy = string(verdict.Reason), audit.Clean(verdict.Message), audit.Clean(verdict.Remedy)
	p.Largest = verdict.Largest
	p.Result = string(outcome(policy.Decide([]policy.Verdict{verdict}).Action))
	if missing && reading.Uncounted != nil {
		p.Result = string(check.Unknown)
	}
}

// outcome says in the words of a result what is done.
func outcome(action policy.Action) check.Outcome {
	switch action {
	case policy.Warn:
		return check.Warned
	case policy.Audit:
		return check.Audited
	case policy.Allow:
		return check.Allowed
	default:
		return check.Denied
	}
}

// percent writes a limit as people read it.
func percent(limit string) string {
	parsed, err := risk.ParseProbability(limit)
	if err != nil {
		return limit
	}
	return parsed.Percent()
}
