package follow

import (
	"sync"

	"k8s.io/apimachinery/pkg/api/equality"
	"k8s.io/apimachinery/pkg/types"

	"github.com/seawall-dev/seawall/pkg/apis/v1alpha1"
	"github.com/seawall-dev/seawall/pkg/inventory"
	"github.com/seawall-dev/seawall/pkg/kinds"
	"github.com/seawall-dev/seawall/pkg/kinds/custom"
)

// RolloutKinds keeps the described kinds of a set equal to the RolloutKinds that a registry
// reads, and has the registry of the inventory read what they declare as theirs.
func RolloutKinds(registry *inventory.Registry, set *kinds.Set, declared *inventory.Registry) Source {
	follower := &follower{set: set, registry: declared, followed: map[string]followed{}}
	return follow(registry, "rolloutkinds", follower.put, func(name types.NamespacedName) { follower.remove(name.Name) })
}

// follower remembers what it made of each RolloutKind.
type follower struct {
	set      *kinds.Set
	registry *inventory.Registry

	mu       sync.Mutex
	followed map[string]followed
}

type followed struct {
	spec        v1alpha1.RolloutKindSpec
	inventories custom.Inventories
}

func (f *follower) put(source *v1alpha1.RolloutKind) {
	f.mu.Lock()
	defer f.mu.Unlock()
	before, known := f.followed[source.Name]
	if known && equality.Semantic.DeepEqual(before.spec, source.Spec) {
		return // its status has changed, or nothing
	}
	// What both declare is read on: without it writes could not be judged for a while.
	after := followed{*source.Spec.DeepCopy(), custom.NewInventories(f.registry, &source.Spec)}
	// One with an error is put too: its writes cannot be counted, and the error is in its
	// condition.
	kind, _ := custom.New(source, after.inventories)
	f.set.Put(source.Name, kind)
	f.followed[source.Name] = after
	before.inventories.Unregister(f.registry)
}

func (f *follower) remove(name string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.set.Delete(name)
	f.followed[name].inventories.Unregister(f.registry)
	delete(f.followed, name)
}
