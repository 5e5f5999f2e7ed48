package flux

import (
	"errors"
	"sync"

	"github.com/seawall-dev/seawall/pkg/gate"
	"github.com/seawall-dev/seawall/pkg/inventory"
)

// told is of which version of objects and sources there was news last; the zero value is that there was none.
type told struct {
	mutex   sync.Mutex
	any     bool
	version uint64
}

// News implements starts.System: all objects when any has changed, or any source. There are none where Flux is not
// installed.
func (e *Environments) News() (gate.News, error) {
	e.told.mutex.Lock()
	defer e.told.mutex.Unlock()
	version := e.objects.Version() + e.sources.version()
	if e.told.any && e.told.version == version {
		return gate.News{}, e.readable()
	}
	members, err := e.members()
	if err == nil {
		e.told.any, e.told.version = true, version
	}
	return gate.News{Members: members, All: true}, err
}

// readable returns an error as long as it is not known which objects there are.
func (e *Environments) readable() error {
	err := e.objects.Check(nil)
	if _, absent := errors.AsType[*inventory.AbsentError](err); absent {
		return nil
	}
	return err
}

func (e *Environments) members() ([]gate.Member, error) {
	if err := e.readable(); err != nil {
		return nil, err
	}
	var members []gate.Member
	err := e.objects.Each(func(object *inventory.Object[state], unreadable error) {
		kept := &object.Value
		if unreadable != nil {
			kept = &state{kind: e.kind}
			kept.Metadata.Namespace, kept.Metadata.Name = object.Namespace, object.Name
		}
		member := e.member(kept, object.Labels, object.SuccessRate)
		member.Unreadable = unreadable
		members = append(members, member)
	})
	if _, absent := errors.AsType[*inventory.AbsentError](err); absent {
		return nil, nil
	}
	return members, err
}

// version is another one after each change of a source: the sum of numbers that only grow.
func (s *Sources) version() uint64 {
	var sum uint64
	for _, collection := range s.byKind {
		sum += collection.Version()
	}
	return sum
}
