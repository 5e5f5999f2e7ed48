package evaluate

import (
	"github.com/seawall-dev/seawall/pkg/audit"
	"github.com/seawall-dev/seawall/pkg/policy"
)

// Record returns what is to be kept of a judgement. About which rollout and which request it
// is, the caller knows.
func (j Judgement) Record() audit.Record {
	verdict := j.Decision.Verdict
	record := audit.Record{
		Action:           j.Decision.Action.String(),
		Reason:           string(verdict.Reason),
		Policy:           verdict.Policy,
		Message:          verdict.Message,
		Withheld:         verdict.Withheld,
		Environments:     verdict.Environments,
		Wave:             verdict.Wave,
		WaveEnvironments: verdict.WaveEnvironments,
		Probability:      verdict.Probability,
		Limit:            verdict.Limit,
		SuccessRate:      verdict.SuccessRate,
		Evidence:         j.Change.Evidence,
		Total:            j.Change.Environments,
		Held:             j.Change.Held,
		Phases:           j.Phases,
		Routine:          verdict.Reason.Routine(),
	}
	record.Override, record.OverrideReason = overridesOf(j.Decision)
	return record
}

// overridesOf returns the names of the overrides that were used, and their reasons.
func overridesOf(decision policy.Decision) (names, reasons string) {
	for i, override := range decision.Overrides {
		if i > 0 {
			names, reasons = names+", ", reasons+"; "
		}
		names, reasons = names+override.String(), reasons+override.Reason
	}
	return names, reasons
}
