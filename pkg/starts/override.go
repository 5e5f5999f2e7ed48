package starts

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/seawall-dev/seawall/pkg/gate"
	"github.com/seawall-dev/seawall/pkg/gate/argocd"
	"github.com/seawall-dev/seawall/pkg/policy"
)

// Overridden is the reason of starts that an override lets pass.
const Overridden = "Overridden"

// override admits a start that the policy holds, if an override of its ApplicationSet lets it pass: of those
// that do, the one that permits the least.
func (j *Judge) override(
	verdict *Verdict, by named, member argocd.Member, at time.Time, admit func(gate.Rule) (gate.Decision, error),
) error {
	overrides := slices.SortedFunc(slices.Values(j.Overrides.For(rolloutOf(member))), func(a, b *policy.Override) int {
		return cmp.Or(cmp.Compare(a.Permits, b.Permits), strings.Compare(a.Name, b.Name))
	})
	for _, override := range overrides {
		rule, accepted := by.Overriding(override, at)
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

// rolloutOf returns what overrides of an Application are for: the ApplicationSet that it is of, or itself if it
// is of none.
func rolloutOf(member argocd.Member) policy.Reference {
	of := policy.Reference{
		GroupKind: schema.GroupKind{Group: "argoproj.io", Kind: "Application"}, Namespace: member.Namespace, Name: member.Name,
	}
	if member.Owner != "" {
		of.Kind, of.Name = "ApplicationSet", member.Owner
	}
	return of
}
