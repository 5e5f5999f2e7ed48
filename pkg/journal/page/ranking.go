package page

import (
	"github.com/seawall-dev/seawall/pkg/journal"
)

// ranking is who, or what, most decisions have in common.
type ranking struct {
	Title, Column string
	Rows          []rank
}

// rank is one row: its name, its number and a bar of segments.
type rank struct {
	Name      string
	Decisions int
	Segments  []segment
}

// segment is a part of a bar, of a hundred.
type segment struct {
	Outcome  journal.Outcome
	X, Width float64
}

func rankingsOf(found *journal.Journal) []ranking {
	rankings := []ranking{
		{Title: "Users", Column: "User", Rows: ranked(found, func(d *journal.Decision) string { return d.User })},
		{Title: "Rollouts", Column: "Rollout", Rows: ranked(found, func(d *journal.Decision) string { return d.Kind + " " + d.Rollout() })},
		{Title: "Policies", Column: "Policy", Rows: ranked(found, func(d *journal.Decision) string { return d.Policy })},
		{Title: "Namespaces", Column: "Namespace", Rows: ranked(found, func(d *journal.Decision) string { return d.Namespace })},
	}
	var shown []ranking
	for _, r := range rankings {
		if len(r.Rows) > 0 {
			shown = append(shown, r)
		}
	}
	return shown
}

func ranked(found *journal.Journal, of func(*journal.Decision) string) []rank {
	tallies := journal.Most(found.Decisions, most, of)
	rows := make([]rank, len(tallies))
	for i, tally := range tallies {
		rows[i] = rank{Name: tally.Name, Decisions: tally.Decisions}
		x := 0.0
		for _, outcome := range journal.Outcomes() {
			if count := tally.ByOutcome[outcome]; count > 0 {
				width := 100 * float64(count) / float64(tallies[0].Decisions)
				rows[i].Segments = append(rows[i].Segments, segment{outcome, x, width})
				x += width
			}
		}
	}
	return rows
}
