// Package budget bounds what one review may cost, whoever wrote what it is about, and what all
// cost together: memory in bytes, work in steps, and time. Whatever expands, loops or recurses
// on behalf of a writer pays as it goes. Running out is a failure of Seawall's own and never
// says anything about the write.
package budget

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"time"
)

var (
	// ErrExceeded says that a review would have cost more than it may.
	ErrExceeded = errors.New("judging this write costs more than one may")
	// ErrOverload says that there was no room for a review until its time was over.
	ErrOverload = errors.New("too many writes are being judged at once")
)

const (
	// between is how many steps may pass before the deadline is looked at again.
	between = 4096
	// chunk is the least that a review takes of the pool when it grows, in bytes.
	chunk = 256 << 10
)

// Account is what one review has spent. It is for one goroutine. The nil Account bounds
// nothing.
type Account struct {
	ctx  context.Context //nolint:containedctx // an account lives as long as the call whose context it is
	pool *Pool

	// bytes have been spent; as many as taken have been taken from the pool.
	bytes, taken int64
	// reserved says that the review has the reserve, and waits for nothing any more.
	reserved bool
	// placed says that the review has one of the places of long reviews.
	placed bool

	// checked is how many steps had been done when the deadline was looked at; that it is at
	// first.
	steps, checked int64
	waited         time.Duration
	// err is the end of the review: whoever overlooks it hears of it again.
	err error
	// ends are called when the review is over.
	ends []func()
}

type key struct{}

// From returns the account that a context carries. Without one what is returned bounds the
// time only.
func From(ctx context.Context) *Account {
	if account, found := ctx.Value(key{}).(*Account); found {
		return account
	}
	return &Account{ctx: ctx, checked: -between}
}

// Spend pays for memory that is kept until the review ends. The error wraps ErrExceeded or
// ErrOverload, or is that of the context.
func (a *Account) Spend(bytes int) error {
	if a == nil {
		return nil
	}
	a.bytes += int64(bytes)
	if a.pool != nil && a.err == nil && a.bytes > a.taken {
		a.err = a.grow()
	}
	return a.Work(1 + bytes/1024) // what is allocated is written
}

// Borrow pays for memory that is gone before anything else is paid for: there is room for it.
func (a *Account) Borrow(bytes int) error {
	if a == nil {
		return nil
	}
	err := a.Spend(bytes)
	a.bytes -= int64(bytes)
	return err
}

// Ends has a function called when the review is over: what was kept for it alone may be used
// again. An account that nobody has opened never ends.
func (a *Account) Ends(call func()) {
	if a != nil && a.pool != nil {
		a.ends = append(a.ends, call)
	}
}

// Failed tells whether an error is one of a budget or a deadline, which says nothing about what
// was read.
func Failed(err error) bool {
	return errors.Is(err, ErrExceeded) || errors.Is(err, ErrOverload) ||
		errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded)
}

// Tree estimates, from above, the memory of a JSON document that is decoded into maps and
// lists. What stands in strings counts like the rest.
func Tree(document []byte) int {
	const object, list, member = 360, 40, 48 // measured: a map of one member, a slice of one item, a further one
	count := func(char byte) int { return bytes.Count(document, []byte{char}) }
	return len(document) + object*count('{') + list*count('[') + member*(count(',')+count(':'))
}

// Work pays for steps, each about what it takes to look at 16 bytes. The errors are those of
// Spend.
func (a *Account) Work(steps int) error {
	if a == nil {
		return nil
	}
	if a.steps += int64(steps); a.err == nil && a.steps-a.checked >= between {
		a.checked = a.steps
		a.err = a.check()
	}
	return a.err
}

// Err returns what has ended the review: its budget, or its deadline.
func (a *Account) Err() error {
	if a == nil {
		return nil
	}
	if a.err == nil {
		return a.ctx.Err() //nolint:wrapcheck // the caller's own
	}
	return a.err
}

// Refused returns the error with which Open has refused the review, if it has.
func (a *Account) Refused() error { return a.err }

// Waited returns how long the review has waited for room.
func (a *Account) Waited() time.Duration { return a.waited }

// grow takes what has been spent from the pool.
func (a *Account) grow() error {
	most := a.pool.review
	if a.bytes > most {
		return a.pool.exceeded()
	}
	if a.reserved {
		return nil
	}
	more := min(max(a.bytes-a.taken, chunk), most-a.taken)
	return a.wait(func() (err error) {
		a.reserved, err = a.pool.take(a.ctx, more, true)
		if err == nil && !a.reserved {
			a.taken += more
		}
		return err
	})
}

// check looks at the deadline and at how much has been done. Who is at work for long needs a
// place, of which there are as many as processors: otherwise all would be late together.
func (a *Account) check() error {
	if err := a.ctx.Err(); err != nil || a.pool == nil {
		return err //nolint:wrapcheck // the caller's own
	}
	if a.steps > mostSteps {
		return fmt.Errorf("%w: more than %d million steps of work", ErrExceeded, mostSteps/1_000_000)
	}
	if a.steps <= longSteps || a.placed || a.reserved {
		return nil
	}
	return a.wait(func() error {
		select {
		case a.pool.places <- struct{}{}:
			a.placed = true
			return nil
		case <-a.ctx.Done():
			return ErrOverload
		}
	})
}

func (a *Account) wait(until func() error) error {
	started := time.Now()
	err := until()
	a.waited += time.Since(started)
	return err
}

// part begins a part of the review: when it ends the next may cost as much again. What has
// been taken from the pool stays with the review.
func (a *Account) part(bytes int) (leave func(), err error) {
	before := *a
	leave = func() {
		a.bytes, a.steps, a.checked = before.bytes, before.steps, before.checked
		if errors.Is(a.err, ErrExceeded) {
			a.err = before.err
		}
	}
	return leave, a.Spend(bytes)
}

// close gives everything back.
func (a *Account) close() {
	for _, call := range a.ends {
		call()
	}
	a.ends = nil
	if a.placed {
		<-a.pool.places
	}
	a.pool.give(a.taken, a.reserved)
	a.taken, a.placed, a.reserved = 0, false, false
	if a.err == nil {
		a.err = errClosed
	}
}

var errClosed = errors.New("the review is over")
