package starts

import (
	"context"
	"fmt"
	"slices"

	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/seawall-dev/seawall/pkg/gate"
	"github.com/seawall-dev/seawall/pkg/policy"
)

// gating returns what the policies say that gate an environment.
func (j *Judge) gating(ctx context.Context, member gate.Member) ([]named, error) {
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

// Idle tells whether no policy gates any start, and none has of late.
func (j *Judge) Idle() bool {
	gates := func(one *policy.Policy) bool { return one.Gate() != nil }
	return !slices.ContainsFunc(j.Policies.All(), gates) && len(j.Policies.Ended()) == 0 &&
		len(j.Kept.All(func(string) bool { return true })) == 0
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

func (j *Judge) selects(ctx context.Context, says *policy.Gate, member gate.Member) (bool, error) {
	var within labels.Labels
	if says.SelectsNamespaces() {
		var err error
		if within, _, err = j.Namespaces.Get(ctx, member.Namespace); err != nil {
			return false, fmt.Errorf("reading namespace %s: %w", member.Namespace, err)
		}
	}
	return says.Selects(policy.StartSubject{
		Kind: schema.GroupKind{Group: member.Rollout.Group, Kind: member.Rollout.Kind}, NamespaceLabels: within, Labels: member.Rollout.Labels,
	}), nil
}
