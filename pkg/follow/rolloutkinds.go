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
	spec    v1alpha1.RolloutKindSpec
	targets *custom.Inventory
}

func (f *follower) put(source *v1alpha1.RolloutKind) {
	f.mu.Lock()
	defer f.mu.Unlock()
	before, known := f.followed[source.Name]
	if known && equality.Semantic.DeepEqual(before.spec, source.Spec) {
		return // its status has changed, or nothing
	}
	// Objects that have been read stay: without them writes could not be judged for a while.
	after := followed{spec: *source.Spec.DeepCopy(), targets: before.targets}
	if !equality.Semantic.DeepEqual(before.spec.Inventory, source.Spec.Inventory) {
		after.targets = custom.NewInventory(f.registry, source.Spec.Inventory)
	}
	// One with an error is put too: its writes cannot be counted, and the error is in its
	// condition.
	kind, _ := custom.New(source, after.targets)
	f.set.Put(source.Name, kind)
	f.followed[source.Name] = after
	if before.targets != after.targets {
		f.drop(before.targets)
	}
}

func (f *follower) remove(name string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.set.Delete(name)
	f.drop(f.followed[name].targets)
	delete(f.followed, name)
}

func (f *follower) drop(targets *custom.Inventory) {
	if targets != nil {
		inventory.Unregister(f.registry, targets)
	}
}
