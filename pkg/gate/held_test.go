package gate_test

import (
	"fmt"
	"testing"

	"github.com/onsi/gomega"

	"github.com/seawall-dev/seawall/pkg/gate"
	"github.com/seawall-dev/seawall/pkg/risk"
)

// Whatever is asked about once for many, the count is that of asking about each.
func TestHeldIsWhatAdmitHolds(t *testing.T) {
	failing := gate.Ledger{Failures: []gate.Failure{failure("a", "r2", gate.Degraded)}}
	ordered := fleet{siblings: []gate.Sibling{busy(sibling("a", 1, "r1")), sibling("b", 1, "r1"), sibling("c", 2, "r1"), sibling("d", 2, "r1")}}
	for name, test := range map[string]struct {
		rule   gate.Rule
		ledger gate.Ledger
		fleet  fleet
		starts []gate.Start
		held   int
		first  string
		reason gate.Reason
	}{
		"nothing waits":                  {rule: pairs()},
		"there is room":                  {rule: pairs(), starts: []gate.Start{start("a"), start("b")}},
		"there is none":                  {pairs(), gate.Ledger{InFlight: inFlight(start("x"), start("y"))}, fleet{}, []gate.Start{start("a"), start("b")}, 2, "a", gate.Full},
		"one that cannot fail has room":  {pairs(), gate.Ledger{InFlight: inFlight(start("x"), start("y"))}, fleet{}, []gate.Start{start("a", rate(risk.One)), start("b")}, 1, "b", gate.Full},
		"one of them has failed":         {pairs(), failing, fleet{}, []gate.Start{start("a"), start("b"), start("c")}, 2, "b", gate.Halted},
		"one has the place already":      {pairs(), gate.Ledger{InFlight: inFlight(start("a"), start("y"))}, fleet{}, []gate.Start{start("a"), start("b")}, 1, "b", gate.Full},
		"those that come first go":       {inOrder(), gate.Ledger{}, ordered, []gate.Start{start("a"), start("b"), start("c"), start("d")}, 2, "c", gate.Early},
		"a class that counts never does": {with(func(r *gate.Rule) { r.Count = []gate.Class{gate.Paced} }), gate.Ledger{InFlight: inFlight(start("x"), start("y"))}, fleet{}, []gate.Start{start("a", of(gate.Paced)), start("b")}, 1, "b", gate.Full},
	} {
		t.Run(name, func(t *testing.T) {
			g := gomega.NewWithT(t)
			each := 0
			for _, one := range test.starts {
				if _, decision := test.rule.Admit(test.ledger, one, test.fleet); decision.Held {
					each++
				}
			}
			held, first, because := test.rule.Held(test.ledger, test.starts, test.fleet)
			g.Expect(held).To(gomega.Equal(test.held))
			g.Expect(held).To(gomega.Equal(each))
			g.Expect(first.Name).To(gomega.Equal(test.first))
			g.Expect(because.Reason).To(gomega.Equal(test.reason))
		})
	}
}

func TestBeyondTheLimit(t *testing.T) {
	for n, want := range []int{0, 0, 0, 1, 2} {
		t.Run(fmt.Sprint(n), func(t *testing.T) {
			var ledger gate.Ledger
			for i := range n {
				ledger.InFlight = append(ledger.InFlight, gate.Entry{Start: start(fmt.Sprint(i))})
			}
			gomega.NewWithT(t).Expect(pairs().Beyond(ledger)).To(gomega.Equal(want))
		})
	}
	g := gomega.NewWithT(t)
	g.Expect(gate.Rule{}.Beyond(gate.Ledger{InFlight: inFlight(start("a"))})).To(gomega.BeZero(), "one alone always passes")
}
