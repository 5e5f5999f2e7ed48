package policy

import (
	"slices"

	"github.com/seawall-dev/seawall/pkg/apis/v1alpha1"
	"github.com/seawall-dev/seawall/pkg/rollout"
)

// Verdict is what one policy concludes about one write. The zero value is not satisfied.
type Verdict struct {
	Numbers

	Policy string
	Reason Reason
	// Message explains a verdict that is not satisfied, or would not be without Override: one
	// line that says what is wrong and what to do.
	Message string
	// Remedy is the part of the message that says what to do; empty where none of it does.
	Remedy string
	// Withheld is what the message leaves out, because the writer need not be able to read the
	// inventory: for the log alone. It is mostly empty.
	Withheld string
	// Override is the one that permits the write when the reason is Overridden.
	Override *Override
	// Warnings are for the writer, whatever the verdict.
	Warnings []string

	actions []v1alpha1.ValidationAction
	// takes is what the write takes of a window.
	takes taking
}

// Numbers are what a verdict rests on. They are zero when nothing was counted.
type Numbers struct {
	// Environments is n, the number of environments that the write affects.
	Environments int
	// Wave is the number of the worst wave, from 1, or of the first wave of its step where it is not
	// known which of them that is; 0 when the whole rollout is meant.
	Wave int
	// WaveEnvironments is the number of environments in that wave.
	WaveEnvironments int
	// Probability is the chance, from 0 to 1, that more environments of that wave fail
	// than the policy tolerates.
	Probability float64
	// Limit is the largest probability that the policy allows, as a decimal.
	Limit string
	// SuccessRate is the rate of the wave's environments, "0.99", or a range of rates,
	// "0.9 to 0.99".
	SuccessRate string
	// Largest is the most environments per wave that the policy allows.
	Largest int
}

// Satisfied tells whether the policy has no objection to the write.
func (v Verdict) Satisfied() bool { return v.Reason.meaning().satisfied }

// asks tells whether the policy wants an action taken. A verdict that names none, like the
// zero value, asks to deny.
func (v Verdict) asks(action v1alpha1.ValidationAction) bool {
	if v.Satisfied() {
		return false
	}
	return slices.Contains(v.actions, action) || len(v.actions) == 0 && action == v1alpha1.ActionDeny
}

// Undeclared is what a write does as far as that can be counted: Change and Err of a Case.
type Undeclared struct {
	Change rollout.Change
	Err    error
}

// Case is what is known of one write.
type Case struct {
	// Change is what the write does, or its zero value when Err is set.
	Change rollout.Change
	// Err is the error of rollout.Reader: an *UnresolvedError or an *AnnotationError.
	Err error
	// Undeclared is what they are without what annotations declare, for policies that do not
	// accept that; nil where Change rests on no declaration.
	Undeclared *Undeclared
	// Metadata is that of the object as it would be stored, or as it is on Delete.
	Metadata rollout.Metadata
	// Stored are the annotations of the object as it is stored, so that those which a write brings
	// in can be told; nil on Create.
	Stored map[string]string
	// Overrides are all that there are for the rollout. Those that have ended, or do not
	// suffice, do not count.
	Overrides []*Override
	// Use says who writes, what and when, if an override is used. Its time is the one at
	// which overrides must be in force.
	Use Use
}
