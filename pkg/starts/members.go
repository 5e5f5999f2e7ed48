package starts

import (
	"context"
	"slices"
	"time"

	"github.com/seawall-dev/seawall/pkg/gate"
	"github.com/seawall-dev/seawall/pkg/gate/waves"
	"github.com/seawall-dev/seawall/pkg/policy"
)

// settling says when starts are done under a policy.
func settling(says *policy.Gate) gate.Settling {
	return gate.Settling{ByOperation: says.SettledWhenOperation, HealthTimeout: says.HealthTimeout}
}

// fleet returns what is known of the environments of a group: of siblings only if they have a say.
func (j *Judge) fleet(ctx context.Context, says *policy.Gate, of gate.Group, now time.Time) (*fleet, error) {
	if says.Order == nil {
		return j.fleetOf(settling(says), now, nil), nil
	}
	return j.group(ctx, says, of, now)
}

// group returns what is known of all environments of a group.
func (j *Judge) group(ctx context.Context, says *policy.Gate, of gate.Group, now time.Time) (*fleet, error) {
	members, err := j.members(ctx, says, of.Key())
	if err != nil {
		return nil, err
	}
	return j.fleetOf(settling(says), now, members), nil
}

// fleetOf returns what is known of those members. Without any, where nothing is ordered and nobody asks for
// them, it may be of all groups.
func (j *Judge) fleetOf(when gate.Settling, now time.Time, members []gate.Ranked) *fleet {
	return &fleet{systems: j.Systems, settling: when, now: now, promotions: j.Promotions, members: members}
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
func derive(says *policy.Gate, fleet *fleet) gate.Ledger {
	var ledger gate.Ledger
	for _, under := range fleet.under() {
		// One of which no rate is known counts as certain to fail.
		under.start.Rate, _ = says.StartRate(under.ClusterRate, under.SuccessRate, under.OwnerRate)
		if len(ledger.InFlight) < gate.MostInFlight {
			ledger = ledger.Start(under.start)
		}
	}
	return ledger
}
