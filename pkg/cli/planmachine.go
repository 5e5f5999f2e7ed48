package cli

import (
	"time"
)

// machine is what machines read.
func (r planReport) machine() machinePlan {
	result := machinePlan{
		Environments: r.plan.Environments, SuccessRate: r.rates(), Limit: r.request.Limit.Max.String(),
		ToleratedFailures: r.request.Limit.Tolerated, LargestWave: r.plan.Largest, Canary: r.plan.Canary, Ramp: r.plan.Ramp,
		Probability: r.plan.Probability, ExpectedFailures: r.plan.ExpectedFailures, ExpectedWhenStopped: r.plan.ExpectedWhenStopped,
		Duration: spell(r.plan.Duration),
	}
	for _, wave := range r.plan.Waves {
		result.Waves = append(result.Waves, machineWave{
			Wave: wave.Number, Environments: wave.Size, Total: wave.Total, Probability: wave.Probability,
			CumulativeProbability: wave.Cumulative, ExpectedFailures: wave.ExpectedFailures, EndsAfter: spell(wave.Ends),
		})
	}
	if r.subject != nil {
		result.Rollout, result.Now = r.subject.document.String(), r.now()
	}
	return result
}

func spell(duration time.Duration) string {
	if duration == 0 {
		return ""
	}
	return duration.String()
}

type machinePlan struct {
	Rollout             string        `json:"rollout,omitempty"`
	Environments        int           `json:"environments"`
	SuccessRate         string        `json:"successRate"`
	Limit               string        `json:"limit"`
	ToleratedFailures   int           `json:"toleratedFailures"`
	Now                 []stepReport  `json:"now,omitempty"`
	LargestWave         int           `json:"largestWave"`
	Canary              int           `json:"canary"`
	Ramp                float64       `json:"ramp"`
	Waves               []machineWave `json:"waves"`
	Probability         float64       `json:"probability"`
	ExpectedFailures    float64       `json:"expectedFailures"`
	ExpectedWhenStopped float64       `json:"expectedFailuresWhenStopped"`
	Duration            string        `json:"duration,omitempty"`
}

type machineWave struct {
	Wave                  int     `json:"wave"`
	Environments          int     `json:"environments"`
	Total                 int     `json:"total"`
	Probability           float64 `json:"probability"`
	CumulativeProbability float64 `json:"cumulativeProbability"`
	ExpectedFailures      float64 `json:"expectedFailures"`
	EndsAfter             string  `json:"endsAfter,omitempty"`
}

// stepReport is one step of a rollout as it is.
type stepReport struct {
	Environments int     `json:"environments"`
	InFlight     int     `json:"inFlight"`
	Probability  float64 `json:"probability"`
}
