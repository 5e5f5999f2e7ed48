package starts

import (
	"context"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/seawall-dev/seawall/pkg/gate"
	"github.com/seawall-dev/seawall/pkg/policy"
)

// unasked is after what time it is forgotten how a policy groups environments that nobody asks about.
const unasked = time.Minute

// index finds environments by the groups that policies place them in. Only what has changed since it was asked
// last is looked at again. The zero value is empty.
type index struct {
	mutex sync.Mutex
	known map[identity]*environment
	// views are how policies group them, by what these say.
	views map[*policy.Gate]*view
	// namespaces is the version of those by which environments are placed.
	namespaces uint64
}

// identity is what no two environments share at one time.
type identity struct{ kind, namespace, name string }

func identityOf(of gate.Environment) identity { return identity{of.Kind, of.Namespace, of.Name} }

// environment is one that is known. The member is never changed.
type environment struct {
	member gate.Member
	// places are the groups that it is in.
	places []place
}

type place struct {
	view *view
	key  string
}

// members returns the environments of a group by what a policy says, in order. They are shared, and must not be
// changed. The error says that not all of them are known.
func (j *Judge) members(ctx context.Context, says *policy.Gate, key string) ([]gate.Ranked, error) {
	j.index.mutex.Lock()
	defer j.index.mutex.Unlock()
	if err := j.refresh(ctx); err != nil {
		return nil, err
	}
	seen := j.index.views[says]
	if seen == nil || seen.doubtful {
		seen = j.look(ctx, says)
	}
	seen.asked = time.Now()
	return seen.members(key)
}

// all returns all environments.
func (j *Judge) all(ctx context.Context) ([]*gate.Member, error) {
	j.index.mutex.Lock()
	defer j.index.mutex.Unlock()
	if err := j.refresh(ctx); err != nil {
		return nil, err
	}
	members := make([]*gate.Member, 0, len(j.index.known))
	for _, one := range j.index.known {
		members = append(members, &one.member)
	}
	return members, nil
}

// Member returns an environment, and whether it is known. The error says that it cannot be read, or that not all are
// known.
func (j *Judge) Member(ctx context.Context, kind, namespace, name string) (gate.Member, bool, error) {
	j.index.mutex.Lock()
	defer j.index.mutex.Unlock()
	if err := j.refresh(ctx); err != nil {
		return gate.Member{}, false, err
	}
	one, known := j.index.known[identity{kind, namespace, name}]
	if !known {
		return gate.Member{}, false, nil
	}
	return one.member, true, one.member.Unreadable
}

// refresh takes up what has changed; the caller holds the lock.
func (j *Judge) refresh(ctx context.Context) error {
	for _, system := range j.Systems {
		news, err := system.News()
		if err != nil {
			return err
		}
		if news.All {
			j.index.forget(system.Kind())
		}
		for _, gone := range news.Gone {
			j.index.remove(identityOf(gone))
		}
		for i := range news.Members {
			j.put(ctx, news.Members[i])
		}
	}
	if version := j.Namespaces.Version(); version != j.index.namespaces {
		j.index.namespaces = version
		j.index.drop(func(v *view) bool { return v.says.SelectsNamespaces() })
	}
	return nil
}

// put adds an environment, or replaces what was known of it.
func (j *Judge) put(ctx context.Context, member gate.Member) {
	id := identityOf(member.Environment)
	j.index.remove(id)
	if j.index.known == nil {
		j.index.known = map[identity]*environment{}
	}
	added := &environment{member: member}
	j.index.known[id] = added
	for _, seen := range j.index.views {
		j.place(ctx, seen, added)
	}
}

// look returns how a policy groups what is known.
func (j *Judge) look(ctx context.Context, says *policy.Gate) *view {
	j.index.drop(func(v *view) bool { return v.says == says || time.Since(v.asked) > unasked })
	seen := &view{says: says, groups: map[string]*group{}}
	for _, one := range j.index.known {
		j.place(ctx, seen, one)
	}
	for _, group := range seen.groups {
		slices.SortFunc(group.members, inOrder)
	}
	seen.sorted = true
	if j.index.views == nil {
		j.index.views = map[*policy.Gate]*view{}
	}
	j.index.views[says] = seen
	return seen
}

func (x *index) remove(id identity) {
	removed, exists := x.known[id]
	if !exists {
		return
	}
	delete(x.known, id)
	for _, at := range removed.places {
		at.view.remove(at.key, removed)
	}
}

// forget removes all environments of a kind, and with them the views in which there are any: to look again costs
// less than to take them out one by one.
func (x *index) forget(kind string) {
	of := map[*view]bool{}
	for id, one := range x.known {
		for _, at := range one.places {
			of[at.view] = of[at.view] || id.kind == kind
		}
	}
	x.drop(func(v *view) bool { return of[v] })
	maps.DeleteFunc(x.known, func(id identity, _ *environment) bool { return id.kind == kind })
}

// drop forgets the views for which that is said.
func (x *index) drop(which func(*view) bool) {
	before := len(x.views)
	maps.DeleteFunc(x.views, func(_ *policy.Gate, v *view) bool { return which(v) })
	if len(x.views) == before {
		return
	}
	for _, one := range x.known {
		one.places = slices.DeleteFunc(one.places, func(at place) bool { return x.views[at.view.says] != at.view })
	}
}
