package gate

import (
	"cmp"
	"math"
	"slices"
	"time"

	"k8s.io/apimachinery/pkg/types"
)

// Order is the sequence in which the environments of a group come.
type Order struct {
	By     Trait
	Values []string
	// UnlistedFirst says that those with another value, or none, come first and not last.
	UnlistedFirst bool
}

// Rank returns the place of an environment; 0 comes first.
func (o Order) Rank(facts Facts) int {
	if value, exists := o.By.Of(facts); exists {
		if at := slices.Index(o.Values, value); at >= 0 {
			return at + 1
		}
	}
	if o.UnlistedFirst {
		return 0
	}
	return len(o.Values) + 1
}

// earlier returns the environments of a lower rank that are not done at what is rolled out, or at what
// was first seen later. Those of other lines are done when they are well. An environment that is not known
// itself comes after all that are.
func (r Rule) earlier(ledger Ledger, start Start, siblings []Sibling) []Environment {
	if !r.Ordered {
		return nil
	}
	rank := math.MaxInt
	if at := slices.IndexFunc(siblings, func(s Sibling) bool { return s.UID == start.UID }); at >= 0 {
		rank = siblings[at].Rank
	}
	inFlight := make(map[types.UID]bool, len(ledger.InFlight))
	for _, entry := range ledger.InFlight {
		inFlight[entry.UID] = start.Promotion == "" || entry.Promotion != start.Promotion
	}
	since := ledger.since(start.Release)
	var waiting []Environment
	for _, sibling := range siblings {
		if sibling.Rank >= rank || sibling.UID == start.UID {
			continue
		}
		reached := sibling.Release.Line != start.Release.Line || since[sibling.Release]
		if inFlight[sibling.UID] || !sibling.Done || !reached {
			waiting = append(waiting, sibling.Environment)
		}
	}
	slices.SortFunc(waiting, Environment.Compare)
	return waiting
}

// Waiting is a start that somebody wants, in the order in which it should come.
type Waiting struct {
	Environment

	Rank  int
	Since time.Time
}

// Next returns the order in which those that wait should be let go: by rank, and then who has waited
// longest.
func Next(a, b Waiting) int {
	return cmp.Or(cmp.Compare(a.Rank, b.Rank), a.Since.Compare(b.Since), a.Compare(b.Environment))
}
