package waves

import (
	"math"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"github.com/seawall-dev/seawall/pkg/apis/v1alpha1"
	"github.com/seawall-dev/seawall/pkg/gate"
	"github.com/seawall-dev/seawall/pkg/risk"
)

const (
	// mostFailures is how many failures a Wave holds.
	mostFailures = 2000
	// longestUser is how much of the name of a user it holds.
	longestUser = 256
	// longestRelease is how long the line and the revision of a release may be there.
	longestRelease = 1024
)

// Ledger returns what a Wave holds.
func Ledger(wave *v1alpha1.Wave) gate.Ledger { return ledgerOf(&wave.Status) }

// ledgerOf returns the ledger that a status holds.
func ledgerOf(status *v1alpha1.WaveStatus) gate.Ledger {
	var ledger gate.Ledger
	for i := range status.InFlight {
		ledger.InFlight = append(ledger.InFlight, entryOf(&status.InFlight[i]))
	}
	for _, one := range status.Failures {
		ledger.Failures = append(ledger.Failures, gate.Failure{
			Environment: gate.Environment{Kind: one.Kind, UID: types.UID(one.UID), Namespace: one.Namespace, Name: one.Name},
			Release:     gate.Release{Line: one.Line, Revision: one.Revision},
			Reason:      gate.FailureReason(one.Reason),
			Since:       timeOf(one.Since),
		})
	}
	for _, one := range status.Sightings {
		ledger.Sightings = append(ledger.Sightings, gate.Sighting{
			Release: gate.Release{Line: one.Line, Revision: one.Revision}, At: timeOf(one.Time),
		})
	}
	for i := range status.Writes {
		ledger.Writes = append(ledger.Writes, writeOf(&status.Writes[i]))
	}
	if status.Peak != nil {
		ledger.Peak = int(*status.Peak)
	}
	return ledger
}

func entryOf(one *v1alpha1.WaveEntry) gate.Entry {
	of := gate.Environment{Kind: one.Kind, UID: types.UID(one.UID), Namespace: one.Namespace, Name: one.Name}
	entry := gate.Entry{Start: startOf(of, &one.WaveStart)}
	if one.Replaces != (v1alpha1.WaveStart{}) {
		entry.Before = new(startOf(of, &one.Replaces))
	}
	return entry
}

func startOf(of gate.Environment, one *v1alpha1.WaveStart) gate.Start {
	rate, _ := risk.ParseProbability(string(one.SuccessRate)) // the schema refuses others, which count as certain to fail
	return gate.Start{
		Environment:     of,
		ResourceVersion: one.ResourceVersion,
		Previous:        one.Previous,
		Release:         gate.Release{Line: one.Line, Revision: one.Revision},
		Class:           classOf(one.Class),
		Well:            one.Before == v1alpha1.BeforeHealthy,
		Narrow:          one.Extent == v1alpha1.ExtentNarrow,
		Promotion:       one.Promotion,
		By:              one.By,
		Rate:            rate,
		At:              timeOf(one.Since),
	}
}

// put makes a status hold a ledger. The fields that are not of it stay.
func put(status *v1alpha1.WaveStatus, ledger gate.Ledger) {
	status.InFlight, status.Failures, status.Sightings, status.Writes = nil, nil, nil, nil
	for i := range ledger.InFlight {
		status.InFlight = append(status.InFlight, writtenEntry(&ledger.InFlight[i]))
	}
	// So many are far more than a policy can tolerate, whichever they are.
	for _, one := range ledger.Failures[max(0, len(ledger.Failures)-mostFailures):] {
		status.Failures = append(status.Failures, v1alpha1.WaveFailure{
			Kind: one.Kind, UID: string(one.UID), Namespace: one.Namespace, Name: one.Name,
			Line: one.Release.Line, Revision: one.Release.Revision,
			Reason: v1alpha1.StartFailure(one.Reason), Since: written(one.Since),
		})
	}
	for _, one := range ledger.Sightings {
		// Whoever can write one sibling must not be able to keep the others from being written.
		if len(one.Line) <= longestRelease && len(one.Revision) <= longestRelease {
			status.Sightings = append(status.Sightings, v1alpha1.WaveSighting{Line: one.Line, Revision: one.Revision, Time: written(one.At)})
		}
	}
	for i := range ledger.Writes {
		status.Writes = append(status.Writes, writtenWrite(&ledger.Writes[i]))
	}
	status.InFlightCount, status.Peak = count(len(ledger.InFlight)+ledger.Written().N()), count(ledger.Peak)
}

func writtenEntry(one *gate.Entry) v1alpha1.WaveEntry {
	entry := v1alpha1.WaveEntry{
		Kind: one.Kind, UID: string(one.UID), Namespace: one.Namespace, Name: one.Name, WaveStart: writtenStart(&one.Start),
	}
	if one.Before != nil {
		entry.Replaces = writtenStart(one.Before)
	}
	return entry
}

func writtenStart(one *gate.Start) v1alpha1.WaveStart {
	start := v1alpha1.WaveStart{
		ResourceVersion: one.ResourceVersion, Previous: one.Previous,
		Line: one.Release.Line, Revision: one.Release.Revision,
		Class: writtenClass(one.Class), Before: v1alpha1.BeforeUnhealthy, Extent: v1alpha1.ExtentWhole,
		Promotion: one.Promotion, By: cut(one.By, longestUser), Since: written(one.At), SuccessRate: v1alpha1.Probability(one.Rate.String()),
	}
	if one.Well {
		start.Before = v1alpha1.BeforeHealthy
	}
	if one.Narrow {
		start.Extent = v1alpha1.ExtentNarrow
	}
	return start
}

func classOf(class v1alpha1.StartClass) gate.Class {
	switch class {
	case v1alpha1.StartRepair:
		return gate.Repair
	case v1alpha1.StartPaced:
		return gate.Paced
	case v1alpha1.StartRollback:
		return gate.Rollback
	case v1alpha1.StartPromoted:
		return gate.Promoted
	default:
		return gate.Ordinary
	}
}

func writtenClass(class gate.Class) v1alpha1.StartClass {
	switch class {
	case gate.Repair:
		return v1alpha1.StartRepair
	case gate.Paced:
		return v1alpha1.StartPaced
	case gate.Rollback:
		return v1alpha1.StartRollback
	case gate.Promoted:
		return v1alpha1.StartPromoted
	default:
		return v1alpha1.StartOrdinary
	}
}

func timeOf(at *metav1.MicroTime) time.Time {
	if at == nil {
		return time.Time{}
	}
	return at.UTC()
}

func written(at time.Time) *metav1.MicroTime { return &metav1.MicroTime{Time: at.Truncate(Precision)} }

func count(n int) *int32 { return new(small(n)) }

// small returns a number as a Wave holds it.
func small(n int) int32 { return int32(min(n, math.MaxInt32)) } //nolint:gosec // as it says

// cut returns the beginning of a text that has so many characters at most.
func cut(text string, most int) string {
	if runes := []rune(text); len(runes) > most {
		return string(runes[:most])
	}
	return text
}
