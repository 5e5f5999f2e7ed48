package gate_test

import (
	"fmt"
	"maps"
	"slices"
	"testing"
	"time"

	"github.com/onsi/gomega"
	"pgregory.net/rapid"

	"github.com/seawall-dev/seawall/pkg/gate"
	"github.com/seawall-dev/seawall/pkg/risk"
)

// stored is a rollout as it is stored, in a cluster of the size of a toy: its version, which any write of it
// changes, its generation, and the environments that it has.
type stored struct {
	gate.Rollout

	version, generation int
	environments        map[int]bool
	// touched is when each environment was last given another state.
	touched map[int]time.Time
	// asked are the writes that were admitted and may yet be stored.
	asked []askedWrite
}

type askedWrite struct {
	gate.Write

	version int
	after   map[int]bool
	changes []int
}

// scribe plays writes of rollouts, and keeps apart from the ledger what is true of them.
type scribe struct {
	window   gate.Window
	ledger   gate.Ledger
	rollouts []*stored
	clock    time.Time
}

// neighbours are the environments that one write may touch: few enough that writes touch the same ones again, and others
// that only a later one brings in.
func neighbours() (all [][]int) {
	for first := range 6 {
		for last := first; last < 6; last++ {
			var some []int
			for environment := first; environment <= last; environment++ {
				some = append(some, environment)
			}
			all = append(all, some)
		}
	}
	return all
}

// ask asks for a write that brings in, changes and tears down some environments.
func (s *scribe) ask(t *rapid.T) {
	of := rapid.SampledFrom(s.rollouts).Draw(t, "rollout")
	asked := askedWrite{version: of.version, after: maps.Clone(of.environments)}
	most := s.window.Limit.LargestWave(percent99)
	for _, environment := range rapid.SampledFrom(neighbours()).Draw(t, "touches") {
		if len(asked.changes) == most {
			break
		}
		has := of.environments[environment]
		asked.changes = append(asked.changes, environment)
		if has && rapid.Bool().Draw(t, "tears down") {
			delete(asked.after, environment)
			asked.TornDown++
		} else {
			asked.after[environment] = true
		}
	}
	asked.Rollout, asked.At = of.Rollout, s.clock
	asked.Version, asked.Stored, asked.Generation = fmt.Sprint(of.version), int64(of.generation), int64(of.generation+1)
	asked.Environments, asked.Wave = len(asked.after), risk.Uniform(len(asked.changes), percent99)
	var fit gate.Fit
	s.ledger, fit = s.window.Admit(s.ledger, asked.Write)
	if fit.Taken {
		of.asked = append(of.asked, asked)
	} else if fit.Room > 0 {
		asked.Wave = risk.Uniform(fit.Room, percent99)
		_, less := s.window.Admit(s.ledger, asked.Write)
		gomega.NewWithT(t).Expect(less.Held).To(gomega.BeFalse(), "there is room for so many")
	}
}

// nearExpiry lets time pass until a write counts for its last second.
func (s *scribe) nearExpiry(t *rapid.T) {
	if len(s.ledger.Writes) == 0 {
		return
	}
	at := rapid.SampledFrom(s.ledger.Writes).Draw(t, "expires").At.Add(s.window.Length - time.Second)
	if at.After(s.clock) {
		s.clock = at
	}
}

// store stores one of the writes that were admitted: the others of the rollout rest on what is not stored any more.
func (s *scribe) store(t *rapid.T) {
	of := rapid.SampledFrom(s.rollouts).Draw(t, "stored rollout")
	if len(of.asked) == 0 {
		return
	}
	asked := rapid.SampledFrom(of.asked).Draw(t, "stored write")
	of.asked = nil
	of.version++
	of.generation++
	of.environments = asked.after
	for _, environment := range asked.changes {
		of.touched[environment] = asked.At
	}
	s.check(t)
}

// check holds the truth against the limit: what was given another state of late, each environment once.
func (s *scribe) check(t *rapid.T) {
	inFlight := 0
	for _, of := range s.rollouts {
		for _, at := range of.touched {
			if s.clock.Sub(at) < s.window.Length {
				inFlight++
			}
		}
	}
	gomega.NewWithT(t).Expect(s.window.Limit.Exceeded(risk.Uniform(inFlight, percent99))).To(gomega.BeFalse(), "%d are in flight", inFlight)
}

// TestAWindowIsNeverExceeded plays writes of which no one exceeds the limit by itself.
func TestAWindowIsNeverExceeded(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := &scribe{clock: noon(), window: gate.Window{
			Limit: risk.Limit{
				Max:       rapid.SampledFrom([]risk.Probability{10_000_000, 30_000_000, 60_000_000}).Draw(t, "limit"),
				Tolerated: rapid.IntRange(0, 1).Draw(t, "tolerated"),
			},
			Length: 5 * time.Minute, Holds: true,
		}}
		for i := range rapid.IntRange(1, 4).Draw(t, "rollouts") {
			s.rollouts = append(s.rollouts, &stored{
				Rollout: gate.Rollout{Kind: "Rollout", Name: fmt.Sprint("r", i), UID: fmt.Sprint("u", i)}, version: 1, generation: 1,
				environments: map[int]bool{0: true, 1: true, 2: true}, touched: map[int]time.Time{},
			})
		}
		t.Repeat(map[string]func(*rapid.T){
			"ask":   s.ask,
			"store": s.store,
			"write": func(t *rapid.T) {
				s.ask(t)
				s.store(t)
			},
			"expiry": s.nearExpiry,
			"time": func(t *rapid.T) {
				s.clock = s.clock.Add(time.Duration(rapid.IntRange(1, 100).Draw(t, "seconds")) * time.Second)
			},
			"forget": func(t *rapid.T) { // those whose request is over, as another webhook refused it, or a conflict ended it
				of := rapid.SampledFrom(s.rollouts).Draw(t, "forgotten")
				of.asked = nil
			},
			"status": func(t *rapid.T) { // another write of it changes nothing of this
				of := rapid.SampledFrom(s.rollouts).Draw(t, "touched")
				of.version++
				of.asked = nil
			},
			"": func(*rapid.T) {
				for _, of := range s.rollouts { // no request lasts longer
					of.asked = slices.DeleteFunc(of.asked, func(asked askedWrite) bool { return s.clock.Sub(asked.At) > time.Minute })
				}
			},
		})
	})
}
