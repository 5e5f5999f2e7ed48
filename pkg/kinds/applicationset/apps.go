package applicationset

import (
	"encoding/binary"
	"hash/maphash"
	"slices"

	"github.com/seawall-dev/seawall/pkg/rollout"
)

// apps are the Applications of a side by their names. There may be hundreds of thousands, so
// that they share a few pieces of memory.
type apps struct {
	seed maphash.Seed
	list []app
	// names holds the names one after the other.
	names []byte
	// slots is a hash table of the names: 0 is free, and anything else one more than an index
	// of the list. A slot that is taken leads on to the next one.
	slots []uint32
	// fixed is how many Applications belong to entries that are complete, and undo what those
	// were that the present entry has changed.
	fixed int
	undo  []undo
	// over says that the review has ended, and that others use the memory.
	over bool
}

type undo struct {
	index int
	app   app
}

// app is an Application of a side.
type app struct {
	// digest is equal for two Applications of one write whose specs are equal.
	digest uint64
	// automation and trigger tell what starts its syncs: see reading.automation and reading.trigger.
	automation, trigger uint32
	// rest is equal for two whose specs are equal but for what they sync from; 0 where nobody asks.
	rest uint32
	hash uint32
	// name is where in names the name begins.
	name uint32
	// cluster is the inventory object that it comes from.
	cluster clusterRef
	// copies is the number of parameter sets that render to the name.
	copies uint32
	// steps are its steps in the strategies of the stored and of the written object.
	steps [2]int32
	// size is that of the name.
	size uint8
	// kept says that deleting the Application tears nothing down.
	kept bool
	// skips says that Argo CD leaves the Application alone.
	skips  bool
	effect effect
}

// automated says whether the Application syncs by itself.
func (a *app) automated() bool { return a.automation&starts != 0 }

// appWeight is what an Application costs beside its name.
const appWeight = 64

// borrow returns room for the Applications of a side, which others use again once the review is
// over: new memory costs more than what is written to it.
func (r *reading) borrow() *apps {
	borrowed, _ := r.memory.Get().(*apps)
	if borrowed == nil {
		borrowed = &apps{}
	}
	borrowed.seed = r.seed
	r.account.Ends(func() {
		clear(borrowed.slots)
		r.memory.Put(&apps{list: borrowed.list[:0], names: borrowed.names[:0], slots: borrowed.slots})
		*borrowed = apps{over: true}
	})
	return borrowed
}

// effect is a rollout.Effect, or none.
type effect uint8

const (
	untouched effect = iota
	added
	changed
	removed
	released
)

func (e effect) named() rollout.Effect {
	return [...]rollout.Effect{"", rollout.Added, rollout.Changed, rollout.Removed, rollout.Released}[e]
}

// reserve makes room for so many more Applications.
func (a *apps) reserve(more int) {
	const usualName = 16
	a.list = slices.Grow(a.list, more)
	a.names = slices.Grow(a.names, more*usualName)
	if room := len(a.list) + more; room*3 > len(a.slots)*2 {
		a.resize(room)
	}
}

// resize makes room in the table for so many, of which two thirds may be taken.
func (a *apps) resize(room int) {
	size := 16
	for size*2 < room*3 {
		size *= 2
	}
	a.slots = make([]uint32, size)
	for i := range a.list {
		*a.slot(a.name(&a.list[i]), a.list[i].hash) = uint32(i) + 1
	}
}

func (a *apps) hash(name []byte) uint32 { return uint32(maphash.Bytes(a.seed, name) >> 32) }

// slot returns that of a name, or the free one that it belongs into.
func (a *apps) slot(name []byte, hash uint32) *uint32 {
	mask := uint32(len(a.slots) - 1) //nolint:gosec // the budget ends long before
	for at := hash & mask; ; at = (at + 1) & mask {
		slot := &a.slots[at]
		if *slot == 0 || a.is(int(*slot)-1, name, hash) {
			return slot
		}
	}
}

func (a *apps) is(index int, name []byte, hash uint32) bool {
	return a.list[index].hash == hash && string(a.name(&a.list[index])) == string(name)
}

func (a *apps) name(app *app) []byte { return a.names[app.name : app.name+uint32(app.size)] }

// find returns the Application of a name; nil if there is none. It looks at a guess first: two
// sides mostly have the same Applications in the same order.
func (a *apps) find(name []byte, hash uint32, guess int) *app {
	if guess < len(a.list) && a.is(guess, name, hash) {
		return &a.list[guess]
	}
	if len(a.list) == 0 {
		return nil
	}
	if slot := a.slot(name, hash); *slot != 0 {
		return &a.list[*slot-1]
	}
	return nil
}

// named returns the Application of a name that came from elsewhere.
func (a *apps) named(name string) *app {
	if len(a.list) == 0 {
		return nil
	}
	bytes := []byte(name)
	return a.find(bytes, a.hash(bytes), len(a.list))
}

// len returns how many there are.
func (a *apps) len() int { return len(a.list) }

// counterpart returns the Application of the same name on the other side.
func (a *apps) counterpart(of *apps, index int) *app {
	other := &of.list[index]
	return a.find(of.name(other), other.hash, index)
}

// add adds an Application of a name, and says whether the name is new.
func (a *apps) add(name []byte, added *app) bool {
	if (len(a.list)+1)*3 > len(a.slots)*2 {
		a.resize(2 * (len(a.list) + 1))
	}
	added.hash, added.copies = a.hash(name), 1
	slot := a.slot(name, added.hash)
	if *slot == 0 {
		added.name, added.size = uint32(len(a.names)), uint8(len(name)) //nolint:gosec // of 253 bytes at most
		a.names = append(a.names, name...)
		a.list = append(a.list, *added)
		*slot = uint32(len(a.list)) //nolint:gosec // the budget ends long before
		return true
	}
	index := int(*slot) - 1
	present := &a.list[index]
	if index < a.fixed {
		a.undo = append(a.undo, undo{index, *present})
	}
	present.copies++
	present.digest = mix(present.digest, binary.LittleEndian.AppendUint64(nil, added.digest))
	present.kept = present.kept && added.kept
	for i, step := range added.steps { // Argo CD waits for it in the steps of all
		if present.steps[i] == noStep || step != noStep && step < present.steps[i] {
			present.steps[i] = step
		}
	}
	return false
}

// keep ends an entry.
func (a *apps) keep() { a.fixed, a.undo = len(a.list), nil }

// drop takes back what the present entry has added. The table is as if it had never been:
// slots are freed in the reverse order in which they were taken.
func (a *apps) drop() {
	for _, changed := range slices.Backward(a.undo) {
		a.list[changed.index] = changed.app
	}
	for i := len(a.list) - 1; i >= a.fixed; i-- {
		*a.slot(a.name(&a.list[i]), a.list[i].hash) = 0
		a.names = a.names[:a.list[i].name]
	}
	a.list, a.undo = a.list[:a.fixed], nil
}

// mix adds to a digest; it is the same for the same digests in the same order.
func mix(digest uint64, more []byte) uint64 {
	const prime = 1099511628211 // FNV-1a
	for _, b := range more {
		digest = (digest ^ uint64(b)) * prime
	}
	return digest
}
