package inventory

import (
	"maps"
	"slices"
	"sync"

	"k8s.io/apimachinery/pkg/types"
)

// mostChanges is how many objects are noted by name. When more have changed than that since somebody asked last,
// any may have.
const mostChanges = 4096

// Changes notes which objects of a collection have become others, for one who asks from time to time.
type Changes struct {
	mutex sync.Mutex
	all   bool
	names map[types.NamespacedName]struct{}
}

// Follow returns what notes the changes of a collection from now on. What there is already counts as changed.
func (f *feed) Follow() *Changes {
	changes := &Changes{all: true}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.followers = append(f.followers, changes)
	return changes
}

// Version returns a number that is another one after each change of the objects. Who reads it before them, and
// finds it unchanged later, has the same objects still.
func (f *feed) Version() uint64 { return f.version.Load() }

// Take returns the names of the objects that are new, different or gone since it was asked last, and whether any
// object may be.
func (c *Changes) Take() (names []types.NamespacedName, all bool) {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	names, all = slices.Collect(maps.Keys(c.names)), c.all
	c.names, c.all = nil, false
	return names, all
}

// Miss has any object count as changed: what was taken has come to nothing.
func (c *Changes) Miss() { c.note("", "") }

// note notes an object; without a name that any may have changed.
func (c *Changes) note(namespace, name string) {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	switch {
	case c.all:
	case name == "" || len(c.names) == mostChanges:
		c.names, c.all = nil, true
	default:
		if c.names == nil {
			c.names = map[types.NamespacedName]struct{}{}
		}
		c.names[types.NamespacedName{Namespace: namespace, Name: name}] = struct{}{}
	}
}
