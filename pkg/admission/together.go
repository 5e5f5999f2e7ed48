package admission

import (
	"context"

	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/seawall-dev/seawall/pkg/audit"
	"github.com/seawall-dev/seawall/pkg/policy"
	"github.com/seawall-dev/seawall/pkg/rollout"
	"github.com/seawall-dev/seawall/pkg/starts"
)

// TogetherJudge concludes about writes each of which is one start of several environments, such as those of
// Promotions.
type TogetherJudge interface {
	// Concerns tells whether a write is one.
	Concerns(kind schema.GroupKind, operation rollout.Operation) bool
	// Judge has the starts in the ledgers if all of them are admitted, unless they are on trial. The error says
	// why it cannot be told.
	Judge(ctx context.Context, write rollout.Write, by string, trial bool) (starts.Judgement, error)
}

// explains returns the verdict that explains what is done about starts, and what that is; nil if no policy
// gates them.
func explains(judgement starts.Judgement) (*starts.Verdict, string) {
	if refused := judgement.Refused(); refused != nil {
		return refused, audit.Deny
	}
	if would := judgement.Would(); would != nil && would.Warns {
		return would, audit.Warn
	} else if would != nil {
		return would, audit.Audit
	}
	for i := range judgement.Verdicts {
		if judgement.Verdicts[i].Override != nil || i == len(judgement.Verdicts)-1 {
			return &judgement.Verdicts[i], audit.Allow
		}
	}
	return nil, audit.Allow
}

// put has a record tell of a verdict about starts.
func put(record *audit.Record, verdict *starts.Verdict, action string) {
	record.Action, record.Routine = action, false
	record.Policy, record.Reason, record.Message = verdict.Policy, verdict.Reason, verdict.Whole
	record.Environments, record.WaveEnvironments = verdict.Wave.N(), verdict.Wave.N()
	record.Probability, record.Limit = verdict.Probability, verdict.Limit
}

// passed has a record tell of the overrides by which starts pass.
func passed(record *audit.Record, overrides []*policy.Override) {
	for _, override := range overrides {
		if record.Override != "" {
			record.Override, record.OverrideReason = record.Override+", ", record.OverrideReason+"; "
		}
		record.Override, record.OverrideReason = record.Override+override.String(), record.OverrideReason+override.Reason
	}
}

// told has a record tell of what the gate says of a write that passes otherwise, where that is more than that it
// passes, too.
func (o outcome) told(record *audit.Record) {
	verdict, action := explains(o.together)
	if verdict == nil || o.failure != nil {
		return
	}
	overrides := o.together.Overrides()
	if action != audit.Allow || record.Policy == "" || len(overrides) > 0 {
		put(record, verdict, action)
	}
	if action != audit.Deny {
		passed(record, overrides)
	}
}

// because says why a write is refused. The record names whom the writer may not be told of.
func (o outcome) because(record audit.Record) string {
	if held := o.together.Refused(); held != nil {
		return held.Message
	}
	return record.Message
}

// warnings are what the writer is to be told of the starts that the write is.
func (o outcome) warnings() []string {
	if !o.passes() {
		return nil
	}
	var said []string
	if would := o.together.Would(); would != nil && would.Warns {
		said = append(said, "not "+would.Message)
	}
	for _, override := range o.together.Overrides() {
		said = append(said, override.Warning())
	}
	return said
}
