package starts

import (
	"context"
	"fmt"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/seawall-dev/seawall/pkg/apis/v1alpha1"
	"github.com/seawall-dev/seawall/pkg/gate"
	"github.com/seawall-dev/seawall/pkg/gate/waves"
	"github.com/seawall-dev/seawall/pkg/policy"
)

// unheard is after what time a system is not expected to look any more at an environment that it was asked to: no
// controller is responsible for it, or its source cannot be read.
const unheard = time.Minute

// queue is who waits at one time, and what for.
type queue struct {
	judge *Judge
	waves client.Reader
	now   time.Time

	// accounts are those of groups for which somebody waits, by the names of their Waves.
	accounts map[string]*gate.Account
	// waiting are the candidates.
	waiting map[types.UID]*gate.Member
}

// candidates returns all that wait because a policy may have held them.
func (q *queue) candidates(ctx context.Context) ([]gate.Candidate, error) {
	q.accounts, q.waiting = map[string]*gate.Account{}, map[types.UID]*gate.Member{}
	members, err := q.judge.all(ctx)
	if err != nil {
		return nil, err
	}
	var candidates []gate.Candidate
	for _, known := range members {
		member := *known
		if member.Unreadable != nil {
			continue
		}
		standing := member.State.Standing(gate.Settling{}, q.now)
		candidate, callable := candidateOf(member, standing, q.now)
		if !callable {
			continue
		}
		gates, err := q.judge.gating(ctx, member)
		if err != nil {
			continue // what is not known of one keeps the others from nothing
		}
		hopeless, err := q.claim(ctx, &candidate, member, standing, gates)
		if err != nil {
			return nil, err
		}
		if !hopeless && len(candidate.Claims) > 0 {
			candidates, q.waiting[member.UID] = append(candidates, candidate), known
		}
	}
	return candidates, nil
}

// candidateOf returns a member as one that waits for its turn; false if it does not, or if its system has been asked
// to look at it and does not. What it has to be admitted to is not in it.
func candidateOf(member gate.Member, standing gate.Standing, now time.Time) (gate.Candidate, bool) {
	candidate := gate.Candidate{
		Waiting: gate.Waiting{Environment: member.Environment, Since: standing.Looked}, Called: standing.Called,
	}
	return candidate, standing.Waits && (!candidate.Called || now.Sub(standing.CalledAt) < unheard)
}

// claim adds what a candidate has to be admitted to. It is hopeless if a policy holds it as long as it is what
// it is.
func (q *queue) claim(
	ctx context.Context, candidate *gate.Candidate, member gate.Member, standing gate.Standing, gates []named,
) (hopeless bool, err error) {
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
		claim := gate.Claim{Start: next(member, standing, q.now), Exceptions: q.exceptions(by, member)}
		claim.Start.Rate = rate
		if by.Order != nil {
			claim.Rank = by.Order.Rank(member.Facts)
		}
		if claim.Account, err = q.account(ctx, by, group); claim.Account == nil {
			return true, err // its group is not known
		}
		candidate.Claims = append(candidate.Claims, claim)
		candidate.Rank = max(candidate.Rank, claim.Rank)
	}
	return false, nil
}

// exceptions are the rules by which overrides let an Application pass.
func (q *queue) exceptions(by named, member gate.Member) []gate.Rule {
	var rules []gate.Rule
	for _, override := range q.judge.Overrides.For(rolloutOf(member)) {
		if rule, accepted := by.Overriding(override, q.now); accepted {
			rules = append(rules, rule)
		}
	}
	return rules
}

// account returns how a group is now; nil if that is not known, or with an error.
func (q *queue) account(ctx context.Context, by named, group gate.Group) (*gate.Account, error) {
	key := waves.Key{Policy: by.policy, Group: group}
	name := key.Name()
	if known, exists := q.accounts[name]; exists {
		return known, nil
	}
	fleet, err := q.judge.group(ctx, by.Gate, group, q.now)
	if err != nil {
		return nil, nil //nolint:nilerr,nilnil // as it says
	}
	account, err := q.read(ctx, name, by.Gate, fleet)
	if err != nil {
		return nil, err
	}
	q.accounts[name] = account
	return account, nil
}

// read returns what the Wave of a name says, and what it will say once what is over is taken out of it.
func (q *queue) read(ctx context.Context, name string, says *policy.Gate, fleet *fleet) (*gate.Account, error) {
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
