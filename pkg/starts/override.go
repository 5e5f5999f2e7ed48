package starts

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/seawall-dev/seawall/pkg/gate"
	"github.com/seawall-dev/seawall/pkg/policy"
)

// Overridden is the reason of starts that an override lets pass.
const Overridden = "Overridden"

// override admits starts that the policy holds, if an override of their rollout lets them pass: of those
// that do, the one that permits the least.
func (j *Judge) override(verdict *Verdict, of *claim, at time.Time, admit func(gate.Rule) (gate.Decision, error)) error {
	rollout := rolloutOf(of.members[0])
	if slices.ContainsFunc(of.members, func(other gate.Member) bool { return rolloutOf(other) != rollout }) {
		return nil // it is for a part of them
	}
	overrides := slices.SortedFunc(slices.Values(j.Overrides.For(rollout)), func(a, b *policy.Override) int {
		return cmp.Or(cmp.Compare(a.Permits, b.Permits), strings.Compare(a.Name, b.Name))
	})
	for _, override := range overrides {
		rule, accepted := of.by.Overriding(override, at)
		if !accepted {
			continue
		}
		decision, err := admit(rule)
		if err != nil {
			return err
		}
		if !decision.Held {
			verdict.Decision, verdict.Reason, verdict.Override = decision, Overridden, override
			return nil
		}
	}
	return nil
}

// rolloutOf returns what overrides of an environment are for.
func rolloutOf(member gate.Member) policy.Reference {
	return policy.Reference{
		GroupKind: schema.GroupKind{Group: member.Rollout.Group, Kind: member.Rollout.Kind},
		Namespace: member.Namespace, Name: member.Rollout.Name,
	}
}
