package gate_test

import (
	"slices"
	"time"

	"k8s.io/apimachinery/pkg/types"

	"github.com/seawall-dev/seawall/pkg/gate"
	"github.com/seawall-dev/seawall/pkg/risk"
)

const main = "https://example.com/tenants main"

func noon() time.Time { return time.Date(2026, 11, 2, 12, 0, 0, 0, time.UTC) }

// fleet is what a test says of environments.
type fleet struct {
	// stages are those of starts, by name or as name@revision; others are Running.
	stages    map[string]gate.Stage
	recovered []string
	siblings  []gate.Sibling
}

func (f fleet) Stage(entry gate.Entry) gate.Stage {
	for _, key := range []string{entry.Name + "@" + entry.Release.Revision, entry.Name} {
		if stage, exists := f.stages[key]; exists {
			return stage
		}
	}
	return gate.Stage{Phase: gate.Running}
}

func (f fleet) Recovered(failure gate.Failure) bool {
	return slices.Contains(f.recovered, failure.Name)
}

func (f fleet) Siblings() []gate.Sibling { return f.siblings }

func environment(name string) gate.Environment {
	return gate.Environment{UID: types.UID("uid-" + name), Namespace: "argocd", Name: name}
}

func environments(names ...string) []gate.Environment {
	var all []gate.Environment
	for _, name := range names {
		all = append(all, environment(name))
	}
	return all
}

func release(revision string) gate.Release { return gate.Release{Line: main, Revision: revision} }

// start is one at r2 by default, of a fleet that was well at r1.
func start(name string, changes ...func(*gate.Start)) gate.Start {
	made := gate.Start{
		Environment: environment(name), ResourceVersion: "7", Release: release("r2"), Well: true, Rate: 990_000_000, At: noon(),
	}
	for _, change := range changes {
		change(&made)
	}
	return made
}

func at(revision string) func(*gate.Start) {
	return func(s *gate.Start) { s.Release.Revision = revision }
}

func of(class gate.Class) func(*gate.Start) {
	return func(s *gate.Start) { s.Class = class }
}

func rate(rate risk.Probability) func(*gate.Start) {
	return func(s *gate.Start) { s.Rate = rate }
}

func version(version string) func(*gate.Start) {
	return func(s *gate.Start) { s.ResourceVersion = version }
}

func later(after time.Duration) func(*gate.Start) {
	return func(s *gate.Start) { s.At = s.At.Add(after) }
}

func narrow(s *gate.Start) { s.Narrow = true }
func unwell(s *gate.Start) { s.Well = false }

func inFlight(starts ...gate.Start) []gate.Entry {
	var entries []gate.Entry
	for _, one := range starts {
		entries = append(entries, gate.Entry{Start: one})
	}
	return entries
}

func failure(name, revision string, reason gate.FailureReason) gate.Failure {
	return gate.Failure{Environment: environment(name), Release: release(revision), Reason: reason, Since: noon()}
}

func sightings(revisions ...string) []gate.Sighting {
	var all []gate.Sighting
	for i, revision := range revisions {
		all = append(all, gate.Sighting{Release: release(revision), At: noon().Add(time.Duration(i-len(revisions)) * time.Minute)})
	}
	return all
}

// sibling is one that is done.
func sibling(name string, rank int, revision string) gate.Sibling {
	return gate.Sibling{Environment: environment(name), Rank: rank, Release: release(revision), Done: true}
}

func busy(s gate.Sibling) gate.Sibling {
	s.Done = false
	return s
}

// pairs lets two environments of 0.99 be in flight together.
func pairs() gate.Rule {
	return gate.Rule{Limit: risk.Limit{Max: 20_000_000}, Holds: true}
}

func with(change func(*gate.Rule)) gate.Rule {
	rule := pairs()
	change(&rule)
	return rule
}

func tolerating(failures int) gate.Rule {
	return with(func(r *gate.Rule) { r.Limit.Tolerated = failures })
}
