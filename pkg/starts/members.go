package starts

import (
	"context"
	"slices"
	"time"

	"github.com/seawall-dev/seawall/pkg/apis/v1alpha1"
	"github.com/seawall-dev/seawall/pkg/gate"
	"github.com/seawall-dev/seawall/pkg/gate/argocd"
	"github.com/seawall-dev/seawall/pkg/gate/waves"
	"github.com/seawall-dev/seawall/pkg/policy"
)

// settling says when starts are done under a policy.
func settling(says *policy.Gate) argocd.Settling {
	return argocd.Settling{ByOperation: says.SettledWhenOperation, HealthTimeout: says.HealthTimeout}
}

// fleet returns what is known of the environments of a group: of siblings only if they have a say.
func (j *Judge) fleet(ctx context.Context, says *policy.Gate, of gate.Group, now time.Time) (*argocd.Fleet, error) {
	if says.Order == nil {
		return j.Applications.Fleet(settling(says), now, nil)
	}
	return j.group(ctx, says, of, now)
}

// group returns what is known of all environments of a group.
func (j *Judge) group(ctx context.Context, says *policy.Gate, of gate.Group, now time.Time) (*argocd.Fleet, error) {
	members, err := j.Applications.Members()
	if err != nil {
		return nil, err
	}
	groups, err := j.groups(ctx, says, members)
	if err != nil {
		return nil, err
	}
	return j.Applications.Fleet(settling(says), now, groups[of.Key()])
}

// groups returns the Applications that a policy gates by the keys of their groups.
func (j *Judge) groups(ctx context.Context, says *policy.Gate, members []argocd.Member) (map[string][]argocd.Ranked, error) {
	groups := map[string][]argocd.Ranked{}
	for _, member := range members {
		selects, err := j.selects(ctx, says, member)
		if err != nil {
			return nil, err
		}
		group, lacks := gate.Place(says.By, member.Facts)
		if !selects || len(lacks) > 0 && says.Ungrouped != v1alpha1.UngroupedSingle {
			continue
		}
		rank := 0
		if says.Order != nil {
			rank = says.Order.Rank(member.Facts)
		}
		groups[group.Key()] = append(groups[group.Key()], argocd.Ranked{Member: member, Rank: rank})
	}
	return groups, nil
}

// of returns what the policy of a name says of starts; nil if that is nothing.
func (j *Judge) of(name string) *policy.Gate {
	policies := j.Policies.All()
	at := slices.IndexFunc(policies, func(p *policy.Policy) bool { return p.Name == name })
	if at < 0 {
		return nil
	}
	return policies[at].Gate()
}

// Derive returns the ledger of a group by what is under way there: for one that has none. One whose policy
// gates nothing any more is empty.
func (j *Judge) Derive(ctx context.Context, key waves.Key) (gate.Ledger, error) {
	says := j.of(key.Policy)
	if says == nil {
		return gate.Ledger{}, nil
	}
	fleet, err := j.group(ctx, says, key.Group, time.Now().Truncate(waves.Precision))
	if err != nil {
		return gate.Ledger{}, err
	}
	return derive(says, fleet), nil
}

// derive returns the ledger of those of a group that are under way.
func derive(says *policy.Gate, fleet *argocd.Fleet) gate.Ledger {
	var ledger gate.Ledger
	for _, under := range fleet.Under() {
		// One of which no rate is known counts as certain to fail.
		under.Start.Rate, _ = says.StartRate(under.ClusterRate, under.SuccessRate, under.OwnerRate)
		if len(ledger.InFlight) < gate.MostInFlight {
			ledger = ledger.Start(under.Start)
		}
	}
	return ledger
}
