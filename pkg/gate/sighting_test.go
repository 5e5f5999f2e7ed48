package gate_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/onsi/gomega"

	"github.com/seawall-dev/seawall/pkg/gate"
)

// remembered is how many sightings a ledger holds.
const remembered = 256

func fleetAt(revisions ...string) fleet {
	var seen fleet
	for _, revision := range revisions {
		seen.siblings = append(seen.siblings, sibling("at-"+revision, 1, revision))
	}
	return seen
}

func numbered(to int) []string {
	var revisions []string
	for i := range to {
		revisions = append(revisions, fmt.Sprintf("r%d", i))
	}
	return revisions
}

func TestSightings(t *testing.T) {
	g := gomega.NewWithT(t)
	minute := func(n int) time.Time { return noon().Add(time.Duration(n) * time.Minute) }
	sighting := func(revision string, at time.Time) gate.Sighting {
		return gate.Sighting{Release: release(revision), At: at}
	}
	first := gate.Ledger{}.Settle(fleetAt("r1", "", "r2", "r1"), minute(1))
	g.Expect(first.Sightings).To(gomega.Equal([]gate.Sighting{sighting("r1", minute(1)), sighting("r2", minute(1))}), "each once, and no unknown one")

	second := first.Settle(fleetAt("r3", "r1"), minute(2))
	g.Expect(second.Sightings).To(gomega.Equal(append(first.Sightings, sighting("r3", minute(2)))), "as old as they were")
	g.Expect(first.Sightings).To(gomega.HaveLen(2), "no ledger changes in place")

	slow := second.Settle(fleetAt("r4"), minute(1))
	g.Expect(slow.Sightings[3]).To(gomega.Equal(sighting("r4", minute(2))), "a clock that is behind makes nothing older")

	other := gate.Ledger{}.Settle(fleetAt("r1", "r2"), minute(1)).Settle(fleetAt("other"), minute(2))
	g.Expect(first.Sightings).NotTo(gomega.ContainElement(sighting("other", minute(2))), "two ledgers of one do not share")
	g.Expect(other.Sightings).To(gomega.HaveLen(3))
}

func TestForgottenSightings(t *testing.T) {
	g := gomega.NewWithT(t)
	var ledger gate.Ledger
	for i, revision := range numbered(remembered) {
		ledger = ledger.Settle(fleetAt(revision, "r0"), noon().Add(time.Duration(i)*time.Minute))
	}
	g.Expect(ledger.Sightings).To(gomega.HaveLen(remembered))
	ledger = ledger.Settle(fleetAt("new", "r0", "r2"), noon().Add(24*time.Hour))
	g.Expect(ledger.Sightings).To(gomega.HaveLen(remembered))
	var revisions []string
	for _, sighting := range ledger.Sightings {
		revisions = append(revisions, sighting.Revision)
	}
	g.Expect(revisions[:3]).To(gomega.Equal([]string{"r0", "r2", "r3"}), "the oldest that nothing is at is forgotten")
	g.Expect(revisions[remembered-1]).To(gomega.Equal("new"))
}

// More releases are current than are remembered: those that are stay as old as they were, whoever asks, and
// however often.
func TestMoreReleasesThanAreRemembered(t *testing.T) {
	g := gomega.NewWithT(t)
	ledger := gate.Ledger{}.Settle(fleetAt(numbered(remembered)...), noon())
	before := ledger.Sightings
	for i := range 3 {
		ledger = ledger.Settle(fleetAt(numbered(2*remembered)...), noon().Add(time.Duration(i)*time.Minute))
		g.Expect(ledger.Sightings).To(gomega.Equal(before))
	}

	// Of what is not remembered none is newer than the other.
	crowd := fleetAt(numbered(2 * remembered)...)
	for i := range crowd.siblings {
		crowd.siblings[i].Rank = 9
	}
	crowd.siblings = append(crowd.siblings, sibling("dev", 1, "r300"), sibling("prod", 2, "r301"))
	_, decision := inOrder().Admit(ledger, start("prod", at("r301")), crowd)
	g.Expect(decision.Others).To(gomega.Equal(environments("dev")))
}
