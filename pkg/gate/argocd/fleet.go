package argocd

import (
	"time"

	"k8s.io/apimachinery/pkg/labels"

	"github.com/seawall-dev/seawall/pkg/gate"
	"github.com/seawall-dev/seawall/pkg/inventory"
)

// Member is an Application, as policies select, group and order it.
type Member struct {
	gate.Environment

	Facts gate.Facts
	// SuccessRate, ClusterRate and OwnerRate are the annotations of the Application, of the cluster that it
	// is synced to, and of its ApplicationSet; empty where there are none.
	SuccessRate, ClusterRate, OwnerRate string
	// Owner is the name of the ApplicationSet that controls it, and OwnerUID its UID; empty for none.
	Owner, OwnerUID string
	// Selectable are the labels that policies select by: those of the ApplicationSet, if one controls it and
	// is there, and else its own.
	Selectable labels.Labels

	object *inventory.Object[state]
}

// Fleet is what is known at one time of the Applications that belong to a group.
type Fleet struct {
	applications *inventory.Collection[state]
	settling     Settling
	now          time.Time
	// members are the Applications of the group with their ranks, if those matter.
	members []Ranked
}

var _ gate.Fleet = &Fleet{}

// Ranked is an Application of a group, with its place in the order.
type Ranked struct {
	Member

	Rank int
}

// Fleet returns what is known of a group of Applications. Without siblings, where nothing is ordered and
// nobody asks for them, it may be of all groups. The error is that of Check.
func (a *Applications) Fleet(settling Settling, now time.Time, siblings []Ranked) (*Fleet, error) {
	return &Fleet{applications: a.applications, settling: settling, now: now, members: siblings}, a.Check(nil)
}

// Stage implements gate.Fleet.
func (f *Fleet) Stage(entry gate.Entry) gate.Stage {
	return f.settling.stage(entry, f.view(entry.Environment))
}

// Recovered implements gate.Fleet.
func (f *Fleet) Recovered(failure gate.Failure) bool {
	return f.settling.recovered(failure, f.view(failure.Environment))
}

func (f *Fleet) view(of gate.Environment) view {
	seen := view{heard: f.applications.Heard(), now: f.now}
	if object, err := f.applications.Get(of.Namespace, of.Name); err == nil && object != nil {
		seen.state = &object.Value
	}
	return seen
}

// Siblings implements gate.Fleet.
func (f *Fleet) Siblings() []gate.Sibling {
	siblings := make([]gate.Sibling, 0, len(f.members))
	for _, member := range f.members {
		now := &member.object.Value
		siblings = append(siblings, gate.Sibling{
			Environment: member.Environment, Rank: member.Rank, Release: now.release, Done: now.done(f.settling.ByOperation),
		})
	}
	return siblings
}

// Underway is a start that is under way, and the Application that it is of.
type Underway struct {
	Member

	Start gate.Start
}

// Under returns the starts of the group that are under way, admitted or not: such as those from before there
// was a gate, or a ledger.
func (f *Fleet) Under() []Underway {
	var under []Underway
	for _, member := range f.members {
		now := &member.object.Value
		unhealthy := now.applied && !now.done(f.settling.ByOperation) && f.now.Sub(now.finished) <= f.settling.HealthTimeout
		if now.operates() || unhealthy {
			start := gate.Start{Environment: member.Environment, Release: now.release, Well: true, At: f.now}
			under = append(under, Underway{member.Member, start})
		}
	}
	return under
}
