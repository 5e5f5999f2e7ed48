package gate_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/onsi/gomega"

	"github.com/seawall-dev/seawall/pkg/gate"
	"github.com/seawall-dev/seawall/pkg/risk"
)

func TestAdmit(t *testing.T) {
	flying := func(starts ...gate.Start) gate.Ledger { return gate.Ledger{InFlight: inFlight(starts...)} }
	failing := func(failures ...gate.Failure) gate.Ledger { return gate.Ledger{Failures: failures} }
	a, b, c := failure("a", "r2", gate.Degraded), failure("b", "r2", gate.Degraded), failure("c", "r2", gate.Degraded)
	goingOn := func(tolerated int) gate.Rule {
		return with(func(r *gate.Rule) { r.GoOn, r.Limit.Tolerated = true, tolerated })
	}
	for name, test := range map[string]struct {
		rule    gate.Rule
		ledger  gate.Ledger
		start   gate.Start
		want    gate.Decision // its Wave is not compared
		settled []string
	}{
		"the first": {pairs(), gate.Ledger{}, start("a"),
			gate.Decision{Admitted: true, Reason: gate.Free, Slot: true, Largest: 1}, nil},
		"the last that has room": {pairs(), flying(start("a")), start("b"),
			gate.Decision{Admitted: true, Reason: gate.Free, Slot: true, Largest: 2}, nil},
		"one too many": {pairs(), flying(start("b"), start("a")), start("c"),
			gate.Decision{Reason: gate.Full, Held: true, Largest: 2, Others: environments("a", "b")}, nil},
		"one of them is done": {pairs(), flying(start("a"), start("b")), start("c"),
			gate.Decision{Admitted: true, Reason: gate.Free, Slot: true, Largest: 2}, []string{"a"}},
		"one too many, and nothing is held": {with(func(r *gate.Rule) { r.Holds = false }), flying(start("a"), start("b")), start("c"),
			gate.Decision{Admitted: true, Reason: gate.Full, Held: true, Slot: true, Largest: 2, Others: environments("a", "b")}, nil},
		"one at the limit": {gate.Rule{Limit: risk.Limit{Max: 10_000_000}, Holds: true}, gate.Ledger{}, start("a"),
			gate.Decision{Admitted: true, Reason: gate.Free, Slot: true, Largest: 1}, nil},
		"one over the limit alone": {gate.Rule{Limit: risk.Limit{Max: 9_999_999}, Holds: true}, gate.Ledger{}, start("a"),
			gate.Decision{Admitted: true, Reason: gate.Alone, Slot: true, Largest: 1}, nil},
		"one over the limit beside another": {gate.Rule{Limit: risk.Limit{Max: 9_999_999}, Holds: true}, flying(start("a")), start("b"),
			gate.Decision{Reason: gate.Full, Held: true, Largest: 1, Others: environments("a")}, nil},
		"the zero rule admits one": {gate.Rule{Holds: true}, gate.Ledger{}, start("a"),
			gate.Decision{Admitted: true, Reason: gate.Alone, Slot: true, Largest: 1}, nil},
		"the zero rule admits no second": {gate.Rule{Holds: true}, flying(start("a")), start("b"),
			gate.Decision{Reason: gate.Full, Held: true, Largest: 1, Others: environments("a")}, nil},
		"what cannot fail has room": {pairs(), flying(start("a"), start("b")), start("c", rate(risk.One)),
			gate.Decision{Admitted: true, Reason: gate.Free, Slot: true, Largest: 3}, nil},
		"a riskier one has none": {pairs(), flying(start("a")), start("b", rate(980_000_000)),
			gate.Decision{Reason: gate.Full, Held: true, Largest: 1, Others: environments("a")}, nil},
		"safer ones take less room": {pairs(), flying(start("a", rate(995_000_000)), start("b", rate(995_000_000))), start("c", rate(995_000_000)),
			gate.Decision{Admitted: true, Reason: gate.Free, Slot: true, Largest: 3}, nil},

		"the same start again": {pairs(), flying(start("a"), start("b"), start("c")), start("c", version("8")),
			gate.Decision{Admitted: true, Reason: gate.Retried, Slot: true, Largest: 2}, nil},
		"another release by who has the slot": {pairs(), flying(start("a"), start("b"), start("c")), start("c", at("r3")),
			gate.Decision{Admitted: true, Reason: gate.Retried, Slot: true, Largest: 2}, nil},
		"the same start again after a failure": {pairs(), gate.Ledger{InFlight: inFlight(start("b")), Failures: []gate.Failure{a}}, start("b"),
			gate.Decision{Admitted: true, Reason: gate.Retried, Slot: true, Largest: 1}, nil},
		"another release after a failure": {pairs(), gate.Ledger{InFlight: inFlight(start("b")), Failures: []gate.Failure{a}}, start("b", at("r3")),
			gate.Decision{Reason: gate.Halted, Held: true, Largest: 1, Others: environments("a")}, nil},

		"a class that passes": {with(func(r *gate.Rule) { r.Pass = []gate.Class{gate.Repair} }), flying(start("a"), start("b")), start("c", of(gate.Repair)),
			gate.Decision{Admitted: true, Reason: gate.Exempt}, nil},
		"another class does not": {with(func(r *gate.Rule) { r.Pass = []gate.Class{gate.Repair} }), flying(start("a"), start("b")), start("c", of(gate.Paced)),
			gate.Decision{Reason: gate.Full, Held: true, Largest: 2, Others: environments("a", "b")}, nil},
		"a class that only counts": {with(func(r *gate.Rule) { r.Count = []gate.Class{gate.Paced, gate.Rollback} }), flying(start("a"), start("b")), start("c", of(gate.Rollback)),
			gate.Decision{Admitted: true, Reason: gate.Exempt, Slot: true, Largest: 2}, nil},
		"a class that only counts, after a failure": {with(func(r *gate.Rule) { r.Count = []gate.Class{gate.Rollback} }), failing(a), start("c", of(gate.Rollback)),
			gate.Decision{Admitted: true, Reason: gate.Exempt, Slot: true, Largest: 1}, nil},

		"a failure halts": {pairs(), failing(a), start("b"),
			gate.Decision{Reason: gate.Halted, Held: true, Largest: 1, Others: environments("a")}, nil},
		"two do": {pairs(), failing(b, a), start("c"),
			gate.Decision{Reason: gate.Halted, Held: true, Largest: 1, Others: environments("a", "b")}, nil},
		"nothing is held, and it says so": {with(func(r *gate.Rule) { r.Holds = false }), failing(a), start("b"),
			gate.Decision{Admitted: true, Reason: gate.Halted, Held: true, Slot: true, Largest: 1, Others: environments("a")}, nil},
		"a failure lets its own environment mend it": {pairs(), failing(a), start("a", at("r3")),
			gate.Decision{Admitted: true, Reason: gate.Retried, Slot: true, Largest: 1}, nil},
		"even if too much is in flight": {pairs(), gate.Ledger{InFlight: inFlight(start("b"), start("c")), Failures: []gate.Failure{a}}, start("a"),
			gate.Decision{Admitted: true, Reason: gate.Retried, Slot: true, Largest: 2}, nil},
		"a failure goes on": {goingOn(0), failing(a), start("b"),
			gate.Decision{Admitted: true, Reason: gate.Free, Slot: true, Largest: 1}, nil},
		"a tolerated failure halts nobody": {tolerating(1), failing(a), start("b"),
			gate.Decision{Admitted: true, Reason: gate.Free, Slot: true, Largest: 1}, nil},
		"and leaves room for none": {tolerating(1), gate.Ledger{InFlight: inFlight(start("b"), start("c")), Failures: []gate.Failure{a}}, start("d"),
			gate.Decision{Reason: gate.Full, Held: true, Largest: 2, Others: environments("b", "c")}, nil},
		"of two that are tolerated one is left": {tolerating(2), gate.Ledger{InFlight: inFlight(start("b"), start("c")), Failures: []gate.Failure{a}}, start("d"),
			gate.Decision{Admitted: true, Reason: gate.Free, Slot: true, Largest: 3}, nil},
		"one more than are tolerated halts": {tolerating(1), failing(a, b), start("c"),
			gate.Decision{Reason: gate.Halted, Held: true, Largest: 1, Others: environments("a", "b")}, nil},
		"more than are tolerated, and it goes on": {goingOn(1), failing(a, b, c), start("d"),
			gate.Decision{Admitted: true, Reason: gate.Free, Slot: true, Largest: 1}, nil},
		"below none is none": {tolerating(-1), gate.Ledger{}, start("a"),
			gate.Decision{Admitted: true, Reason: gate.Free, Slot: true, Largest: 1}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			g := gomega.NewWithT(t)
			stages := map[string]gate.Stage{}
			for _, name := range test.settled {
				stages[name] = gate.Stage{Phase: gate.Settled}
			}
			ledger, decision := test.rule.Admit(test.ledger, test.start, fleet{stages: stages})
			decision.Wave = risk.Wave{}
			g.Expect(decision).To(gomega.Equal(test.want))
			slots := 0
			for _, entry := range ledger.InFlight {
				if entry.UID == test.start.UID && entry.Release == test.start.Release && entry.ResourceVersion == test.start.ResourceVersion {
					slots++
				}
			}
			want := 0
			if test.want.Slot {
				want = 1
			}
			g.Expect(slots).To(gomega.Equal(want))
			g.Expect(ledger.Sightings).To(gomega.ContainElement(gate.Sighting{Release: test.start.Release, At: noon()}))
		})
	}
}

// The wave of a decision is all that would be in flight, each with its own rate, and each environment once.
func TestWaveOfADecision(t *testing.T) {
	const safe, risky = 999_000_000, 900_000_000
	ledger := gate.Ledger{InFlight: inFlight(start("a", rate(safe)), start("b", rate(risky)), start("c", rate(safe)))}
	for name, test := range map[string]struct {
		start gate.Start
		want  []risk.Group
	}{
		"another":        {start("d", rate(risky)), []risk.Group{{Rate: risky, Count: 2}, {Rate: safe, Count: 2}}},
		"one of them":    {start("a", rate(risky)), []risk.Group{{Rate: risky, Count: 2}, {Rate: safe, Count: 1}}},
		"one that can't": {start("d", rate(risk.One)), []risk.Group{{Rate: risky, Count: 1}, {Rate: safe, Count: 2}, {Rate: risk.One, Count: 1}}},
	} {
		t.Run(name, func(t *testing.T) {
			_, decision := pairs().Admit(ledger, test.start, fleet{})
			gomega.NewWithT(t).Expect(decision.Wave.Groups()).To(gomega.Equal(test.want))
		})
	}
}

// No start is lost, and no ledger outgrows its object, when one is full.
func TestFullLedger(t *testing.T) {
	var full gate.Ledger
	for i := range gate.MostInFlight {
		full.InFlight = append(full.InFlight, gate.Entry{Start: start(fmt.Sprintf("app-%04d", i), rate(risk.One))})
	}
	failed := full
	failed.Failures = []gate.Failure{failure("new", "r1", gate.Degraded)}
	warns := with(func(r *gate.Rule) { r.Holds = false })
	counts := with(func(r *gate.Rule) { r.Count = []gate.Class{gate.Paced} })
	for name, test := range map[string]struct {
		rule     gate.Rule
		ledger   gate.Ledger
		start    gate.Start
		admitted bool
		reason   gate.Reason
		slot     bool
	}{
		"another is held":                 {pairs(), full, start("new"), false, gate.TooMany, false},
		"or let go where nothing is held": {warns, full, start("new"), true, gate.TooMany, false},
		"one that is there goes on":       {pairs(), full, start("app-0007", rate(risk.One), at("r3")), true, gate.Retried, true},
		"one that has failed mends that":  {pairs(), failed, start("new"), true, gate.Retried, false},
		"a class that only counts passes": {counts, full, start("new", of(gate.Paced)), true, gate.Exempt, false},
	} {
		t.Run(name, func(t *testing.T) {
			g := gomega.NewWithT(t)
			ledger, decision := test.rule.Admit(test.ledger, test.start, fleet{})
			g.Expect(decision.Admitted).To(gomega.Equal(test.admitted))
			g.Expect(decision.Reason).To(gomega.Equal(test.reason))
			g.Expect(decision.Slot).To(gomega.Equal(test.slot))
			g.Expect(ledger.InFlight).To(gomega.HaveLen(gate.MostInFlight))
		})
	}
}

// An environment that has failed and is in flight again counts as both: what is tolerated is spent.
func TestRetryOfAFailure(t *testing.T) {
	g := gomega.NewWithT(t)
	rule, ledger := tolerating(1), gate.Ledger{Failures: []gate.Failure{failure("a", "r2", gate.SyncFailed)}}
	ledger, decision := rule.Admit(ledger, start("a", at("r3")), fleet{})
	g.Expect(decision.Reason).To(gomega.Equal(gate.Retried))

	ledger, decision = rule.Admit(ledger, start("b", at("r3"), later(time.Second)), fleet{})
	g.Expect(decision.Reason).To(gomega.Equal(gate.Free))
	ledger, decision = rule.Admit(ledger, start("c", at("r3"), later(time.Second)), fleet{})
	g.Expect(decision.Reason).To(gomega.Equal(gate.Full))

	mended := fleet{stages: map[string]gate.Stage{"a": {Phase: gate.Settled}}}
	_, decision = rule.Admit(ledger, start("c", at("r3"), later(2*time.Second)), mended)
	g.Expect(decision.Reason).To(gomega.Equal(gate.Free))
}
