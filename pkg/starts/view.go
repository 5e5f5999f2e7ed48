package starts

import (
	"cmp"
	"context"
	"slices"
	"strings"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"

	"github.com/seawall-dev/seawall/pkg/apis/v1alpha1"
	"github.com/seawall-dev/seawall/pkg/gate"
	"github.com/seawall-dev/seawall/pkg/policy"
)

// view is how a policy groups environments.
type view struct {
	says   *policy.Gate
	groups map[string]*group
	// sorted says that the groups are in order. Until then whatever is added comes last.
	sorted bool
	// doubtful says that it could not be told of all environments whether the policy selects them.
	doubtful bool
	// asked is when somebody asked last.
	asked time.Time
}

// group is the environments that a policy counts as one wave together.
type group struct {
	// members are never changed in place once they are sorted: somebody may be reading them.
	members []gate.Ranked
	// unknown are the errors of those of which it cannot be told how they are.
	unknown map[identity]error
}

// members returns those of a group.
func (v *view) members(key string) ([]gate.Ranked, error) {
	of := v.groups[key]
	if of == nil {
		return nil, nil
	}
	if len(of.unknown) > 0 {
		return nil, of.firstUnknown()
	}
	return of.members, nil
}

// firstUnknown returns the error of the first of those that are not known, so that it is the same each time.
func (g *group) firstUnknown() error {
	var first identity
	for id := range g.unknown {
		if first == (identity{}) || cmp.Or(strings.Compare(id.namespace, first.namespace), strings.Compare(id.name, first.name)) < 0 {
			first = id
		}
	}
	return g.unknown[first]
}

// place adds an environment to the group that a policy places it in, if any. One of which it cannot be told
// whether it is of a group counts as if it were: what is asked about that cannot be told.
func (j *Judge) place(ctx context.Context, into *view, one *environment) {
	selects, err := j.selects(ctx, into.says, one.member)
	if err != nil {
		if apierrors.IsNotFound(err) { // it goes with its namespace
			return
		}
		into.doubtful, selects = true, true
	}
	found, lacks := gate.Place(into.says.By, one.member.Facts)
	if !selects || len(lacks) > 0 && into.says.Ungrouped != v1alpha1.UngroupedSingle {
		return
	}
	ranked := gate.Ranked{Member: &one.member}
	if into.says.Order != nil {
		ranked.Rank = into.says.Order.Rank(one.member.Facts)
	}
	key := found.Key()
	into.add(key, ranked, cmp.Or(one.member.Unreadable, err))
	one.places = append(one.places, place{into, key})
}

func (v *view) add(key string, added gate.Ranked, unknown error) {
	of := v.groups[key]
	if of == nil {
		of = &group{}
		v.groups[key] = of
	}
	if unknown != nil {
		if of.unknown == nil {
			of.unknown = map[identity]error{}
		}
		of.unknown[identityOf(added.Environment)] = unknown
	}
	if !v.sorted {
		of.members = append(of.members, added)
		return
	}
	at, _ := slices.BinarySearchFunc(of.members, added, inOrder)
	of.members = slices.Concat(of.members[:at], []gate.Ranked{added}, of.members[at:])
}

func (v *view) remove(key string, removed *environment) {
	of := v.groups[key]
	delete(of.unknown, identityOf(removed.member.Environment))
	at, _ := slices.BinarySearchFunc(of.members, gate.Ranked{Member: &removed.member}, inOrder)
	of.members = slices.Concat(of.members[:at], of.members[at+1:])
	if len(of.members) == 0 {
		delete(v.groups, key)
	}
}

func inOrder(a, b gate.Ranked) int { return a.Compare(b.Environment) }
