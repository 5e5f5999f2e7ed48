package gate_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/onsi/gomega"

	"github.com/seawall-dev/seawall/pkg/gate"
	"github.com/seawall-dev/seawall/pkg/risk"
)

// inOrder holds by the order only.
func inOrder() gate.Rule {
	return gate.Rule{Limit: risk.Limit{Max: risk.One}, Ordered: true, Holds: true}
}

// production starts at r2 where nothing else is said.
func TestOrderOfStarts(t *testing.T) {
	elsewhere := func(s gate.Sibling) gate.Sibling {
		s.Release.Line = "https://example.com/other main"
		return s
	}
	seen := sightings("r1", "r2", "r3")
	tied := []gate.Sighting{{Release: release("r2"), At: noon()}, {Release: release("r3"), At: noon()}}
	production := sibling("prod", 3, "r2")
	for name, test := range map[string]struct {
		sightings []gate.Sighting
		siblings  []gate.Sibling
		ledger    gate.Ledger
		start     gate.Start
		waits     []string
	}{
		"the others are done at the release":       {seen, []gate.Sibling{sibling("dev", 1, "r2"), sibling("stage", 2, "r2"), production}, gate.Ledger{}, start("prod"), nil},
		"one is at an older release":               {seen, []gate.Sibling{sibling("dev", 1, "r2"), sibling("stage", 2, "r1"), production}, gate.Ledger{}, start("prod"), []string{"stage"}},
		"one is at a newer release":                {seen, []gate.Sibling{sibling("dev", 1, "r3"), sibling("stage", 2, "r2"), production}, gate.Ledger{}, start("prod"), nil},
		"one is not well":                          {seen, []gate.Sibling{busy(sibling("dev", 1, "r2")), production}, gate.Ledger{}, start("prod"), []string{"dev"}},
		"one is not well at a newer release":       {seen, []gate.Sibling{busy(sibling("dev", 1, "r3")), production}, gate.Ledger{}, start("prod"), []string{"dev"}},
		"one is in flight, and looks well":         {seen, []gate.Sibling{sibling("dev", 1, "r2"), production}, gate.Ledger{InFlight: inFlight(start("dev"))}, start("prod"), []string{"dev"}},
		"they are named in order":                  {seen, []gate.Sibling{busy(sibling("z", 1, "r2")), sibling("stage", 2, "r1"), busy(sibling("b", 1, "r2")), production}, gate.Ledger{}, start("prod"), []string{"b", "stage", "z"}},
		"those of the same rank do not wait":       {seen, []gate.Sibling{busy(sibling("prod-2", 3, "r1")), production}, gate.Ledger{}, start("prod"), nil},
		"nor for those that come later":            {seen, []gate.Sibling{sibling("dev", 1, "r2"), busy(production)}, gate.Ledger{}, start("dev"), nil},
		"another line is done when well":           {seen, []gate.Sibling{elsewhere(sibling("dev", 1, "r1")), production}, gate.Ledger{}, start("prod"), nil},
		"and not when it is not":                   {seen, []gate.Sibling{elsewhere(busy(sibling("dev", 1, "r9"))), production}, gate.Ledger{}, start("prod"), []string{"dev"}},
		"an unknown release is not newer":          {seen, []gate.Sibling{sibling("dev", 1, ""), production}, gate.Ledger{}, start("prod"), []string{"dev"}},
		"nothing is newer than an unknown":         {seen, []gate.Sibling{sibling("dev", 1, "r3"), sibling("prod", 3, "")}, gate.Ledger{}, start("prod", at("")), []string{"dev"}},
		"of two first seen together none is newer": {tied, []gate.Sibling{sibling("dev", 1, "r3"), sibling("prod", 3, "r2")}, gate.Ledger{}, start("prod"), []string{"dev"}},
		"whichever of them":                        {tied, []gate.Sibling{sibling("dev", 1, "r2"), sibling("prod", 3, "r3")}, gate.Ledger{}, start("prod", at("r3")), []string{"dev"}},
		"what is first seen now is newer":          {sightings("r1"), []gate.Sibling{sibling("dev", 1, "r2"), sibling("prod", 3, "r1")}, gate.Ledger{}, start("prod", at("r1")), nil},
		"what is first seen by a start is":         {sightings("r1"), []gate.Sibling{sibling("dev", 1, "r1"), production}, gate.Ledger{}, start("prod"), []string{"dev"}},
		"nothing was seen before":                  {nil, []gate.Sibling{sibling("dev", 1, "r1"), production}, gate.Ledger{}, start("prod"), []string{"dev"}},
		"an environment that is not known":         {seen, []gate.Sibling{sibling("dev", 1, "r2"), sibling("prod", 3, "r1")}, gate.Ledger{}, start("new"), []string{"prod"}},
		"one that is alone":                        {nil, nil, gate.Ledger{}, start("new"), nil},
		"one that is in flight takes a newer release": {seen, []gate.Sibling{sibling("dev", 1, "r2"), sibling("prod", 3, "r3")},
			gate.Ledger{InFlight: inFlight(start("prod"))}, start("prod", at("r3")), []string{"dev"}},
		"one that has failed mends that": {seen, []gate.Sibling{sibling("dev", 1, "r2"), sibling("prod", 3, "r3")},
			gate.Ledger{Failures: []gate.Failure{failure("prod", "r2", gate.Degraded)}}, start("prod", at("r3")), nil},
	} {
		t.Run(name, func(t *testing.T) {
			g := gomega.NewWithT(t)
			test.ledger.Sightings = test.sightings
			_, decision := inOrder().Admit(test.ledger, test.start, fleet{siblings: test.siblings})
			g.Expect(decision.Others).To(gomega.Equal(environments(test.waits...)))
			g.Expect(decision.Admitted).To(gomega.Equal(test.waits == nil))
			if test.waits != nil {
				g.Expect(decision.Reason).To(gomega.Equal(gate.Early))
			}
			free := inOrder()
			free.Ordered = false
			_, decision = free.Admit(test.ledger, test.start, fleet{siblings: test.siblings})
			g.Expect(decision.Admitted).To(gomega.BeTrue(), "without an order")
		})
	}
}

// A commit every 20 seconds: production comes to one that dev has left behind.
func TestProductionFollowsAMovingDev(t *testing.T) {
	g := gomega.NewWithT(t)
	var ledger gate.Ledger
	var decision gate.Decision
	for i := range 30 {
		dev := sibling("dev", 1, fmt.Sprintf("r%d", i))
		ledger = ledger.Settle(fleet{siblings: []gate.Sibling{dev, sibling("prod", 2, "r0")}}, noon().Add(time.Duration(i)*20*time.Second))
	}
	siblings := []gate.Sibling{sibling("dev", 1, "r29"), sibling("prod", 2, "r28")}
	_, decision = inOrder().Admit(ledger, start("prod", at("r28"), later(time.Hour)), fleet{siblings: siblings})
	g.Expect(decision.Admitted).To(gomega.BeTrue())
	siblings = []gate.Sibling{busy(sibling("dev", 1, "r29")), sibling("prod", 2, "r28")}
	_, decision = inOrder().Admit(ledger, start("prod", at("r28"), later(time.Hour)), fleet{siblings: siblings})
	g.Expect(decision.Reason).To(gomega.Equal(gate.Early))
}

func TestNext(t *testing.T) {
	g := gomega.NewWithT(t)
	waiting := []gate.Waiting{
		{Environment: environment("late"), Rank: 1, Since: noon().Add(time.Minute)},
		{Environment: environment("b"), Rank: 1, Since: noon()},
		{Environment: environment("last"), Rank: 2, Since: noon().Add(-time.Hour)},
		{Environment: environment("a"), Rank: 1, Since: noon()},
		{Environment: environment("first"), Rank: 0, Since: noon().Add(time.Hour)},
	}
	slices.SortFunc(waiting, gate.Next)
	var names []string
	for _, one := range waiting {
		names = append(names, one.Name)
	}
	g.Expect(names).To(gomega.Equal([]string{"first", "a", "b", "late", "last"}))
}
