package gate_test

import (
	"testing"
	"time"

	"github.com/onsi/gomega"

	"github.com/seawall-dev/seawall/pkg/gate"
)

func promotedBy(promotion string) func(*gate.Start) {
	return func(s *gate.Start) { s.Class, s.Promotion, s.Release = gate.Promoted, promotion, gate.Release{} }
}

// promotion returns the starts of those that one begins.
func promotion(names ...string) []gate.Start {
	var starts []gate.Start
	for _, name := range names {
		starts = append(starts, start(name, promotedBy("shop/p1")))
	}
	return starts
}

func TestAdmitAll(t *testing.T) {
	for name, test := range map[string]struct {
		rule   gate.Rule
		ledger gate.Ledger
		starts []gate.Start
		want   gate.Decision // its Wave is not compared
		after  []string
	}{
		"both have room": {pairs(), gate.Ledger{}, promotion("a", "b"),
			gate.Decision{Admitted: true, Reason: gate.Free, Slot: true, Largest: 2}, []string{"a", "b"}},
		"one too many beside another": {pairs(), gate.Ledger{InFlight: inFlight(start("c"))}, promotion("a", "b"),
			gate.Decision{Reason: gate.Full, Held: true, Largest: 2, Others: environments("c")}, []string{"c"}},
		"one that is in flight already is counted once": {pairs(), gate.Ledger{InFlight: inFlight(start("a"))}, promotion("a", "b"),
			gate.Decision{Admitted: true, Reason: gate.Free, Slot: true, Largest: 2}, []string{"a", "b"}},
		"more than ever have room": {pairs(), gate.Ledger{}, promotion("a", "b", "c"),
			gate.Decision{Reason: gate.TooLarge, Held: true, Largest: 2}, nil},
		"more than ever have room, beside another": {pairs(), gate.Ledger{InFlight: inFlight(start("d"))}, promotion("a", "b", "c"),
			gate.Decision{Reason: gate.TooLarge, Held: true, Largest: 2, Others: environments("d")}, []string{"d"}},
		"one alone, over the limit": {gate.Rule{Holds: true}, gate.Ledger{}, promotion("a"),
			gate.Decision{Admitted: true, Reason: gate.Alone, Slot: true, Largest: 1}, []string{"a"}},
		"two over a limit that one exceeds": {gate.Rule{Holds: true}, gate.Ledger{}, promotion("a", "b"),
			gate.Decision{Reason: gate.TooLarge, Held: true, Largest: 1}, nil},
		"a failure holds all": {pairs(), gate.Ledger{Failures: []gate.Failure{failure("c", "r2", gate.Degraded)}}, promotion("a", "b"),
			gate.Decision{Reason: gate.Halted, Held: true, Largest: 2, Others: environments("c")}, nil},
		"that one may mend its failure does not let the other pass": {
			pairs(), gate.Ledger{Failures: []gate.Failure{failure("a", "r2", gate.Degraded)}}, promotion("a", "b"),
			gate.Decision{Reason: gate.Halted, Held: true, Largest: 2, Others: environments("a")}, nil},
		"nothing is held, and it says so": {with(func(r *gate.Rule) { r.Holds = false }), gate.Ledger{}, promotion("a", "b", "c"),
			gate.Decision{Admitted: true, Reason: gate.TooLarge, Held: true, Slot: true, Largest: 2}, []string{"a", "b", "c"}},
	} {
		t.Run(name, func(t *testing.T) {
			g := gomega.NewWithT(t)
			after, decision := test.rule.AdmitAll(test.ledger, test.starts, fleet{})
			g.Expect(decision.Wave.N()).To(gomega.BeNumerically(">=", len(test.starts)))
			if decision.Held && len(decision.Others) == 0 {
				decision.Others = nil
			}
			test.want.Wave = decision.Wave
			if !decision.Held {
				test.want.Largest = decision.Largest
			}
			g.Expect(decision).To(gomega.Equal(test.want))
			g.Expect(namesOf(after)).To(gomega.ConsistOf(test.after))
		})
	}
}

func namesOf(ledger gate.Ledger) []string {
	names := []string{}
	for _, entry := range ledger.InFlight {
		names = append(names, entry.Name)
	}
	return names
}

func TestAdmitPartOfPromotion(t *testing.T) {
	g := gomega.NewWithT(t)
	part := func(promotion string) func(*gate.Start) {
		return func(s *gate.Start) { s.Class, s.Promotion, s.ResourceVersion = gate.Promoted, promotion, "8" }
	}
	ledger, _ := pairs().AdmitAll(gate.Ledger{}, promotion("a", "b"), fleet{})
	ledger.Failures = []gate.Failure{failure("c", "r2", gate.Degraded)}

	_, held := pairs().Admit(ledger, start("a", part("p2")), fleet{})
	g.Expect(held.Reason).To(gomega.Equal(gate.Halted), "a part of another promotion is judged as any start")
	_, held = pairs().Admit(ledger, start("a", part("p1"), of(gate.Ordinary)), fleet{})
	g.Expect(held.Reason).To(gomega.Equal(gate.Halted), "whoever else says that it is a part is not believed")
	_, held = pairs().Admit(ledger, start("d", part("p1")), fleet{})
	g.Expect(held.Reason).To(gomega.Equal(gate.Halted), "what was not judged with the others is no part")

	after, decision := pairs().Admit(ledger, start("a", part("p1")), fleet{})
	g.Expect(decision.Reason).To(gomega.Equal(gate.Retried))
	g.Expect(after.InFlight).To(gomega.ContainElement(gomega.And(
		gomega.HaveField("Name", "a"), gomega.HaveField("ResourceVersion", "8"), gomega.HaveField("Promotion", "shop/p1"))),
		"and it belongs to the promotion from then on")
	after, decision = pairs().Admit(after, start("a", part("p1"), version("9"), at("r3"), later(time.Minute)), fleet{})
	g.Expect(decision.Reason).To(gomega.Equal(gate.Retried), "as often as the promotion begins it")
	g.Expect(after.InFlight).To(gomega.HaveLen(2))

	after = gate.Ledger{}.Start(start("a", part("p1")))
	g.Expect(after.InFlight[0].Promotion).To(gomega.BeEmpty(), "what was judged by itself belongs to none")
}

func TestOrderWithinPromotion(t *testing.T) {
	g := gomega.NewWithT(t)
	ordered := with(func(r *gate.Rule) { r.Ordered = true })
	known := fleet{siblings: []gate.Sibling{sibling("dev", 0, "r1"), sibling("prod", 1, "r1")}}
	_, decision := ordered.AdmitAll(gate.Ledger{}, promotion("dev", "prod"), known)
	g.Expect(decision.Admitted).To(gomega.BeTrue(), "those of one promotion do not wait for each other")
	dev := gate.Ledger{InFlight: inFlight(start("dev"))}
	_, decision = ordered.AdmitAll(dev, promotion("prod"), known)
	g.Expect(decision.Reason).To(gomega.Equal(gate.Early), "and do for others")
}

func TestStageOfPromotion(t *testing.T) {
	whole, part := gate.Entry{Start: promotion("a")[0]}, gate.Entry{Start: start("a")}
	degraded := gate.Stage{Phase: gate.Failed, Reason: gate.Degraded}
	for name, test := range map[string]struct {
		entry    gate.Entry
		stage    gate.Stage
		underWay bool
		want     gate.Stage
	}{
		"settled":                           {part, gate.Stage{Phase: gate.Settled}, true, gate.Stage{Phase: gate.Running}},
		"not begun yet":                     {whole, gate.Stage{Phase: gate.Void}, true, gate.Stage{Phase: gate.Running}},
		"not seen yet":                      {whole, gate.Stage{}, true, gate.Stage{Phase: gate.Running}},
		"failed, and keeps its slot":        {part, degraded, true, gate.Stage{Phase: gate.Failed, Reason: gate.Degraded, Syncing: true}},
		"settled, and it is over":           {part, gate.Stage{Phase: gate.Settled}, false, gate.Stage{Phase: gate.Settled}},
		"under way when it is over":         {part, gate.Stage{Phase: gate.Running}, false, gate.Stage{Phase: gate.Running}},
		"failed, and it is over":            {part, degraded, false, degraded},
		"never begun":                       {whole, gate.Stage{}, false, gate.Stage{Phase: gate.Void}},
		"begun a moment before it was over": {part, gate.Stage{}, false, gate.Stage{}},
		"void, as others have refused it":   {part, gate.Stage{Phase: gate.Void}, false, gate.Stage{Phase: gate.Void}},
	} {
		t.Run(name, func(t *testing.T) {
			gomega.NewWithT(t).Expect(test.stage.OfPromotion(test.entry, test.underWay)).To(gomega.Equal(test.want))
		})
	}
}
