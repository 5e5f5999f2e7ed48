package starts

import (
	"context"
	"slices"

	"github.com/seawall-dev/seawall/pkg/apis/v1alpha1"
	"github.com/seawall-dev/seawall/pkg/gate"
	"github.com/seawall-dev/seawall/pkg/gate/waves"
)

// claim is what of some starts concerns one policy and one of its groups.
type claim struct {
	by named
	// verdict is what is known before the ledger of the group is asked.
	verdict Verdict
	// starts are those that the ledger is to be asked about, and members what they are of; there are none where the
	// verdict is final.
	starts  []gate.Start
	members []gate.Member
}

// claims returns what starts that begin together have to be admitted by.
func (j *Judge) claims(ctx context.Context, started []*gate.Started) ([]*claim, error) {
	var claims []*claim
	byLedger := map[string]*claim{}
	for _, one := range started {
		one.At = one.At.Truncate(waves.Precision)
		gates, err := j.gatingOrDraining(ctx, one.Of)
		if err != nil {
			return nil, err
		}
		for _, by := range gates {
			made := newClaim(by, one)
			ledger := made.verdict.LedgerName()
			if same := byLedger[ledger]; ledger != "" && same != nil {
				same.starts, same.members = append(same.starts, made.starts...), append(same.members, made.members...)
				continue
			}
			byLedger[ledger] = made
			claims = append(claims, made)
		}
	}
	return claims, nil
}

// newClaim returns that of one start on one policy.
func newClaim(by named, started *gate.Started) *claim {
	rule, member := by.rule(), started.Of
	made := &claim{by: by, verdict: Verdict{Policy: by.policy, Holds: rule.Holds, Warns: by.Warns(), Limit: rule.Limit.Max.String()}}
	rate, err := by.StartRate(member.ClusterRate, member.SuccessRate, member.OwnerRate)
	if err != nil && by.kept == nil { // one that drains counts it as certain to fail
		refusal := by.Refusal(err)
		made.verdict.without(string(refusal.Reason), refusal.Message)
		return made
	}
	group, lacks := gate.Place(by.By, member.Facts)
	if len(lacks) > 0 && by.Ungrouped != v1alpha1.UngroupedSingle {
		made.verdict.outside(by, lacks)
		return made
	}
	made.verdict.key = waves.Key{Policy: by.policy, Group: group}
	start := started.Start
	start.Rate = rate
	made.starts, made.members = []gate.Start{start}, []gate.Member{member}
	return made
}

// isPromoted tells whether the starts are those of a promotion.
func (c *claim) isPromoted() bool {
	return slices.ContainsFunc(c.starts, func(s gate.Start) bool { return s.Class == gate.Promoted })
}
