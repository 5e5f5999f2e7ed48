package gate_test

import (
	"fmt"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/onsi/gomega"
	"pgregory.net/rapid"

	"github.com/seawall-dev/seawall/pkg/gate"
	"github.com/seawall-dev/seawall/pkg/risk"
)

// play is a rollout system of the size of a toy, and the ledger that is kept of it. What is true of its
// environments is kept apart from the ledger, which is told of it as a cluster would tell.
type play struct {
	rule   gate.Rule
	ledger gate.Ledger
	places []*place
	head   int // the newest commit
	clock  time.Time
	stages map[string]gate.Stage // of every start, by resource version
}

// place is one environment as it really is.
type place struct {
	gate.Environment

	rank    int
	rate    risk.Probability
	seen    int         // the commit that it has been compared with
	synced  int         // the commit that it was last well at
	pending *gate.Start // admitted, and nobody knows yet whether it begins
	rolling *gate.Start // begun, and not over
	part    *gate.Start // begun, of a part only
	failed  bool        // since it last succeeded
	excused bool        // what it has in flight was let go without regard to the limit
}

func (p *place) busy() bool { return p.pending != nil || p.rolling != nil || p.part != nil }

func (p *play) Stage(entry gate.Entry) gate.Stage { return p.stages[entry.ResourceVersion] }

func (p *play) Recovered(failure gate.Failure) bool { return !p.find(failure.Environment).failed }

func (p *play) Siblings() []gate.Sibling {
	var all []gate.Sibling
	for _, place := range p.places {
		all = append(all, gate.Sibling{
			Environment: place.Environment, Rank: place.rank, Release: revision(place.seen),
			Done: place.synced == place.seen && !place.failed && place.rolling == nil && place.part == nil,
		})
	}
	return all
}

func (p *play) find(environment gate.Environment) *place {
	at := slices.IndexFunc(p.places, func(place *place) bool { return place.UID == environment.UID })
	return p.places[at]
}

func revision(commit int) gate.Release {
	return gate.Release{Line: main, Revision: strconv.Itoa(commit)}
}

func commitOf(start gate.Start) int {
	commit, err := strconv.Atoi(start.Release.Revision)
	if err != nil {
		panic(err)
	}
	return commit
}

func anyPlay(t *rapid.T) *play {
	class := rapid.SampledFrom([]gate.Class{gate.Repair, gate.Paced, gate.Rollback})
	p := &play{
		clock: noon(), head: 1, stages: map[string]gate.Stage{},
		rule: gate.Rule{
			Limit: risk.Limit{
				Max:       rapid.SampledFrom([]risk.Probability{0, 10_000_000, 20_000_000, 50_000_000, 200_000_000}).Draw(t, "limit"),
				Tolerated: rapid.IntRange(0, 2).Draw(t, "tolerated"),
			},
			Ordered: rapid.Bool().Draw(t, "ordered"), GoOn: rapid.Bool().Draw(t, "go on"), Holds: true,
			Count: rapid.SliceOfN(class, 0, 1).Draw(t, "count"), Pass: rapid.SliceOfN(class, 0, 1).Draw(t, "pass"),
		},
	}
	for i := range rapid.IntRange(1, 7).Draw(t, "environments") {
		p.places = append(p.places, &place{
			Environment: environment(fmt.Sprintf("app-%d", i)), rank: rapid.IntRange(0, 2).Draw(t, "rank"),
			rate: rapid.SampledFrom([]risk.Probability{900_000_000, 990_000_000, 999_000_000}).Draw(t, "rate"), seen: 1, synced: 1,
		})
	}
	return p
}

// ask asks for a start, and holds what becomes of it against what is true. No operation begins while
// another one is under way; what that has changed may still be becoming well.
func (p *play) ask(t *rapid.T, place *place, class gate.Class, part bool) {
	if place.part != nil {
		return
	}
	p.clock = p.clock.Add(time.Second)
	asked := gate.Start{
		Environment: place.Environment, ResourceVersion: strconv.Itoa(len(p.stages) + 1), Release: revision(place.seen),
		Class: class, Narrow: part, Rate: place.rate, At: p.clock, Well: !place.failed && !place.busy(),
	}
	has, before := p.entry(place)
	var decision gate.Decision
	p.ledger, decision = p.rule.Admit(p.ledger, asked, p)
	p.check(t)
	if !decision.Admitted || !decision.Slot {
		return
	}
	retry := before && (place.failed || has.Release == asked.Release)
	exempt := slices.Contains(p.rule.Count, class)
	if !exempt && !retry && !place.failed {
		p.checkHalt(t)
		p.checkOrder(t, place, asked)
		p.checkLimit(t, place, before)
	}
	if !before {
		place.excused = exempt || place.failed
	}
	p.lose(place) // of two starts of one version of an object only one can begin
	place.pending = &asked
	p.stages[asked.ResourceVersion] = gate.Stage{}
}

func (p *play) entry(place *place) (gate.Entry, bool) {
	settled := p.ledger.Settle(p, p.clock)
	at := slices.IndexFunc(settled.InFlight, func(e gate.Entry) bool { return e.UID == place.UID })
	if at < 0 {
		return gate.Entry{}, false
	}
	return settled.InFlight[at], true
}

// check holds what must be true of the ledger at any time against what is true.
func (p *play) check(t *rapid.T) {
	g := gomega.NewWithT(t)
	for i, entry := range p.ledger.InFlight {
		again := slices.ContainsFunc(p.ledger.InFlight[i+1:], func(e gate.Entry) bool { return e.UID == entry.UID })
		g.Expect(again).To(gomega.BeFalse(), "%s is twice in the ledger", entry.Environment)
	}
	for _, place := range p.places {
		has := slices.ContainsFunc(p.ledger.InFlight, func(e gate.Entry) bool { return e.UID == place.UID })
		g.Expect(has || !place.busy()).To(gomega.BeTrue(), "%s is in flight, and not in the ledger", place.Environment)
	}
}

func (p *play) checkHalt(t *rapid.T) {
	failures := 0
	for _, place := range p.places {
		if place.failed {
			failures++
		}
	}
	if !p.rule.GoOn && failures > p.rule.Limit.Tolerated {
		t.Fatalf("admitted, though %d have failed and %d are tolerated", failures, p.rule.Limit.Tolerated)
	}
}

func (p *play) checkOrder(t *rapid.T, place *place, asked gate.Start) {
	for _, other := range p.places {
		if !p.rule.Ordered || other.rank >= place.rank {
			continue
		}
		if other.busy() || other.failed || other.synced < commitOf(asked) {
			t.Fatalf("%s is admitted at %d before %s, which was well at %d", place.Environment, commitOf(asked), other.Environment, other.synced)
		}
	}
}

// checkLimit says that no more are in flight with a place than the limit allows, but those that were let
// go without regard to it.
func (p *play) checkLimit(t *rapid.T, place *place, before bool) {
	wave := []risk.Group{{Rate: place.rate, Count: 1}}
	for _, other := range p.places {
		if other != place && other.busy() && !other.excused {
			wave = append(wave, risk.Group{Rate: other.rate, Count: 1})
		}
	}
	if !before && len(wave) > 1 && p.rule.Limit.Exceeded(risk.Mixed(wave...)) {
		t.Fatalf("%d are in flight together, which %+v does not allow", len(wave), p.rule.Limit)
	}
}

// begin, lose, end and fail are what may become of what a place has in flight.
func (p *play) begin(place *place) {
	if place.pending == nil {
		return
	}
	p.stages[place.pending.ResourceVersion] = gate.Stage{Phase: gate.Running}
	if place.pending.Narrow {
		place.part = place.pending
	} else {
		place.rolling = place.pending
	}
	place.pending = nil
}

func (p *play) lose(place *place) {
	if place.pending != nil {
		p.stages[place.pending.ResourceVersion] = gate.Stage{Phase: gate.Void}
		place.pending = nil
	}
}

func (p *play) end(place *place, stage gate.Stage) {
	switch {
	case place.pending != nil: // what is over can no longer be told from what comes
		return
	case place.part != nil:
		p.stages[place.part.ResourceVersion] = stage
		place.part = nil
		place.failed = place.failed || stage.Phase == gate.Failed
	case place.rolling != nil:
		p.stages[place.rolling.ResourceVersion] = stage
		if place.failed = stage.Phase == gate.Failed; !place.failed {
			place.synced = commitOf(*place.rolling)
		}
		place.rolling = nil
	}
	p.ledger = p.ledger.Settle(p, p.clock)
}

func TestAnyPlay(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p := anyPlay(t)
		one := func(t *rapid.T) *place { return rapid.SampledFrom(p.places).Draw(t, "environment") }
		t.Repeat(map[string]func(*rapid.T){
			"":        p.check,
			"commit":  func(*rapid.T) { p.head++ },
			"compare": func(t *rapid.T) { one(t).seen = p.head },
			"ask":     func(t *rapid.T) { p.ask(t, one(t), gate.Ordinary, false) },
			"ask for a part": func(t *rapid.T) {
				p.ask(t, one(t), gate.Ordinary, true)
			},
			"ask for another class": func(t *rapid.T) {
				p.ask(t, one(t), rapid.SampledFrom([]gate.Class{gate.Repair, gate.Paced, gate.Rollback}).Draw(t, "class"), false)
			},
			"begin":   func(t *rapid.T) { p.begin(one(t)) },
			"lose":    func(t *rapid.T) { p.lose(one(t)) },
			"settle":  func(t *rapid.T) { p.end(one(t), gate.Stage{Phase: gate.Settled}) },
			"fail":    func(t *rapid.T) { p.end(one(t), gate.Stage{Phase: gate.Failed, Reason: gate.Degraded}) },
			"look":    func(*rapid.T) { p.ledger = p.ledger.Settle(p, p.clock) },
			"recover": func(t *rapid.T) { p.recover(one(t)) },
		})
		p.finish(t)
	})
}

// recover makes a place well without a start.
func (p *play) recover(place *place) {
	if place.failed && !place.busy() {
		place.failed, place.synced = false, place.seen
		p.ledger = p.ledger.Settle(p, p.clock)
	}
}

// finish lets everything succeed from now on: every place comes to the newest commit, some in every round.
func (p *play) finish(t *rapid.T) {
	done := func(place *place) bool { return place.synced == p.head && !place.failed && !place.busy() }
	for range 3 * len(p.places) {
		for _, place := range p.places {
			place.seen = p.head
			p.begin(place)
			p.end(place, gate.Stage{Phase: gate.Settled})
			p.end(place, gate.Stage{Phase: gate.Settled})
		}
		for _, place := range p.places {
			if !done(place) {
				p.ask(t, place, gate.Ordinary, false)
			}
		}
	}
	for _, place := range p.places {
		if !done(place) {
			t.Fatalf("%s is never admitted: %+v", place.Environment, p.ledger)
		}
	}
}
