package gate

import (
	"slices"
	"time"

	"github.com/seawall-dev/seawall/pkg/risk"
)

// CallAgain is after what time an environment that was looked at while there was room for it, and did not
// start, may be called again: other things than the gate keep it.
const CallAgain = time.Minute

// Account is a group as those who wait for it find it: by what rule they are judged, and who is in flight.
type Account struct {
	Rule     Rule
	Ledger   Ledger
	Siblings []Sibling
	// ChangedAt is when the ledger last changed. Since then there has been room, if there is any.
	ChangedAt time.Time

	// held are the starts that were found to wait: what is alike waits, too.
	held map[likeness]bool
}

// likeness is what the decision about a start depends on, beside the account.
type likeness struct {
	rank    int
	release Release
	rate    risk.Probability
}

// Claim is a start that has to be admitted to a group.
type Claim struct {
	Account *Account
	Start   Start
	// Rank is the place of the environment in the order of the group.
	Rank int
	// Exceptions are rules by which it may pass where it waits by that of the account.
	Exceptions []Rule
}

// Candidate is an environment that waits, and that starts by itself when its system looks at it: Since is
// when that was last done.
type Candidate struct {
	Waiting

	// Called says that the system has been asked to look at it, and has not done so yet.
	Called bool
	// Claims are on all groups that it has to be admitted to.
	Claims []Claim
}

// Turns returns whose turn it is to be called, in order: no more than there is room for, beside those that
// have been called already, and no more than a number. Who was looked at since there is room, and did not
// start, comes again after a while only.
func Turns(candidates []Candidate, now time.Time, most int) []Environment {
	ordered := slices.SortedFunc(slices.Values(candidates), inTurn)
	var turns []Environment
	for i := range ordered {
		candidate := &ordered[i]
		if len(turns) == most {
			break
		}
		if !candidate.Called && !candidate.due(now) || !candidate.fits() {
			continue
		}
		candidate.take()
		if !candidate.Called {
			turns = append(turns, candidate.Environment)
		}
	}
	return turns
}

// inTurn has those first that have been called, because the room that they come for is theirs.
func inTurn(a, b Candidate) int {
	switch {
	case a.Called == b.Called:
		return Next(a.Waiting, b.Waiting)
	case a.Called:
		return -1
	}
	return 1
}

// due tells whether looking at the environment may lead to something else than the last time.
func (c *Candidate) due(now time.Time) bool {
	changed := func(claim Claim) bool { return c.Since.Before(claim.Account.ChangedAt) }
	return slices.ContainsFunc(c.Claims, changed) || now.Sub(c.Since) >= CallAgain
}

// fits tells whether all groups would admit it.
func (c *Candidate) fits() bool {
	return !slices.ContainsFunc(c.Claims, func(claim Claim) bool { return !claim.fits() })
}

// take keeps room for it, so that the next one finds that taken.
func (c *Candidate) take() {
	for _, claim := range c.Claims {
		claim.Account.Ledger = claim.Account.Ledger.Start(claim.Start)
	}
}

func (c *Claim) fits() bool {
	return c.Account.fits(c) || slices.ContainsFunc(c.Exceptions, func(rule Rule) bool { return c.Account.admits(rule, c.Start) })
}

// fits asks the rule once only for starts that are alike: there is less room than before and never more. An
// environment that is in flight itself, or has failed, is like no other.
func (a *Account) fits(claim *Claim) bool {
	like := likeness{rank: claim.Rank, release: claim.Start.Release, rate: claim.Start.Rate}
	_, has := a.Ledger.of(claim.Start.UID)
	unlike := has || a.Ledger.failed(claim.Start.UID)
	if !unlike && a.held[like] {
		return false
	}
	admitted := a.admits(a.Rule, claim.Start)
	if !admitted && !unlike {
		if a.held == nil {
			a.held = map[likeness]bool{}
		}
		a.held[like] = true
	}
	return admitted
}

func (a *Account) admits(rule Rule, start Start) bool {
	return !rule.decide(a.Ledger, start, a.Ledger.others(start), a.Siblings).Held
}
