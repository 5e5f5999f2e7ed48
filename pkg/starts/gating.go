package starts

import (
	"context"
	"fmt"

	"github.com/seawall-dev/seawall/pkg/gate"
	"github.com/seawall-dev/seawall/pkg/gate/argocd"
	"github.com/seawall-dev/seawall/pkg/policy"
)

// gating returns what the policies say that gate an Application.
func (j *Judge) gating(ctx context.Context, member argocd.Member) ([]named, error) {
	var gates []named
	for _, one := range j.Policies.All() {
		says := one.Gate()
		if says == nil {
			continue
		}
		selects, err := j.selects(ctx, says, member)
		if err != nil {
			return nil, err
		}
		if selects {
			gates = append(gates, named{Gate: says, policy: one.Name})
		}
	}
	return gates, nil
}

// named is what the policy of a name says of starts.
type named struct {
	*policy.Gate

	policy string
	// kept is what it has said, where it holds nothing any more; nil for what it says now.
	kept *policy.KeptRule
}

// rule returns by what starts are judged.
func (n named) rule() gate.Rule {
	if n.kept != nil {
		return n.kept.Rule()
	}
	return n.Rule()
}

func (j *Judge) selects(ctx context.Context, says *policy.Gate, member argocd.Member) (bool, error) {
	within, _, err := j.Namespaces.Get(ctx, member.Namespace)
	if err != nil {
		return false, fmt.Errorf("reading namespace %s: %w", member.Namespace, err)
	}
	return says.Selects(policy.StartSubject{Owned: member.Owner != "", NamespaceLabels: within, Labels: member.Selectable}), nil
}
