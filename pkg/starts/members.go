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
	return j.Group(ctx, says, of, now)
}

// Group returns what is known of all environments of a group.
func (j *Judge) Group(ctx context.Context, says *policy.Gate, of gate.Group, now time.Time) (*argocd.Fleet, error) {
	var failed error
	fleet, err := j.Applications.Fleet(settling(says), now, func(member argocd.Member) (int, bool) {
		group, lacks := gate.Place(says.By, member.Facts)
		if !slices.Equal(group.Values, of.Values) || len(lacks) > 0 && says.Ungrouped != v1alpha1.UngroupedSingle {
			return 0, false
		}
		selects, err := j.selects(ctx, says, member)
		if err != nil {
			failed = err
		}
		if says.Order == nil {
			return 0, selects
		}
		return says.Order.Rank(member.Facts), selects
	})
	if err == nil {
		err = failed
	}
	return fleet, err
}

// Derive returns the ledger of a group by what is under way there: for one that has none. One whose policy
// gates nothing any more is empty.
func (j *Judge) Derive(ctx context.Context, key waves.Key) (gate.Ledger, error) {
	var ledger gate.Ledger
	policies := j.Policies.All()
	at := slices.IndexFunc(policies, func(p *policy.Policy) bool { return p.Name == key.Policy })
	if at < 0 || policies[at].Gate() == nil {
		return ledger, nil
	}
	says := policies[at].Gate()
	fleet, err := j.Group(ctx, says, key.Group, time.Now().Truncate(waves.Precision))
	if err != nil {
		return ledger, err
	}
	for _, under := range fleet.Under() {
		// One of which no rate is known counts as certain to fail.
		under.Start.Rate, _ = says.StartRate(under.ClusterRate, under.SuccessRate, under.OwnerRate)
		if len(ledger.InFlight) < gate.MostInFlight {
			ledger = ledger.Start(under.Start)
		}
	}
	return ledger, nil
}
