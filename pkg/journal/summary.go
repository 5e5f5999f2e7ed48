package journal

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"
)

// Summary counts decisions.
type Summary struct {
	// Decisions counts those about writes, Results those that differ and what the re-count found.
	Decisions int `json:"decisions"`
	Results   int `json:"results"`
	// ByOutcome counts decisions, or rollouts that the re-count found.
	ByOutcome map[Outcome]int `json:"byResult"`
	Rollouts  int             `json:"rollouts"`
	Users     int             `json:"users"`
	// Unauthenticated counts decisions of which nobody knows for certain that the API server asked.
	Unauthenticated int       `json:"unauthenticated"`
	First           time.Time `json:"first,omitzero"`
	Last            time.Time `json:"last,omitzero"`
}

func summarize(decisions []Decision) Summary {
	s := Summary{Results: len(decisions), ByOutcome: map[Outcome]int{}}
	rollouts, users := map[string]bool{}, map[string]bool{}
	for i := range decisions {
		d := &decisions[i]
		s.ByOutcome[d.Outcome] += d.Count
		rollouts[d.Group+" "+d.Kind+" "+d.Rollout()] = true
		if d.User != "" {
			users[d.User] = true
		}
		if d.Outcome != Recount {
			s.Decisions += d.Count
		}
		if !d.Authenticated {
			s.Unauthenticated += d.Count
		}
		if s.First.IsZero() || d.First.Before(s.First) {
			s.First = d.First
		}
		if d.Time.After(s.Last) {
			s.Last = d.Time
		}
	}
	s.Rollouts, s.Users = len(rollouts), len(users)
	return s
}

// String is one line.
func (s Summary) String() string {
	if s.Results == 0 {
		return "nothing is on the record"
	}
	var parts []string
	for _, outcome := range Outcomes() {
		if count := s.ByOutcome[outcome]; count > 0 && outcome != Recount {
			parts = append(parts, fmt.Sprintf("%d %s", count, outcome))
		}
	}
	line := plural(s.Decisions, "decision") + " about " + plural(s.Rollouts, "rollout")
	if s.Users > 0 {
		line += " by " + plural(s.Users, "user")
	}
	if len(parts) > 0 {
		line += ": " + strings.Join(parts, ", ")
	}
	if outgrown := s.ByOutcome[Recount]; outgrown > 0 {
		line += "; " + plural(outgrown, "finding") + " of the re-count"
	}
	return line
}

func plural(count int, noun string) string {
	if count == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", count, noun)
}

// Tally counts the decisions that have something in common.
type Tally struct {
	Name      string
	Decisions int
	ByOutcome map[Outcome]int
}

// Most returns what most decisions have in common, at most so many, the most first. What the re-count
// found is no decision.
func Most(decisions []Decision, number int, of func(*Decision) string) []Tally {
	tallies := map[string]*Tally{}
	for i := range decisions {
		d := &decisions[i]
		name := of(d)
		if name == "" || d.Outcome == Recount {
			continue
		}
		if tallies[name] == nil {
			tallies[name] = &Tally{Name: name, ByOutcome: map[Outcome]int{}}
		}
		tallies[name].Decisions += d.Count
		tallies[name].ByOutcome[d.Outcome] += d.Count
	}
	most := make([]Tally, 0, len(tallies))
	for _, name := range slices.Sorted(maps.Keys(tallies)) {
		most = append(most, *tallies[name])
	}
	slices.SortStableFunc(most, func(a, b Tally) int { return cmp.Compare(b.Decisions, a.Decisions) })
	return most[:min(number, len(most))]
}
