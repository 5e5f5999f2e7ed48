package waves

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/onsi/gomega"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"pgregory.net/rapid"

	"github.com/seawall-dev/seawall/pkg/apis/v1alpha1"
	"github.com/seawall-dev/seawall/pkg/gate"
	"github.com/seawall-dev/seawall/pkg/risk"
)

// text draws what the API server would keep as it is.
func text(most int) *rapid.Generator[string] { return rapid.StringN(0, -1, most) }

func times() *rapid.Generator[time.Time] {
	return rapid.Custom(func(t *rapid.T) time.Time {
		return time.UnixMicro(rapid.Int64Range(1, 4e15).Draw(t, "microseconds")).UTC()
	})
}

func releases() *rapid.Generator[gate.Release] {
	return rapid.Custom(func(t *rapid.T) gate.Release {
		return gate.Release{Line: text(40).Draw(t, "line"), Revision: text(40).Draw(t, "revision")}
	})
}

func environments() *rapid.Generator[gate.Environment] {
	return rapid.Custom(func(t *rapid.T) gate.Environment {
		return gate.Environment{
			UID: types.UID(text(40).Draw(t, "uid")), Namespace: text(20).Draw(t, "namespace"), Name: text(20).Draw(t, "name"),
		}
	})
}

func entries() *rapid.Generator[gate.Entry] {
	return rapid.Custom(func(t *rapid.T) gate.Entry {
		entry := gate.Entry{Start: starts(environments().Draw(t, "environment")).Draw(t, "start")}
		if rapid.Bool().Draw(t, "replaces") {
			entry.Before = new(starts(entry.Environment).Draw(t, "before"))
		}
		return entry
	})
}

func starts(of gate.Environment) *rapid.Generator[gate.Start] {
	return rapid.Custom(func(t *rapid.T) gate.Start {
		return gate.Start{
			Environment:     of,
			ResourceVersion: text(20).Draw(t, "resourceVersion"), Previous: text(20).Draw(t, "previous"),
			Release: releases().Draw(t, "release"),
			Class:   rapid.SampledFrom([]gate.Class{gate.Ordinary, gate.Repair, gate.Paced, gate.Rollback}).Draw(t, "class"),
			Well:    rapid.Bool().Draw(t, "well"), Narrow: rapid.Bool().Draw(t, "narrow"), By: text(longestUser).Draw(t, "by"),
			Rate: risk.Probability(rapid.Uint32Range(0, uint32(risk.One)).Draw(t, "rate")), At: times().Draw(t, "at"),
		}
	})
}

func ledgers() *rapid.Generator[gate.Ledger] {
	failures := rapid.Custom(func(t *rapid.T) gate.Failure {
		return gate.Failure{
			Environment: environments().Draw(t, "environment"), Release: releases().Draw(t, "release"),
			Reason: rapid.SampledFrom([]gate.FailureReason{gate.SyncFailed, gate.Degraded, gate.TimedOut}).Draw(t, "reason"),
			Since:  times().Draw(t, "since"),
		}
	})
	sightings := rapid.Custom(func(t *rapid.T) gate.Sighting {
		return gate.Sighting{Release: releases().Draw(t, "release"), At: times().Draw(t, "at")}
	})
	return rapid.Custom(func(t *rapid.T) gate.Ledger {
		return gate.Ledger{
			InFlight:  rapid.SliceOfN(entries(), 1, 5).Draw(t, "inFlight"),
			Failures:  rapid.SliceOfN(failures, 1, 5).Draw(t, "failures"),
			Sightings: rapid.SliceOfN(sightings, 1, 5).Draw(t, "sightings"),
			Peak:      rapid.IntRange(0, gate.MostInFlight).Draw(t, "peak"),
		}
	})
}

func TestALedgerIsReadAsItWasWritten(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		g := gomega.NewWithT(t)
		want := ledgers().Draw(t, "ledger")
		others := v1alpha1.WaveStatus{
			Largest: new(int32(3)), Held: new(int32(7)), HeldSince: &metav1.Time{Time: time.Unix(1, 0)}, HaltedBy: "app-04",
		}
		status := *others.DeepCopy()
		put(&status, want)
		sent, err := json.Marshal(status)
		g.Expect(err).NotTo(gomega.HaveOccurred())
		var stored v1alpha1.WaveStatus
		g.Expect(json.Unmarshal(sent, &stored)).To(gomega.Succeed())
		g.Expect(ledgerOf(&stored)).To(gomega.Equal(want))
		g.Expect(*stored.InFlightCount).To(gomega.BeEquivalentTo(len(want.InFlight)))

		put(&status, gate.Ledger{})
		g.Expect(*status.InFlightCount).To(gomega.BeZero())
		status.InFlightCount, status.Peak = nil, nil
		g.Expect(status).To(gomega.Equal(others), "what is not of the ledger stays, and nothing else")
	})
}

func TestWhatIsTooLongForAWaveIsLeftOut(t *testing.T) {
	g := gomega.NewWithT(t)
	ledger := gate.Ledger{
		InFlight: []gate.Entry{{Start: gate.Start{By: strings.Repeat("ü", longestUser+1)}}},
		Sightings: []gate.Sighting{
			{Release: gate.Release{Line: strings.Repeat("l", longestRelease+1), Revision: "1"}},
			{Release: gate.Release{Line: "l", Revision: strings.Repeat("1", longestRelease+1)}},
			{Release: gate.Release{Line: "l", Revision: "1"}},
		},
	}
	for i := range mostFailures + 1 {
		ledger.Failures = append(ledger.Failures, gate.Failure{Environment: gate.Environment{Name: fmt.Sprint(i)}})
	}
	var status v1alpha1.WaveStatus
	put(&status, ledger)
	g.Expect(status.InFlight[0].By).To(gomega.Equal(strings.Repeat("ü", longestUser)))
	g.Expect(status.Sightings).To(gomega.HaveLen(1))
	g.Expect(status.Sightings[0].Line).To(gomega.Equal("l"))
	g.Expect(status.Failures).To(gomega.HaveLen(mostFailures))
	g.Expect(status.Failures[mostFailures-1].Name).To(gomega.Equal(fmt.Sprint(mostFailures)), "the last are kept")
}

func TestNamesOfWaves(t *testing.T) {
	g := gomega.NewWithT(t)
	group := func(values ...string) gate.Group { return gate.Group{Values: values} }
	long := strings.Repeat("a", 240) + strings.Repeat(".b", 6) + "c"
	seen := map[string]bool{}
	for _, key := range []Key{
		{Policy: "p", Group: group("a", "b")}, {Policy: "p", Group: group("a,b")}, {Policy: "p", Group: group(`a","b`)}, {Policy: "p", Group: group()}, {Policy: "p", Group: group("")}, {Policy: "q", Group: group("a", "b")},
		{Policy: long, Group: group("a")}, {Policy: long + "d", Group: group("a")},
		{Policy: "p", Group: group("a", "b"), Writes: true}, {Policy: "p", Group: group(), Writes: true},
	} {
		name := key.Name()
		g.Expect(name).To(gomega.MatchRegexp(`^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$`))
		g.Expect(len(name)).To(gomega.BeNumerically("<=", longestName))
		g.Expect(seen).NotTo(gomega.HaveKey(name), "%v", key)
		seen[name] = true
	}
	g.Expect(Key{Policy: "p", Group: group("a", "b")}.Name()).To(gomega.HavePrefix("p-"))
}
