package waves

import (
	"context"
	"sync"
	"time"

	"github.com/seawall-dev/seawall/pkg/apis/v1alpha1"
)

// rooms let one goroutine at a time change the Wave of a name. The zero value has none; one is there
// while somebody is in it or waits, and for a moment after that.
type rooms struct {
	mutex  sync.Mutex
	byName map[string]*room
}

// room is what those who change one Wave hand on.
type room struct {
	// turn has the one who is in it.
	turn chan struct{}
	// people are how many are in it or wait.
	people int
	// last is the Wave as it was last read or written from here, and seen when that was; nil if that is known
	// not to be what is stored.
	last *v1alpha1.Wave
	seen time.Time
}

// enter waits until nobody else is in the room; the error is that of ctx.
func (r *rooms) enter(ctx context.Context, name string) (*room, error) {
	r.mutex.Lock()
	entered, open := r.byName[name]
	if !open {
		entered = &room{turn: make(chan struct{}, 1)}
		if r.byName == nil {
			r.byName = map[string]*room{}
		}
		r.byName[name] = entered
	}
	entered.people++
	r.mutex.Unlock()
	select {
	case entered.turn <- struct{}{}:
		return entered, nil
	case <-ctx.Done():
		r.part(name, entered)
		return nil, context.Cause(ctx)
	}
}

// leave lets the next one in.
func (r *rooms) leave(name string, left *room) {
	<-left.turn
	r.part(name, left)
}

// part closes the room behind the last one, once what is known there is of no use any more.
func (r *rooms) part(name string, left *room) {
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
