package gate_test

import (
	"testing"
	"time"

	"github.com/onsi/gomega"

	"github.com/seawall-dev/seawall/pkg/gate"
	"github.com/seawall-dev/seawall/pkg/risk"
)

// candidate waits since so many minutes before noon, for one account.
func candidate(name string, minutes int, account *gate.Account, changes ...func(*gate.Candidate)) gate.Candidate {
	made := gate.Candidate{
		Waiting: gate.Waiting{Environment: environment(name), Since: noon().Add(-time.Duration(minutes) * time.Minute)},
		Claims:  []gate.Claim{{Account: account, Start: start(name)}},
	}
	for _, change := range changes {
		change(&made)
	}
	return made
}

func called(c *gate.Candidate) { c.Called = true }

func ranked(rank int) func(*gate.Candidate) {
	return func(c *gate.Candidate) { c.Rank, c.Claims[0].Rank = rank, rank }
}

func also(account *gate.Account) func(*gate.Candidate) {
	return func(c *gate.Candidate) {
		c.Claims = append(c.Claims, gate.Claim{Account: account, Start: c.Claims[0].Start})
	}
}

func except(rule gate.Rule) func(*gate.Candidate) {
	return func(c *gate.Candidate) { c.Claims[0].Exceptions = []gate.Rule{rule} }
}

func seconds(since int) func(*gate.Candidate) {
	return func(c *gate.Candidate) { c.Since = noon().Add(-time.Duration(since) * time.Second) }
}

func rated(rate risk.Probability) func(*gate.Candidate) {
	return func(c *gate.Candidate) { c.Claims[0].Start.Rate = rate }
}

// Two of 0.99 may be in flight together where nothing else is said.
func TestTurns(t *testing.T) {
	free := func(inFlight []gate.Entry, failures ...gate.Failure) *gate.Account {
		return &gate.Account{Rule: pairs(), Ledger: gate.Ledger{InFlight: inFlight, Failures: failures}, ChangedAt: noon()}
	}
	ordered := func(siblings ...gate.Sibling) *gate.Account {
		return &gate.Account{Rule: inOrder(), Siblings: siblings, ChangedAt: noon()}
	}
	changed := func(seconds int) *gate.Account {
		account := free(nil)
		account.ChangedAt = noon().Add(-time.Duration(seconds) * time.Second)
		return account
	}
	for name, test := range map[string]struct {
		candidates func() []gate.Candidate
		most       int // 10 if 0
		want       []string
	}{
		"nobody waits": {candidates: func() []gate.Candidate { return nil }},
		"as many as there is room for, who has waited longest first": {func() []gate.Candidate {
			a := free(nil)
			return []gate.Candidate{candidate("a", 2, a), candidate("b", 9, a), candidate("c", 5, a)}
		}, 0, []string{"b", "c"}},
		"what is in flight takes room": {func() []gate.Candidate {
			a := free(inFlight(start("x")))
			return []gate.Candidate{candidate("a", 2, a), candidate("b", 9, a)}
		}, 0, []string{"b"}},
		"nobody where there is none": {func() []gate.Candidate {
			a := free(inFlight(start("x"), start("y")))
			return []gate.Candidate{candidate("a", 2, a)}
		}, 0, nil},
		"who has been called takes room, whoever has waited longer": {func() []gate.Candidate {
			a := free(nil)
			return []gate.Candidate{candidate("a", 2, a, called), candidate("b", 9, a), candidate("c", 5, a)}
		}, 0, []string{"b"}},
		"and is not called again": {func() []gate.Candidate {
			a := free(nil)
			return []gate.Candidate{candidate("a", 2, a, called), candidate("b", 9, a, called), candidate("c", 5, a)}
		}, 0, nil},
		"no more than a number at once": {func() []gate.Candidate {
			a := &gate.Account{Rule: gate.Rule{Limit: risk.Limit{Max: risk.One}}, ChangedAt: noon()}
			return []gate.Candidate{candidate("a", 2, a), candidate("b", 9, a), candidate("c", 5, a)}
		}, 2, []string{"b", "c"}},
		"each group has room of its own": {func() []gate.Candidate {
			a, b := free(inFlight(start("x"))), free(inFlight(start("y")))
			return []gate.Candidate{candidate("a", 1, a), candidate("b", 2, a), candidate("c", 3, b)}
		}, 0, []string{"c", "b"}},
		"all groups must have room": {func() []gate.Candidate {
			a, full := free(nil), free(inFlight(start("x"), start("y")))
			return []gate.Candidate{candidate("a", 9, a, also(full)), candidate("b", 2, a)}
		}, 0, []string{"b"}},
		"and who cannot be admitted to one takes none of another": {func() []gate.Candidate {
			a, full := free(inFlight(start("z"))), free(inFlight(start("x"), start("y")))
			return []gate.Candidate{candidate("a", 9, a, also(full), called), candidate("b", 2, a)}
		}, 0, []string{"b"}},
		"one that exceeds the limit alone": {func() []gate.Candidate {
			a := free(nil)
			return []gate.Candidate{candidate("a", 9, a, rated(500_000_000)), candidate("b", 2, a)}
		}, 0, []string{"a"}},
		"one that is surer where another does not fit": {func() []gate.Candidate {
			a := free(inFlight(start("x")))
			return []gate.Candidate{candidate("a", 9, a, rated(500_000_000)), candidate("b", 2, a)}
		}, 0, []string{"b"}},
		"a halt lets nobody go but who has failed": {func() []gate.Candidate {
			a := free(nil, failure("b", "r1", gate.Degraded))
			return []gate.Candidate{candidate("a", 9, a), candidate("b", 2, a), candidate("c", 5, a)}
		}, 0, []string{"b"}},
		"who has failed goes though there is no room": {func() []gate.Candidate {
			a := free(inFlight(start("x"), start("y")), failure("b", "r1", gate.Degraded))
			return []gate.Candidate{candidate("a", 9, a), candidate("b", 2, a)}
		}, 0, []string{"b"}},
		"who has a slot already": {func() []gate.Candidate {
			a := free(inFlight(start("x"), start("b")))
			return []gate.Candidate{candidate("a", 9, a), candidate("b", 2, a)}
		}, 0, []string{"b"}},
		"an override lets pass what the rule does not": {func() []gate.Candidate {
			a := free(inFlight(start("x"), start("y")))
			three := with(func(r *gate.Rule) { r.Limit.Max = 30_000_000 })
			return []gate.Candidate{candidate("a", 9, a), candidate("b", 2, a, except(three)), candidate("c", 1, a, except(three))}
		}, 0, []string{"b"}},
		"the first in the order": {func() []gate.Candidate {
			a := ordered(busy(sibling("a", 1, "r2")), busy(sibling("b", 2, "r2")), busy(sibling("c", 2, "r2")))
			return []gate.Candidate{candidate("a", 1, a, ranked(1)), candidate("b", 9, a, ranked(2)), candidate("c", 5, a, ranked(2))}
		}, 0, []string{"a"}},
		"the next in the order once those are done": {func() []gate.Candidate {
			a := ordered(sibling("a", 1, "r2"), busy(sibling("b", 2, "r2")), busy(sibling("c", 3, "r2")))
			return []gate.Candidate{candidate("b", 1, a, ranked(2)), candidate("c", 5, a, ranked(3))}
		}, 0, []string{"b"}},
		"a lower rank before who has waited longer": {func() []gate.Candidate {
			a := free(inFlight(start("x")))
			return []gate.Candidate{candidate("a", 1, a, ranked(1)), candidate("b", 9, a, ranked(2))}
		}, 0, []string{"a"}},
		"not who was looked at since there is room": {func() []gate.Candidate {
			a := changed(20)
			return []gate.Candidate{candidate("a", 0, a, seconds(10)), candidate("b", 0, a, seconds(30))}
		}, 0, []string{"b"}},
		"and once more after a minute": {func() []gate.Candidate {
			a := changed(90)
			return []gate.Candidate{candidate("a", 0, a, seconds(59)), candidate("b", 0, a, seconds(60))}
		}, 0, []string{"b"}},
		"nor again at once where no account is kept yet": {func() []gate.Candidate {
			a := &gate.Account{Rule: pairs()}
			return []gate.Candidate{candidate("a", 0, a, seconds(1)), candidate("b", 5, a)}
		}, 0, []string{"b"}},
	} {
		t.Run(name, func(t *testing.T) {
			most := test.most
			if most == 0 {
				most = 10
			}
			turns := gate.Turns(test.candidates(), noon(), most)
			gomega.NewWithT(t).Expect(turns).To(gomega.Equal(environments(test.want...)))
		})
	}
}
