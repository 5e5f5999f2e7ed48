package budget

import (
	"context"
	"fmt"
	"math"
	"runtime"
	"runtime/debug"
	"slices"
	"sync"
)

const (
	// mostSteps are some seconds of work; after longSteps, some tens of milliseconds, a review
	// counts as long.
	mostSteps, longSteps = 100_000_000, 4_000_000
	// unlimited is the memory of a process whose own nobody has limited.
	unlimited = 256 << 20
)

// Pool is the memory and the work of all reviews of a process. A review takes as much as it
// turns out to need. When the pool is empty, one review at a time may use the reserve, which
// is as large as a review may be: it always comes to its end, so that reviews which hold a
// part and wait for more never wait for each other. A nil Pool bounds nothing.
type Pool struct {
	// review is the most that one review may take, in bytes.
	review int64
	// places are for long reviews.
	places chan struct{}

	mu       sync.Mutex
	free     int64
	reserved bool
	// growing are those that wait and hold something already; they come before the others.
	growing, opening []*waiter
}

// waiter is a review that waits.
type waiter struct {
	bytes int64
	// ready is closed when the review has what it asked for, or the reserve instead.
	ready   chan struct{}
	reserve bool
}

// NewPool returns a pool of that many bytes, half of which are the reserve; of half of what
// GOMEMLIMIT allows to the process for zero.
func NewPool(bytes int64) *Pool {
	if bytes == 0 {
		bytes = unlimited
		if limit := debug.SetMemoryLimit(-1); limit < math.MaxInt64 {
			bytes = limit / 2 //nolint:mnd // half
		}
	}
	half := bytes / 2 //nolint:mnd // half
	return &Pool{review: half, free: bytes - half, places: make(chan struct{}, runtime.GOMAXPROCS(0))}
}

// Open begins a review that costs at least so many bytes: it waits for room until ctx ends.
// Leave gives back what the review has taken. After an error every use of the account that
// the context carries fails with the same. Within a review Open begins a part of it.
func (p *Pool) Open(ctx context.Context, bytes int) (reviewing context.Context, leave func(), err error) {
	if p == nil {
		return ctx, func() {}, nil
	}
	if account := From(ctx); account.pool == p {
		leave, err = account.part(bytes)
		return ctx, leave, err
	}
	account := &Account{pool: p, checked: -between}
	ctx = context.WithValue(ctx, key{}, account)
	account.ctx = ctx
	if account.bytes = int64(bytes); account.bytes > p.review {
		account.err = p.exceeded()
		return ctx, account.close, account.err
	}
	account.err = account.wait(func() error {
		_, err := p.take(ctx, account.bytes, false)
		return err
	})
	if account.err == nil {
		account.taken = account.bytes
	}
	return ctx, account.close, account.err
}

func (p *Pool) exceeded() error {
	return fmt.Errorf("%w: more than %d MiB of memory", ErrExceeded, p.review>>20)
}

// take waits for bytes until ctx ends; those that are free are taken whatever ctx says, so
// that only a wait that was too long counts as overload. A review that is growing may get
// the reserve instead.
func (p *Pool) take(ctx context.Context, bytes int64, growing bool) (reserve bool, err error) {
	if p.takeFree(bytes) {
		return false, nil
	}
	queue := &p.opening
	if growing {
		queue = &p.growing
	}
	waiting := &waiter{bytes: bytes, ready: make(chan struct{})}
	p.change(func() { *queue = append(*queue, waiting) })
	select {
	case <-waiting.ready:
		return waiting.reserve, nil
	default:
	}
	select {
	case <-waiting.ready:
		return waiting.reserve, nil
	case <-ctx.Done():
	}
	p.change(func() {
		if at := slices.Index(*queue, waiting); at >= 0 {
			*queue, err = slices.Delete(*queue, at, at+1), ErrOverload
		}
	})
	return waiting.reserve, err
}

// takeFree takes bytes that are free, unless somebody waits for some.
func (p *Pool) takeFree(bytes int64) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	free := bytes <= p.free && len(p.growing)+len(p.opening) == 0
	if free {
		p.free -= bytes
	}
	return free
}

// give returns what a review has taken.
func (p *Pool) give(bytes int64, reserve bool) {
	p.change(func() {
		p.free += bytes
		p.reserved = p.reserved && !reserve
	})
}

// change does something to the pool and then lets in whom there is room for, in the order
// in which they came: a large review is not overtaken until it starves.
func (p *Pool) change(do func()) {
	p.mu.Lock()
	defer p.mu.Unlock()
	do()
	for len(p.growing) > 0 {
		first := p.growing[0]
		switch {
		case first.bytes <= p.free:
			p.free -= first.bytes
		case !p.reserved:
			p.reserved, first.reserve = true, true
		default:
			return
		}
		p.growing = p.growing[1:]
		close(first.ready)
	}
	for len(p.opening) > 0 && p.opening[0].bytes <= p.free {
		first := p.opening[0]
		p.free -= first.bytes
		p.opening = p.opening[1:]
		close(first.ready)
	}
}
