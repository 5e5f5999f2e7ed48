package argocd

import (
	"slices"

	"github.com/seawall-dev/seawall/pkg/gate"
)

// Pending returns the starts by which those of the group that wait would begin, in the order in which they
// come.
func (f *Fleet) Pending() []Underway {
	ranked := slices.DeleteFunc(slices.Clone(f.members), func(m Ranked) bool { return !m.waits() })
	slices.SortFunc(ranked, func(a, b Ranked) int {
		return gate.Next(gate.Waiting{Environment: a.Environment, Rank: a.Rank}, gate.Waiting{Environment: b.Environment, Rank: b.Rank})
	})
	pending := make([]Underway, 0, len(ranked))
	for _, member := range ranked {
		pending = append(pending, Underway{member.Member, member.Wanted(f.now)})
	}
	return pending
}
