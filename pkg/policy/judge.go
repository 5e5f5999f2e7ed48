package policy

import (
	"errors"
	"fmt"

	"github.com/seawall-dev/seawall/pkg/apis/v1alpha1"
	"github.com/seawall-dev/seawall/pkg/risk"
	"github.com/seawall-dev/seawall/pkg/rollout"
)

// Judge concludes whether a write that the policy selects satisfies it, by itself or because
// an override permits it. Only what would be denied is overridden: a policy that warns or
// audits admits the write anyway, and an override for one use must not be used up by that.
func (p *Policy) Judge(c Case) Verdict {
	verdict := p.judge(c)
	if verdict.asks(v1alpha1.ActionDeny) {
		return p.override(verdict, c)
	}
	return verdict
}

func (p *Policy) judge(c Case) Verdict {
	verdict := Verdict{Policy: p.Name, actions: p.actions}
	if p.invalid != nil {
		return p.refuseAll(verdict)
	}
	if err := malformed(c.Metadata, c.Stored); err != nil {
		return p.judgeRateError(verdict, err)
	}
	change, err := p.counted(c)
	if err != nil {
		return p.judgeUncounted(verdict, err, c.Metadata)
	}
	return p.among(p.account(p.judgeCounted(verdict, change, c.Metadata), change, c), change)
}

// refuseAll refuses because the policy is not understood.
func (p *Policy) refuseAll(verdict Verdict) Verdict {
	return verdict.refuse(PolicyInvalid, fmt.Sprintf(
		"policy %q cannot be judged by until its author mends it: %s", p.Name, oneLine(p.invalid)))
}

// counted returns what the write does in the eyes of the policy.
func (p *Policy) counted(c Case) (rollout.Change, error) {
	switch {
	case !p.ignoreDeclared || !c.Change.RestsOnDeclaration():
		return c.Change, c.Err
	case c.Undeclared == nil: // whoever read it did not ask
		return rollout.Change{}, rollout.Unresolved(rollout.DeclaredEvidence, "is not accepted")
	}
	return c.Undeclared.Change, c.Undeclared.Err
}

func (p *Policy) judgeCounted(verdict Verdict, change rollout.Change, metadata rollout.Metadata) Verdict {
	waves := p.waves(change)
	verdict.Environments = 0
	for _, wave := range waves {
		verdict.Environments += wave.step.Size()
	}
	if verdict.Environments == 0 {
		verdict.Reason = NoChange
		return verdict
	}
	rates := p.ratesOf(metadata)
	for i := range waves {
		if err := waves[i].rate(rates); err != nil {
			return p.judgeRateError(verdict, err)
		}
	}
	verdict.Warnings = rates.warnings(metadata)
	verdict = p.judgeWaves(verdict, waves)
	if !verdict.Satisfied() && change.Evidence != "" {
		verdict.Message += " Counted by " + change.Evidence + "."
	}
	return verdict
}

func (v Verdict) refuse(reason Reason, message string) Verdict {
	v.Reason, v.Message = reason, message
	return v
}

// mended refuses with what to do behind what is wrong.
func (v Verdict) mended(reason Reason, wrong, remedy string) Verdict {
	v.Remedy = remedy
	return v.refuse(reason, wrong+" "+remedy)
}

func (p *Policy) judgeUncounted(verdict Verdict, err error, metadata rollout.Metadata) Verdict {
	verdict.Withheld = rollout.Withheld(err)
	var unresolved *rollout.UnresolvedError
	if !errors.As(err, &unresolved) {
		return verdict.refuse(AnnotationMalformed, fmt.Sprintf("%s (policy %q).", err, p.Name))
	}
	verdict.Environments = unresolved.AtLeast
	remedy := "Set annotation " + v1alpha1.EnvironmentsAnnotation + " to their number"
	if p.ignoreDeclared {
		remedy = "An override can permit it, annotation " + v1alpha1.EnvironmentsAnnotation +
			" does not (declaredEnvironments: Ignore)"
	}
	message := fmt.Sprintf("%s. %s (policy %q, onUnresolved: %s).", err, remedy, p.Name, p.onUnresolved)
	floor, exceeded := p.judgeFloor(verdict, unresolved, metadata)
	if exceeded {
		return floor
	}
	verdict.takes = floor.takes
	switch p.onUnresolved {
	case v1alpha1.UnresolvedAllow:
		verdict.Reason = UnresolvedAdmitted
	case v1alpha1.UnresolvedWarn:
		verdict.Reason = UnresolvedAdmitted
		verdict.Warnings = []string{message}
	default:
		verdict.Remedy = remedy + "."
		return verdict.refuse(Unresolved, message)
	}
	return verdict
}

// judgeFloor judges, where a policy admits what cannot be counted, what could be: nothing tells how
// those are paced, so they are one wave.
func (p *Policy) judgeFloor(verdict Verdict, found *rollout.UnresolvedError, metadata rollout.Metadata) (floor Verdict, exceeded bool) {
	if p.onUnresolved == v1alpha1.UnresolvedDeny || found.AtLeast == 0 {
		return verdict, false
	}
	const remedy = "let at most " + rollout.PerWave + " environments follow one write"
	floor = p.judgeCounted(verdict, rollout.Change{Steps: []rollout.Step{{
		Declared: found.AtLeast, InFlight: found.AtLeast, PaceRemedy: remedy, SplitRemedy: remedy,
	}}}, metadata)
	floor.Message += fmt.Sprintf(" There may be more: %s.", found)
	return floor, !floor.Satisfied()
}

func (p *Policy) judgeRateError(verdict Verdict, err error) Verdict {
	if errors.Is(err, errNoRate) && p.ignoreClaims {
		return verdict.mended(SuccessRateMissing, fmt.Sprintf(
			"policy %q has no default sync success rate, and considers none but those annotated on the inventory (successRate.claims: Ignore):",
			p.Name), "its author has to set spec.successRate.default.")
	}
	if errors.Is(err, errNoRate) {
		return verdict.mended(SuccessRateMissing, fmt.Sprintf(
			"annotation %s is missing and policy %q has no default:", v1alpha1.SyncSuccessRateAnnotation, p.Name),
			"set it to the chance that the sync of one environment succeeds, such as \"0.99\".")
	}
	verdict.Withheld = rollout.Withheld(err)
	return verdict.refuse(AnnotationMalformed, fmt.Sprintf("%s (policy %q).", err, p.Name))
}

func (p *Policy) judgeWaves(verdict Verdict, waves []wave) Verdict {
	inFlight := make([]risk.Wave, len(waves))
	whole := make([]risk.Wave, len(waves))
	var stand origins
	for i, wave := range waves {
		inFlight[i], whole[i] = wave.inFlight, wave.whole
		stand |= wave.origins
	}
	worst := risk.Assess(p.wave, inFlight)
	wave := waves[worst.Wave]
	verdict.takes.wave = wave.inFlight
	verdict.Numbers = Numbers{
		Environments:     verdict.Environments,
		Wave:             wave.number,
		WaveEnvironments: worst.N,
		Probability:      worst.Probability,
		Limit:            p.wave.Max.String(),
		SuccessRate:      rateText(wave.inFlight),
		Largest:          worst.Largest,
	}
	if worst.Exceeded {
		verdict.Largest = p.wave.LargestOf(wave.whole)
		wrong, remedy := p.waveMessage(verdict.Numbers, wave)
		return verdict.mended(WaveOverLimit, wrong, remedy)
	}
	if p.rollout != nil {
		if all := risk.Join(whole...); p.rollout.Exceeded(all) {
			verdict.Numbers = Numbers{
				Environments:     verdict.Environments,
				WaveEnvironments: all.N(),
				Probability:      all.ProbabilityOfMoreThan(p.rollout.Tolerated),
				Limit:            p.rollout.Max.String(),
				SuccessRate:      rateText(all),
				Largest:          p.rollout.LargestOf(all),
			}
			wrong, remedy := p.rolloutMessage(verdict.Numbers, all, stand)
			return verdict.mended(RolloutOverLimit, wrong, remedy)
		}
	}
	verdict.Reason = Within
	return verdict
}
