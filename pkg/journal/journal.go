package journal

import (
	"cmp"
	"slices"
	"time"
)

// Journal is what was read, and what was not.
type Journal struct {
	// Read is when, Context from which cluster, Namespace from which namespace; empty for all.
	Read      time.Time `json:"read"`
	Context   string    `json:"context,omitempty"`
	Namespace string    `json:"namespace,omitempty"`
	Filter    Filter    `json:"filter,omitzero"`
	Summary   Summary   `json:"summary"`
	// Decisions are sorted by time, the first first.
	Decisions []Decision `json:"decisions"`
	// Overrides are those that the decisions name, as far as they still exist.
	Overrides []Override `json:"overrides,omitempty"`
	// Displaced counts decisions that reports were told of and hold no longer, whenever they were made.
	Displaced int `json:"displaced,omitempty"`
	// Missing says what could not be read.
	Missing []string `json:"missing,omitempty"`
}

// Pick leaves of the decisions those that a filter accepts, and sums them up.
func (j *Journal) Pick(filter Filter) {
	j.Filter = filter
	j.Decisions = slices.DeleteFunc(j.Decisions, func(d Decision) bool { return !filter.accepts(&d) })
	slices.SortStableFunc(j.Decisions, func(a, b Decision) int {
		return cmp.Or(a.Time.Compare(b.Time), cmp.Compare(a.Kind, b.Kind), cmp.Compare(a.Rollout(), b.Rollout()), cmp.Compare(a.User, b.User))
	})
	j.Summary = summarize(j.Decisions)
}

// Has tells whether any decision has the outcome.
func (j *Journal) Has(outcome Outcome) bool {
	return slices.ContainsFunc(j.Decisions, func(d Decision) bool { return d.Outcome == outcome })
}
