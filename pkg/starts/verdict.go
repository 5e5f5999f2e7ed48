package starts

import (
	"slices"

	"github.com/seawall-dev/seawall/pkg/gate"
	"github.com/seawall-dev/seawall/pkg/gate/waves"
	"github.com/seawall-dev/seawall/pkg/policy"
)

// Verdict is what one policy concludes about a start.
type Verdict struct {
	gate.Decision

	Policy string
	// Reason is that of the decision, or why there is none.
	Reason string
	// Message says why the start is held, in one line for its reader, and Whole names all environments, for
	// records that the reader does not see. Both are empty for one that is not.
	Message, Whole string
	// Holds says that the policy wants a start that should wait to do so, and Warns that it wants its user to
	// be told.
	Holds, Warns bool
	// Probability is the chance that more fail of what would be in flight together than the policy tolerates,
	// and Limit the largest that it allows, as a decimal.
	Probability float64
	Limit       string
	// Override is the one that lets the start pass; nil for any other.
	Override *policy.Override

	key waves.Key
	// peak is the largest number of the group that was in flight at once before the start.
	peak int
}

// LedgerName returns the name of the Wave that says who is in flight; empty for a start that no group has.
func (v *Verdict) LedgerName() string {
	if v.key.Policy == "" {
		return ""
	}
	return v.key.Name()
}

// refuses tells whether the start must wait for the policy.
func (v *Verdict) refuses() bool { return v.Held && v.Holds }

// Judgement is what all policies conclude about a start. Without verdicts none gates it.
type Judgement struct {
	Verdicts []Verdict
}

// Refused returns the first verdict by which the start is held; nil if it is admitted.
func (j Judgement) Refused() *Verdict {
	for i := range j.Verdicts {
		if j.Verdicts[i].refuses() {
			return &j.Verdicts[i]
		}
	}
	return nil
}

// Overrides returns those by which the start passes, each once.
func (j Judgement) Overrides() []*policy.Override {
	var used []*policy.Override
	for i := range j.Verdicts {
		if by := j.Verdicts[i].Override; by != nil && !slices.Contains(used, by) {
			used = append(used, by)
		}
	}
	return used
}

// Would returns the first verdict by which the start would be held if its policy held any; nil if there is
// none.
func (j Judgement) Would() *Verdict {
	for i := range j.Verdicts {
		if j.Verdicts[i].Held {
			return &j.Verdicts[i]
		}
	}
	return nil
}
