package starts

import (
	"context"
	"fmt"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/seawall-dev/seawall/pkg/apis/v1alpha1"
	"github.com/seawall-dev/seawall/pkg/gate"
	"github.com/seawall-dev/seawall/pkg/gate/argocd"
	"github.com/seawall-dev/seawall/pkg/gate/waves"
	"github.com/seawall-dev/seawall/pkg/policy"
)

// queue is who waits at one time, and what for.
type queue struct {
	judge   *Judge
	waves   client.Reader
	members []argocd.Member
	now     time.Time

	// groups are those of a policy, by its name, and accounts those of groups for which somebody waits, by the
	// names of their Waves.
	groups   map[string]map[string][]argocd.Ranked
	accounts map[string]*gate.Account
}

// candidates returns all that wait because a policy may have held them.
func (q *queue) candidates(ctx context.Context) ([]gate.Candidate, error) {
	q.groups, q.accounts = map[string]map[string][]argocd.Ranked{}, map[string]*gate.Account{}
	var candidates []gate.Candidate
	for _, member := range q.members {
		candidate, waits := member.Candidate(q.now)
		if !waits {
			continue
		}
		gates, err := q.judge.gating(ctx, member)
		if err != nil {
			return nil, err
		}
		hopeless, err := q.claim(ctx, &candidate, member, gates)
		if err != nil {
			return nil, err
		}
		if !hopeless && len(candidate.Claims) > 0 {
			candidates = append(candidates, candidate)
		}
	}
	return candidates, nil
}

// claim adds what a candidate has to be admitted to. It is hopeless if a policy holds it as long as it is what
// it is.
func (q *queue) claim(ctx context.Context, candidate *gate.Candidate, member argocd.Member, gates []named) (hopeless bool, err error) {
	for _, by := range gates {
		rule := by.Rule()
		if !rule.Holds {
			continue
		}
		rate, refused := by.StartRate(member.ClusterRate, member.SuccessRate, member.OwnerRate)
		group, lacks := gate.Place(by.By, member.Facts)
		switch {
		case refused != nil, len(lacks) > 0 && by.Ungrouped == v1alpha1.UngroupedDeny:
			return true, nil //nolint:nilerr // as it says
		case len(lacks) > 0 && by.Ungrouped == v1alpha1.UngroupedPass:
			continue
		}
		claim := gate.Claim{Start: member.Wanted(q.now), Exceptions: q.exceptions(by, member)}
		claim.Start.Rate = rate
		if by.Order != nil {
			claim.Rank = by.Order.Rank(member.Facts)
		}
		if claim.Account, err = q.account(ctx, by, group); err != nil {
			return false, err
		}
		candidate.Claims = append(candidate.Claims, claim)
		candidate.Rank = max(candidate.Rank, claim.Rank)
	}
	return false, nil
}

// exceptions are the rules by which overrides let an Application pass.
func (q *queue) exceptions(by named, member argocd.Member) []gate.Rule {
	var rules []gate.Rule
	for _, override := range q.judge.Overrides.For(rolloutOf(member)) {
		if rule, accepted := by.Overriding(override, q.now); accepted {
			rules = append(rules, rule)
		}
	}
	return rules
}

// account returns how a group is now.
func (q *queue) account(ctx context.Context, by named, group gate.Group) (*gate.Account, error) {
	key := waves.Key{Policy: by.policy, Group: group}
	name := key.Name()
	if known, exists := q.accounts[name]; exists {
		return known, nil
	}
	if q.groups[by.policy] == nil {
		groups, err := q.judge.groups(ctx, by.Gate, q.members)
		if err != nil {
			return nil, err
		}
		q.groups[by.policy] = groups
	}
	fleet, err := q.judge.Applications.Fleet(settling(by.Gate), q.now, q.groups[by.policy][group.Key()])
	if err != nil {
		return nil, err
	}
	account, err := q.read(ctx, name, by.Gate, fleet)
	if err != nil {
		return nil, err
	}
	q.accounts[name] = account
	return account, nil
}

// read returns what the Wave of a name says, and what it will say once what is over is taken out of it.
func (q *queue) read(ctx context.Context, name string, says *policy.Gate, fleet *argocd.Fleet) (*gate.Account, error) {
	account := &gate.Account{Rule: says.Rule(), Siblings: fleet.Siblings()}
	var wave v1alpha1.Wave
	err := q.waves.Get(ctx, client.ObjectKey{Name: name}, &wave)
	switch {
	case err != nil && !apierrors.IsNotFound(err):
		return nil, fmt.Errorf("reading the Wave %s: %w", name, err)
	case err != nil, wave.Status.ObservedTime == nil:
		account.Ledger = derive(says, fleet)
		return account, nil //nolint:nilerr // there is no Wave yet
	}
	before := waves.Ledger(&wave)
	account.Ledger, account.ChangedAt = before.Settle(fleet, q.now), wave.Status.ObservedTime.Time
	if !account.Ledger.Equal(before) {
		account.ChangedAt = q.now
	}
	return account, nil
}
