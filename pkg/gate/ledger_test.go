package gate_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/onsi/gomega"

	"github.com/seawall-dev/seawall/pkg/gate"
)

func TestSettle(t *testing.T) {
	now := noon().Add(time.Minute)
	since := func(f gate.Failure, at time.Time) gate.Failure {
		f.Since = at
		return f
	}
	for name, test := range map[string]struct {
		flight, wantFlight     []gate.Entry
		failures, wantFailures []gate.Failure
		fleet                  fleet
	}{
		"who is under way stays": {
			flight: inFlight(start("a")), wantFlight: inFlight(start("a")),
		},
		"of whom nothing is known stays": {
			flight: inFlight(start("a")), fleet: fleet{stages: map[string]gate.Stage{"a": {}}},
			wantFlight: inFlight(start("a")),
		},
		"who has settled is out": {
			flight: inFlight(start("a"), start("b")), fleet: fleet{stages: map[string]gate.Stage{"a": {Phase: gate.Settled}}},
			wantFlight: inFlight(start("b")),
		},
		"who never began is out": {
			flight: inFlight(start("a"), start("b")), fleet: fleet{stages: map[string]gate.Stage{"b": {Phase: gate.Void}}},
			wantFlight: inFlight(start("a")),
		},
		"who has failed is out, and a failure": {
			flight:       inFlight(start("a")),
			fleet:        fleet{stages: map[string]gate.Stage{"a": {Phase: gate.Failed, Reason: gate.Degraded}}},
			wantFailures: []gate.Failure{since(failure("a", "r2", gate.Degraded), now)},
		},
		"who has failed and goes on trying is both": {
			flight:       inFlight(start("a")),
			fleet:        fleet{stages: map[string]gate.Stage{"a": {Phase: gate.Failed, Reason: gate.SyncFailed, Syncing: true}}},
			wantFlight:   inFlight(start("a")),
			wantFailures: []gate.Failure{since(failure("a", "r2", gate.SyncFailed), now)},
		},
		"a failure that is known is as old as it was": {
			flight:       inFlight(start("a")),
			failures:     []gate.Failure{failure("a", "r2", gate.SyncFailed)},
			fleet:        fleet{stages: map[string]gate.Stage{"a": {Phase: gate.Failed, Reason: gate.SyncFailed, Syncing: true}}},
			wantFlight:   inFlight(start("a")),
			wantFailures: []gate.Failure{failure("a", "r2", gate.SyncFailed)},
		},
		"one at another release takes its place": {
			flight:       inFlight(start("a", at("r3"))),
			failures:     []gate.Failure{failure("a", "r2", gate.SyncFailed), failure("b", "r2", gate.SyncFailed)},
			fleet:        fleet{stages: map[string]gate.Stage{"a": {Phase: gate.Failed, Reason: gate.TimedOut}}},
			wantFailures: []gate.Failure{since(failure("a", "r3", gate.TimedOut), now), failure("b", "r2", gate.SyncFailed)},
		},
		"a failure ends with the environment's success": {
			flight:       inFlight(start("a", at("r3"))),
			failures:     []gate.Failure{failure("a", "r2", gate.Degraded), failure("b", "r2", gate.Degraded)},
			fleet:        fleet{stages: map[string]gate.Stage{"a": {Phase: gate.Settled}}},
			wantFailures: []gate.Failure{failure("b", "r2", gate.Degraded)},
		},
		"but not with that of a part": {
			flight:       inFlight(start("a", narrow)),
			failures:     []gate.Failure{failure("a", "r2", gate.Degraded)},
			fleet:        fleet{stages: map[string]gate.Stage{"a": {Phase: gate.Settled}}},
			wantFailures: []gate.Failure{failure("a", "r2", gate.Degraded)},
		},
		"nor with a start that never began": {
			flight:       inFlight(start("a", at("r3"))),
			failures:     []gate.Failure{failure("a", "r2", gate.Degraded)},
			fleet:        fleet{stages: map[string]gate.Stage{"a": {Phase: gate.Void}}},
			wantFailures: []gate.Failure{failure("a", "r2", gate.Degraded)},
		},
		"it ends when the environment is well again, or gone": {
			failures:     []gate.Failure{failure("a", "r2", gate.Degraded), failure("b", "r2", gate.Degraded)},
			fleet:        fleet{recovered: []string{"b"}},
			wantFailures: []gate.Failure{failure("a", "r2", gate.Degraded)},
		},
	} {
		t.Run(name, func(t *testing.T) {
			g := gomega.NewWithT(t)
			ledger := gate.Ledger{InFlight: test.flight, Failures: test.failures, Peak: 5}.Settle(test.fleet, now)
			g.Expect(ledger.InFlight).To(gomega.BeComparableTo(test.wantFlight))
			g.Expect(ledger.Failures).To(gomega.ConsistOf(anything(test.wantFailures)...))
			g.Expect(ledger.Peak).To(gomega.Equal(5))
			again := ledger.Settle(test.fleet, now.Add(time.Minute))
			g.Expect(again.Failures).To(gomega.Equal(ledger.Failures), "settling again finds nothing new")
		})
	}
}

func anything[T any](all []T) []any {
	var boxed []any
	for _, one := range all {
		boxed = append(boxed, one)
	}
	return boxed
}

func TestLedgerHoldsSoManyFailures(t *testing.T) {
	g := gomega.NewWithT(t)
	fleet := fleet{stages: map[string]gate.Stage{}}
	var ledger gate.Ledger
	for i := range gate.MostInFlight {
		name := fmt.Sprintf("app-%04d", i)
		ledger.InFlight = append(ledger.InFlight, gate.Entry{Start: start(name)})
		fleet.stages[name] = gate.Stage{Phase: gate.Failed, Reason: gate.TimedOut}
	}
	ledger.Failures = []gate.Failure{failure("old", "r1", gate.Degraded)}

	ledger = ledger.Settle(fleet, noon())
	g.Expect(ledger.InFlight).To(gomega.BeEmpty())
	g.Expect(ledger.Failures).To(gomega.HaveLen(gate.MostInFlight))
	g.Expect(ledger.Failures[0].Name).To(gomega.Equal("old"))
}

func TestStart(t *testing.T) {
	g := gomega.NewWithT(t)
	var none gate.Ledger
	one := none.Start(start("a"))
	two := one.Start(start("b"))
	g.Expect(none.InFlight).To(gomega.BeEmpty())
	g.Expect(one.InFlight).To(gomega.BeComparableTo(inFlight(start("a"))), "no ledger changes in place")
	g.Expect(two.InFlight).To(gomega.BeComparableTo(inFlight(start("a"), start("b"))))
	g.Expect(two.Peak).To(gomega.Equal(2))

	settled := two.Settle(fleet{stages: map[string]gate.Stage{"a": {Phase: gate.Settled}, "b": {Phase: gate.Settled}}}, noon())
	g.Expect(settled.Start(start("c")).Peak).To(gomega.Equal(2), "the peak stands")
}

// What an environment had in flight is in flight until it is known that the next start has begun.
func TestStartsOfOneEnvironment(t *testing.T) {
	first := start("a", at("r1"))
	type stages = map[string]gate.Stage
	for name, test := range map[string]struct {
		next   gate.Start
		stages stages
		want   []string
		before bool
	}{
		"the next has begun":           {start("a", version("8")), stages{}, []string{"r2"}, false},
		"nothing is known of it":       {start("a", version("8")), stages{"a@r2": {}}, []string{"r2"}, true},
		"it never began":               {start("a", version("8")), stages{"a@r2": {Phase: gate.Void}}, []string{"r1"}, false},
		"neither did":                  {start("a", version("8")), stages{"a": {Phase: gate.Void}}, nil, false},
		"it never began, all is done":  {start("a", version("8")), stages{"a@r2": {Phase: gate.Void}, "a@r1": {Phase: gate.Settled}}, nil, false},
		"it is done":                   {start("a", version("8")), stages{"a@r2": {Phase: gate.Settled}}, nil, false},
		"a part is under way":          {start("a", version("8"), narrow), stages{}, []string{"r2"}, true},
		"a part is done":               {start("a", version("8"), narrow), stages{"a@r2": {Phase: gate.Settled}}, []string{"r1"}, false},
		"a part and all are done":      {start("a", version("8"), narrow), stages{"a": {Phase: gate.Settled}}, nil, false},
		"a part has failed":            {start("a", version("8"), narrow), stages{"a@r2": {Phase: gate.Failed}}, []string{"r1"}, false},
		"it was asked for twice":       {start("a"), stages{"a@r2": {Phase: gate.Void}}, nil, false},
		"it has failed, and goes on":   {start("a", version("8")), stages{"a@r2": {Phase: gate.Failed, Syncing: true}}, []string{"r2"}, false},
		"it has failed, and that's it": {start("a", version("8")), stages{"a@r2": {Phase: gate.Failed}}, nil, false},
	} {
		t.Run(name, func(t *testing.T) {
			g := gomega.NewWithT(t)
			ledger := gate.Ledger{}.Start(first).Start(test.next).Settle(fleet{stages: test.stages}, noon())
			var revisions []string
			for _, entry := range ledger.InFlight {
				revisions = append(revisions, entry.Release.Revision)
				g.Expect(entry.Before != nil).To(gomega.Equal(test.before))
			}
			g.Expect(revisions).To(gomega.Equal(test.want))
		})
	}
}

// Starts that never begin, one after the other, do not hide what is in flight.
func TestStartsInARowThatNeverBegin(t *testing.T) {
	g := gomega.NewWithT(t)
	ledger := gate.Ledger{}.Start(start("a", at("r1")))
	for _, revision := range []string{"r2", "r3", "r4"} {
		ledger = ledger.Start(start("a", at(revision), version(revision)))
	}
	ledger = ledger.Settle(fleet{stages: map[string]gate.Stage{"a@r4": {Phase: gate.Void}}}, noon())
	g.Expect(ledger.InFlight).To(gomega.BeComparableTo(inFlight(start("a", at("r1")))))
}

// An environment that is not well because of what is in flight, or has failed, has to become well: that it
// is no worse after the next start is not enough.
func TestWellBeforeTheFirstStart(t *testing.T) {
	for name, test := range map[string]struct {
		ledger gate.Ledger
		want   bool
	}{
		"the first":                    {gate.Ledger{}, false},
		"another environment was well": {gate.Ledger{InFlight: inFlight(start("b")), Failures: []gate.Failure{failure("b", "r1", gate.Degraded)}}, false},
		"was well before":              {gate.Ledger{InFlight: inFlight(start("a", at("r1")))}, true},
		"was not before either":        {gate.Ledger{InFlight: inFlight(start("a", at("r1"), unwell))}, false},
		"has become degraded":          {gate.Ledger{Failures: []gate.Failure{failure("a", "r1", gate.Degraded)}}, true},
		"has not become well in time":  {gate.Ledger{Failures: []gate.Failure{failure("a", "r1", gate.TimedOut)}}, true},
		"could not be synced":          {gate.Ledger{Failures: []gate.Failure{failure("a", "r1", gate.SyncFailed)}}, false},
	} {
		t.Run(name, func(t *testing.T) {
			g := gomega.NewWithT(t)
			started := test.ledger.Start(start("a", unwell)).InFlight
			g.Expect(started[len(started)-1].Well).To(gomega.Equal(test.want))
		})
	}
}

func TestRelease(t *testing.T) {
	exact := start("a", version("8"), later(1234567*time.Nanosecond))
	kept := start("a", version("8"), later(1234*time.Microsecond))
	first := start("a", at("r1"))
	for name, test := range map[string]struct {
		ledger gate.Ledger
		given  gate.Start
		want   []gate.Entry
	}{
		"one that is not there":    {gate.Ledger{}, exact, nil},
		"the only one":             {gate.Ledger{}.Start(exact), exact, nil},
		"as it is in the cluster":  {gate.Ledger{}.Start(kept), exact, nil},
		"of another version":       {gate.Ledger{}.Start(kept), start("a", version("9"), later(1234*time.Microsecond)), inFlight(kept)},
		"of another time":          {gate.Ledger{}.Start(kept), start("a", version("8")), inFlight(kept)},
		"of another environment":   {gate.Ledger{}.Start(kept), start("b", version("8"), later(1234*time.Microsecond)), inFlight(kept)},
		"among others":             {gate.Ledger{}.Start(kept).Start(start("b")), exact, inFlight(start("b"))},
		"what was before is again": {gate.Ledger{}.Start(first).Start(start("b")).Start(exact), exact, inFlight(start("b"), first)},
	} {
		t.Run(name, func(t *testing.T) {
			g := gomega.NewWithT(t)
			before := len(test.ledger.InFlight)
			g.Expect(test.ledger.Release(test.given, 0).InFlight).To(gomega.HaveExactElements(anything(test.want)...))
			g.Expect(test.ledger.InFlight).To(gomega.HaveLen(before), "no ledger changes in place")
		})
	}
}

// TestReleaseOfThePeak has starts that are given back count for no peak, whatever others did meanwhile.
func TestReleaseOfThePeak(t *testing.T) {
	g := gomega.NewWithT(t)
	two := gate.Ledger{}.Start(start("a")).Start(start("b"))
	g.Expect(two.Start(start("c")).Release(start("c"), two.Peak).Peak).To(gomega.Equal(2), "it was the third")
	five := gate.Ledger{InFlight: two.InFlight, Peak: 5}
	g.Expect(five.Start(start("c")).Release(start("c"), five.Peak).Peak).To(gomega.Equal(5), "there were more before")
	others := two.Start(start("c")).Start(start("d")).Start(start("e"))
	g.Expect(others.Release(start("c"), two.Peak).Peak).To(gomega.Equal(4), "others have come since")
	again := two.Start(start("b", version("9")))
	g.Expect(again.Release(start("b", version("9")), two.Peak).Peak).To(gomega.Equal(2), "it was one of the two already")
}

func TestForgiveAndIdle(t *testing.T) {
	g := gomega.NewWithT(t)
	failed := gate.Ledger{Failures: []gate.Failure{failure("a", "r1", gate.Degraded)}}
	g.Expect(gate.Ledger{Sightings: sightings("r1")}.Idle()).To(gomega.BeTrue())
	g.Expect(gate.Ledger{}.Start(start("a")).Idle()).To(gomega.BeFalse())
	g.Expect(failed.Idle()).To(gomega.BeFalse())
	g.Expect(failed.Forgive().Idle()).To(gomega.BeTrue())
}
