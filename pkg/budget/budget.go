// Package budget bounds what one review may cost, whoever wrote what it is about: memory in
// bytes, work in steps, and time. Whatever expands, loops or recurses on behalf of a writer
// pays as it goes. Running out is a failure of Seawall's own and never says anything about
// the write.
package budget

import (
	"context"
	"errors"
	"fmt"
)

// ErrExceeded says that a review would have cost more than it may.
var ErrExceeded = errors.New("the review costs more than one may")

// Account is what one review may still spend. It is for one goroutine. The nil Account
// bounds nothing.
type Account struct {
	ctx context.Context //nolint:containedctx // an account lives as long as the call whose context it is

	bytes, steps int64
	unchecked    int64
}

// between is how many steps pass before the deadline is looked at.
const between = 4096

type key struct{}

// Open returns a context that carries an account of so many bytes and steps.
func Open(ctx context.Context, bytes, steps int64) context.Context {
	account := &Account{bytes: bytes, steps: steps}
	ctx = context.WithValue(ctx, key{}, account)
	account.ctx = ctx
	return ctx
}

// From returns the account that a context carries. Without one what is returned bounds the
// time only.
func From(ctx context.Context) *Account {
	if account, found := ctx.Value(key{}).(*Account); found {
		return account
	}
	return &Account{ctx: ctx, bytes: 1 << 62, steps: 1 << 62}
}

// Spend pays for memory that is kept until the review ends. The error wraps ErrExceeded, or is
// that of the context.
func (a *Account) Spend(bytes int) error {
	if a == nil {
		return nil
	}
	if a.bytes -= int64(bytes); a.bytes < 0 {
		return fmt.Errorf("%w: too much memory", ErrExceeded)
	}
	return a.Work(1)
}

// Work pays for steps, each about what it takes to look at 16 bytes. The errors are those of
// Spend.
func (a *Account) Work(steps int) error {
	if a == nil {
		return nil
	}
	if a.steps -= int64(steps); a.steps < 0 {
		return fmt.Errorf("%w: too much work", ErrExceeded)
	}
	if a.unchecked += int64(steps); a.unchecked < between {
		return nil
	}
	a.unchecked = 0
	return a.ctx.Err()
}

// Pool is what all reviews of a process may cost together. A nil Pool bounds nothing.
type Pool struct{}

// Open waits for room for a review of so many bytes.
func (*Pool) Open(ctx context.Context, _ int) (reviewing context.Context, leave func(), err error) {
	return ctx, func() {}, nil
}
