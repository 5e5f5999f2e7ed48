package policy

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/seawall-dev/seawall/pkg/apis/v1alpha1"
)

// Action is what is done about a write. The zero value denies.
type Action int

const (
	// Deny refuses the write.
	Deny Action = iota
	// Warn admits the write with a warning to its author.
	Warn
	// Audit admits the write and only records that a policy is not satisfied.
	Audit
	// Allow admits the write.
	Allow
)

// String returns the action as metrics and records spell it.
func (a Action) String() string {
	switch a {
	case Warn:
		return "Warn"
	case Audit:
		return "Audit"
	case Allow:
		return "Allow"
	default:
		return "Deny"
	}
}

// Decision is what the verdicts of all policies come to.
type Decision struct {
	Action Action
	// Verdict is the one that explains the action: that of the strictest policy.
	Verdict Verdict
	// Overrides are those without which the write would be denied, sorted by name; none when
	// it is denied.
	Overrides []*Override
	// Warnings are for the writer, without those of a denial.
	Warnings []string
}

// Judge returns what each of the policies, all of which select a write, concludes about it. Where
// one override does for all of them that need one, they rest on that: the least that does.
func Judge(policies []*Policy, found Case) []Verdict {
	verdicts := make([]Verdict, len(policies))
	var overridden []*Policy
	for i, policy := range policies {
		verdicts[i] = policy.Judge(found)
		if verdicts[i].Override != nil {
			overridden = append(overridden, policy)
		}
	}
	if len(overrides(verdicts)) < 2 { //nolint:mnd // one is the least there can be
		return verdicts
	}
	for _, override := range found.inForce() {
		if slices.ContainsFunc(overridden, func(p *Policy) bool { return !p.passes(override, found) }) {
			continue
		}
		for i := range verdicts {
			if verdicts[i].Override != nil {
				verdicts[i].Override = override
			}
		}
		break
	}
	return verdicts
}

// Decide combines the verdicts of every policy that selects a write: all must be
// satisfied. No verdict allows.
func Decide(verdicts []Verdict) Decision {
	if len(verdicts) == 0 {
		return Decision{Action: Allow, Verdict: Verdict{Reason: NotJudged}}
	}
	decision := Decision{Action: Allow}
	for _, action := range []v1alpha1.ValidationAction{v1alpha1.ActionDeny, v1alpha1.ActionWarn, v1alpha1.ActionAudit} {
		if asking := asking(verdicts, action); len(asking) > 0 {
			decision.Action, decision.Verdict = actionOf(action), strictest(asking)
			decision.Verdict.Message += others(asking)
			break
		}
	}
	if decision.Action == Allow {
		decision.Verdict = riskiest(verdicts)
	}
	if decision.Action != Deny {
		decision.Overrides = overrides(verdicts)
	}
	for _, override := range decision.Overrides {
		decision.Warnings = append(decision.Warnings, override.Warning())
	}
	for _, verdict := range verdicts {
		decision.Warnings = append(decision.Warnings, verdict.Warnings...)
		if verdict.asks(v1alpha1.ActionWarn) {
			decision.Warnings = append(decision.Warnings, verdict.Message)
		}
	}
	return decision
}

func actionOf(action v1alpha1.ValidationAction) Action {
	switch action {
	case v1alpha1.ActionWarn:
		return Warn
	case v1alpha1.ActionAudit:
		return Audit
	default:
		return Deny
	}
}

func asking(verdicts []Verdict, action v1alpha1.ValidationAction) []Verdict {
	var asking []Verdict
	for _, verdict := range verdicts {
		if verdict.asks(action) {
			asking = append(asking, verdict)
		}
	}
	return asking
}

// strictest returns the verdict to explain first: what must be mended before anything can
// be counted, then the policy that allows the fewest environments.
func strictest(verdicts []Verdict) Verdict {
	return slices.MinFunc(verdicts, func(a, b Verdict) int {
		return cmp.Or(
			cmp.Compare(a.Reason.meaning().rank, b.Reason.meaning().rank),
			cmp.Compare(a.Largest, b.Largest),
			strings.Compare(a.Policy, b.Policy),
		)
	})
}

// riskiest returns the satisfied verdict that came closest to its limit, or one that needed
// an override.
func riskiest(verdicts []Verdict) Verdict {
	return slices.MaxFunc(verdicts, func(a, b Verdict) int {
		return cmp.Or(
			comparePermits(a.Override, b.Override),
			cmp.Compare(a.limit(), b.limit()),
			cmp.Compare(a.Probability, b.Probability),
			strings.Compare(b.Policy, a.Policy),
		)
	})
}

// limit is which of the limits a verdict that is satisfied is over: that of a wave, where the starts are held
// within it, or none.
func (v Verdict) limit() int {
	if v.Reason == Gated {
		return 1
	}
	return 0
}

// comparePermits compares what overrides permit; none permits less than any.
func comparePermits(a, b *Override) int {
	switch {
	case a != nil && b != nil:
		return cmp.Compare(a.Permits, b.Permits)
	case a != nil:
		return 1
	case b != nil:
		return -1
	}
	return 0
}

// overrides returns those that the verdicts rest on, each once.
func overrides(verdicts []Verdict) []*Override {
	var used []*Override
	for _, verdict := range verdicts {
		if verdict.Override != nil && !slices.Contains(used, verdict.Override) {
			used = append(used, verdict.Override)
		}
	}
	slices.SortFunc(used, func(a, b *Override) int { return strings.Compare(a.Name, b.Name) })
	return used
}

func others(asking []Verdict) string {
	if len(asking) == 1 {
		return ""
	}
	return fmt.Sprintf(" (%d policies are not satisfied; this one is the strictest)", len(asking))
}
