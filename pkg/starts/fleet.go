package starts

import (
	"slices"
	"time"

	"github.com/seawall-dev/seawall/pkg/gate"
)

// fleet is what is known at one time of the environments that belong to a group.
type fleet struct {
	systems  Systems
	settling gate.Settling
	now      time.Time
	// promotions may be nil.
	promotions Progress
	// members are those of the group with their ranks, if they matter.
	members []gate.Ranked
}

var _ gate.Fleet = &fleet{}

// Stage implements gate.Fleet.
func (f *fleet) Stage(entry gate.Entry) gate.Stage {
	stage := f.systems.see(entry.Environment).Stage(entry, f.settling, f.now)
	if f.promotions == nil || entry.Promotion == "" {
		return stage
	}
	return stage.OfPromotion(entry, f.promotions.UnderWay(entry.Promotion, entry.At))
}

// Recovered implements gate.Fleet.
func (f *fleet) Recovered(failure gate.Failure) bool {
	return f.systems.see(failure.Environment).Recovered(failure, f.now)
}

// Siblings implements gate.Fleet.
func (f *fleet) Siblings() []gate.Sibling {
	siblings := make([]gate.Sibling, 0, len(f.members))
	for i := range f.members {
		member := &f.members[i]
		now := member.State.Standing(f.settling, f.now)
		siblings = append(siblings, gate.Sibling{
			Environment: member.Environment, Rank: member.Rank, Release: now.Release, Done: now.Done,
		})
	}
	return siblings
}

// rated is a start, and the environment that it is of.
type rated struct {
	gate.Member

	start gate.Start
}

// under returns the starts of the group that are under way, admitted or not: such as those from before there
// was a gate, or a ledger.
func (f *fleet) under() []rated {
	var under []rated
	for i := range f.members {
		member := f.members[i].Member
		if now := member.State.Standing(f.settling, f.now); now.Underway {
			start := gate.Start{Environment: member.Environment, Release: now.Release, Well: true, At: f.now}
			under = append(under, rated{*member, start})
		}
	}
	return under
}

// waits tells whether any of the group would start by themselves now.
func (f *fleet) waits() bool {
	return slices.ContainsFunc(f.members, func(m gate.Ranked) bool { return m.State.Standing(f.settling, f.now).Waits })
}

// pending returns the starts by which those of the group that wait would begin, in the order in which they come.
func (f *fleet) pending() []rated {
	var ranked []gate.Ranked
	for _, member := range f.members {
		if member.State.Standing(f.settling, f.now).Waits {
			ranked = append(ranked, member)
		}
	}
	slices.SortFunc(ranked, func(a, b gate.Ranked) int {
		return gate.Next(gate.Waiting{Environment: a.Environment, Rank: a.Rank}, gate.Waiting{Environment: b.Environment, Rank: b.Rank})
	})
	pending := make([]rated, 0, len(ranked))
	for _, one := range ranked {
		pending = append(pending, rated{*one.Member, next(*one.Member, one.State.Standing(f.settling, f.now), f.now)})
	}
	return pending
}

// next returns the start that a member waits for.
func next(member gate.Member, standing gate.Standing, at time.Time) gate.Start {
	start := standing.Next
	start.Environment, start.ResourceVersion, start.At = member.Environment, member.ResourceVersion, at
	return start
}
