package waves

import (
	"context"
	"slices"
	"sync"
	"time"

	"github.com/seawall-dev/seawall/pkg/apis/v1alpha1"
	"github.com/seawall-dev/seawall/pkg/gate"
)

// rooms let one goroutine at a time change the Wave of a name. The zero value has none; one is there
// while somebody is in it, and for a moment after that.
type rooms struct {
	mutex  sync.Mutex
	byName map[string]*room
}

// room is what those who change one Wave hand on.
type room struct {
	// turn has the one who makes changes.
	turn chan struct{}
	// people are how many are in it.
	people int
	// last is the Wave as it was last read or written from here, ledger what that holds, and seen when that was;
	// last is nil if that is known not to be what is stored. They are of whoever has the turn.
	last   *v1alpha1.Wave
	ledger gate.Ledger
	seen   time.Time

	mutex sync.Mutex
	// wishes are the changes that nobody has begun to make, in the order in which they came.
	wishes []*wish
}

// enter opens the room of a name, or joins those in it.
func (r *rooms) enter(name string) *room {
	r.mutex.Lock()
	defer r.mutex.Unlock()
	entered, open := r.byName[name]
	if !open {
		entered = &room{turn: make(chan struct{}, 1)}
		if r.byName == nil {
			r.byName = map[string]*room{}
		}
		r.byName[name] = entered
	}
	entered.people++
	return entered
}

// leave closes the room behind the last one, once what is known there is of no use any more.
func (r *rooms) leave(name string, left *room) {
	r.mutex.Lock()
	defer r.mutex.Unlock()
	if left.people--; left.people == 0 {
		time.AfterFunc(recent, func() { r.close(name, left) })
	}
}

func (r *rooms) close(name string, left *room) {
	r.mutex.Lock()
	defer r.mutex.Unlock()
	if left.people == 0 && r.byName[name] == left {
		delete(r.byName, name)
	}
}

// know notes what is stored now.
func (r *room) know(wave *v1alpha1.Wave, ledger gate.Ledger) {
	r.last, r.ledger, r.seen = wave, ledger, time.Now()
}

// longest is how long changes may take to be stored that nobody has set a time for.
const longest = 10 * time.Second

// wish is a change that somebody wants.
type wish struct {
	change func(gate.Ledger) (gate.Ledger, bool)
	until  time.Time
	// done is closed once it is known what became of it: what the ledger is then, or the error.
	done   chan struct{}
	ledger gate.Ledger
	err    error
}

// wish adds a change to those that are wanted, for as long as ctx lasts at most.
func (r *room) wish(ctx context.Context, change func(gate.Ledger) (gate.Ledger, bool)) *wish {
	wanted := &wish{change: change, done: make(chan struct{})}
	var limited bool
	if wanted.until, limited = ctx.Deadline(); !limited {
		wanted.until = time.Now().Add(longest)
	}
	r.mutex.Lock()
	defer r.mutex.Unlock()
	r.wishes = append(r.wishes, wanted)
	return wanted
}

// withdraw takes a change back, and tells whether nobody has begun to make it.
func (r *room) withdraw(unwanted *wish) bool {
	r.mutex.Lock()
	defer r.mutex.Unlock()
	at := slices.Index(r.wishes, unwanted)
	if at < 0 {
		return false
	}
	r.wishes = slices.Delete(r.wishes, at, at+1)
	return true
}

// take returns all changes that are wanted, which are then the caller's to make, and until when the last of
// those who want them waits.
func (r *room) take() (taken []*wish, until time.Time) {
	r.mutex.Lock()
	defer r.mutex.Unlock()
	taken, r.wishes = r.wishes, nil
	for _, wanted := range taken {
		if wanted.until.After(until) {
			until = wanted.until
		}
	}
	return taken, until
}

// together makes one change of several, each made to what the one before has left.
func together(wishes []*wish) func(gate.Ledger) (gate.Ledger, bool) {
	return func(ledger gate.Ledger) (gate.Ledger, bool) {
		changes := false
		for _, wish := range wishes {
			if after, changed := wish.change(ledger); changed {
				ledger, changes = after, true
			}
		}
		return ledger, changes
	}
}
