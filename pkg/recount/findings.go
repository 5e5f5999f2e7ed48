package recount

import (
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"

	"github.com/seawall-dev/seawall/pkg/evaluate"
	"github.com/seawall-dev/seawall/pkg/policy"
)

// Counts are of the rollouts that one policy matches.
type Counts struct {
	// Matched is the number of all of them.
	Matched int
	// OverLimit is that of those whose next change of all environments violates the policy.
	OverLimit int
	// Unresolved is that of those that cannot be judged: their environments cannot be
	// counted, or their success rate is missing or malformed.
	Unresolved int
	// Overridden is that of those that would be among OverLimit or Unresolved if no override
	// permitted their change.
	Overridden int
}

// Within is the number of those that are within the limits of the policy, of themselves.
func (c Counts) Within() int { return c.Matched - c.OverLimit - c.Unresolved - c.Overridden }

// result is all that is kept of a rollout.
type result struct {
	states  []policyState
	finding finding
}

type policyState struct {
	policy string
	state  policy.State
}

// finding is what is wrong with a rollout; its zero value is nothing. The numbers may change
// while it stays the same finding.
type finding struct {
	action, policy string
	reason         policy.Reason
}

func newResult(found evaluate.Judgement) result {
	decision := found.Decision
	judged := result{states: make([]policyState, len(found.Verdicts))}
	for i, verdict := range found.Verdicts {
		judged.states[i] = policyState{policy: verdict.Policy, state: verdict.Reason.State()}
	}
	// What an override permits is not mended: it is a finding that asks for no action.
	if decision.Action != policy.Allow || decision.Verdict.Reason == policy.Overridden {
		judged.finding = finding{action: decision.Action.String(), policy: decision.Verdict.Policy, reason: decision.Verdict.Reason}
	}
	return judged
}

// results are those of all rollouts that policies match.
type results map[schema.GroupKind]map[types.NamespacedName]result

// put keeps the result of a rollout and returns the finding before.
func (r results) put(kind schema.GroupKind, key types.NamespacedName, judged result) (before finding) {
	before = r[kind][key].finding
	if len(judged.states) == 0 {
		delete(r[kind], key)
		return before
	}
	if r[kind] == nil {
		r[kind] = map[types.NamespacedName]result{}
	}
	r[kind][key] = judged
	return before
}

// counts returns those of each policy that matches any rollout.
func (r results) counts() map[string]Counts {
	counts := map[string]Counts{}
	for _, ofKind := range r {
		for _, judged := range ofKind {
			for _, concluded := range judged.states {
				count := counts[concluded.policy]
				count.Matched++
				switch concluded.state {
				case policy.StateWithin:
				case policy.StateOverLimit:
					count.OverLimit++
				case policy.StateUnresolved:
					count.Unresolved++
				case policy.StateOverridden:
					count.Overridden++
				}
				counts[concluded.policy] = count
			}
		}
	}
	return counts
}
