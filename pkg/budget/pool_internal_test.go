package budget

import (
	"context"
	"encoding/json"
	"math/rand/v2"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/onsi/gomega"
)

// TestReviewsThatGrowAllComeToTheirEnd proves that 64 reviews, each of which may take half of
// everything, neither wait for each other for ever nor hold more than there is, and leave
// nothing behind.
func TestReviewsThatGrowAllComeToTheirEnd(t *testing.T) {
	g := gomega.NewWithT(t)
	const total = 16 << 20
	pool := NewPool(total)
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	var held, most, refused atomic.Int64
	grow := func(ctx context.Context, mine, want int64) int64 {
		for mine < want {
			more := min(rand.Int64N(1<<20)+1, want-mine)
			if From(ctx).Spend(int(more)) != nil {
				refused.Add(1)
				break
			}
			mine += more
			if now := held.Add(more); now > most.Load() {
				most.Store(now)
			}
			runtime.Gosched()
		}
		return mine
	}
	review := func() {
		initial := rand.Int64N(pool.review / 4)
		ctx, end, err := pool.Open(ctx, int(initial))
		defer end()
		held.Add(initial)
		mine := grow(ctx, initial, rand.Int64N(pool.review))
		if err != nil || From(ctx).Work(rand.IntN(2*longSteps)) != nil {
			refused.Add(1)
		}
		held.Add(-mine)
	}
	var reviews sync.WaitGroup
	for range 64 {
		reviews.Go(func() {
			for range 8 {
				review()
			}
		})
	}
	reviews.Wait()
	g.Expect(refused.Load()).To(gomega.BeZero())
	g.Expect(most.Load()).To(gomega.BeNumerically("<=", total))
	g.Expect(most.Load()).To(gomega.BeNumerically(">", total/4), "they were to meet")
	g.Expect(pool.free).To(gomega.BeEquivalentTo(total - pool.review))
	g.Expect(pool.reserved).To(gomega.BeFalse())
	g.Expect(pool.places).To(gomega.BeEmpty())
	g.Expect(append(pool.growing, pool.opening...)).To(gomega.BeEmpty())
}

// TestALargeReviewIsNotOvertakenUntilItStarves lets small reviews come without end.
func TestALargeReviewIsNotOvertakenUntilItStarves(t *testing.T) {
	g := gomega.NewWithT(t)
	pool := NewPool(2 << 20)
	ctx, stop := context.WithTimeout(t.Context(), 30*time.Second)
	defer stop()
	var small sync.WaitGroup
	for range 8 {
		small.Go(func() {
			for ctx.Err() == nil {
				_, end, _ := pool.Open(ctx, int(pool.review/3))
				time.Sleep(time.Millisecond)
				end()
			}
		})
	}
	time.Sleep(20 * time.Millisecond)
	for range 20 {
		_, end, err := pool.Open(ctx, int(pool.review))
		g.Expect(err).NotTo(gomega.HaveOccurred())
		end()
	}
	stop()
	small.Wait()
	g.Expect(pool.free).To(gomega.BeEquivalentTo(1 << 20))
}

func TestWhoFindsNoRoomIsToldSoAtTheDeadline(t *testing.T) {
	g := gomega.NewWithT(t)
	pool := NewPool(4 << 20)
	_, endFirst, err := pool.Open(t.Context(), int(pool.review))
	g.Expect(err).NotTo(gomega.HaveOccurred())
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	late, end, err := pool.Open(ctx, 1)
	g.Expect(err).To(gomega.MatchError(ErrOverload))
	g.Expect(From(late).Work(0)).To(gomega.MatchError(ErrOverload), "whoever overlooks it hears of it again")
	g.Expect(From(late).Waited()).To(gomega.BeNumerically(">", 10*time.Millisecond), "the deadline is set before the wait begins")
	end()
	endFirst()

	cancelled, cancelNow := context.WithCancel(t.Context())
	cancelNow()
	free, end, err := pool.Open(cancelled, 1)
	g.Expect(err).NotTo(gomega.HaveOccurred(), "what is free is taken without a wait")
	g.Expect(From(free).Refused()).NotTo(gomega.HaveOccurred())
	g.Expect(From(free).Work(between)).To(gomega.MatchError(context.Canceled))
	end()
	g.Expect(pool.free).To(gomega.BeEquivalentTo(2 << 20))
}

func TestAReviewMayNotExceedItsOwnLimit(t *testing.T) {
	g := gomega.NewWithT(t)
	pool := NewPool(4 << 20)
	ctx, end, err := pool.Open(t.Context(), 0)
	g.Expect(err).NotTo(gomega.HaveOccurred())
	g.Expect(From(ctx).Spend(2 << 20)).To(gomega.Succeed())
	g.Expect(From(ctx).Spend(1)).To(gomega.MatchError(ErrExceeded))
	g.Expect(From(ctx).Work(1)).To(gomega.MatchError("judging this write costs more than one may: more than 2 MiB of memory"))
	end()

	_, end, err = pool.Open(t.Context(), 3<<20)
	g.Expect(err).To(gomega.MatchError(ErrExceeded), "it never waits for what it cannot get")
	end()

	ctx, end, _ = pool.Open(t.Context(), 0)
	g.Expect(From(ctx).Work(mostSteps)).To(gomega.Succeed())
	g.Expect(From(ctx).Work(between)).To(gomega.MatchError(ErrExceeded))
	end()
	g.Expect(From(ctx).Err()).To(gomega.MatchError(ErrExceeded))
	g.Expect(pool.free).To(gomega.BeEquivalentTo(2 << 20))
	g.Expect(pool.places).To(gomega.BeEmpty())
}

func TestPartsOfAReviewMayEachCostAsMuch(t *testing.T) {
	g := gomega.NewWithT(t)
	pool := NewPool(4 << 20)
	ctx, end, err := pool.Open(t.Context(), 1000)
	g.Expect(err).NotTo(gomega.HaveOccurred())
	for range 3 {
		part, leave, err := pool.Open(ctx, 1<<20)
		g.Expect(err).NotTo(gomega.HaveOccurred())
		g.Expect(From(part).Work(mostSteps * 2 / 3)).To(gomega.Succeed())
		g.Expect(From(part).Spend(2 << 20)).To(gomega.MatchError(ErrExceeded))
		leave()
		g.Expect(From(ctx).Err()).NotTo(gomega.HaveOccurred())
	}
	end()
	g.Expect(pool.free).To(gomega.BeEquivalentTo(2 << 20))
	g.Expect(pool.places).To(gomega.BeEmpty())
}

func TestLongReviewsTakeTurns(t *testing.T) {
	g := gomega.NewWithT(t)
	pool := NewPool(4 << 20)
	pool.places = make(chan struct{}, 1)
	first, endFirst, _ := pool.Open(t.Context(), 0)
	g.Expect(From(first).Work(longSteps + 1)).To(gomega.Succeed())
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	second, endSecond, _ := pool.Open(ctx, 0)
	g.Expect(From(second).Work(longSteps)).To(gomega.Succeed(), "short ones need no turn")
	g.Expect(From(second).Work(between)).To(gomega.MatchError(ErrOverload))
	endSecond()
	endFirst()
	g.Expect(pool.places).To(gomega.BeEmpty())
}

func TestWithoutAPoolOnlyTheDeadlineEnds(t *testing.T) {
	g := gomega.NewWithT(t)
	ctx, cancel := context.WithCancel(t.Context())
	g.Expect(From(ctx).Spend(1 << 40)).To(gomega.Succeed())
	opened, end, err := (*Pool)(nil).Open(ctx, 1<<40)
	g.Expect(err).NotTo(gomega.HaveOccurred())
	g.Expect(From(opened).Spend(1 << 40)).To(gomega.Succeed())
	cancel()
	g.Expect(From(ctx).Work(between)).To(gomega.MatchError(context.Canceled))
	g.Expect(From(opened).Work(between)).To(gomega.MatchError(context.Canceled))
	end()
	g.Expect((*Account)(nil).Spend(1)).To(gomega.Succeed())
}

// TestTree proves that the estimate is not below what encoding/json allocates, for documents
// that are as bad as they get.
func TestTree(t *testing.T) {
	for _, item := range []string{"[]", "{}", `[[]]`, `{"":0}`, `{"a":"b","c":"d"}`, "1", `""`, `"text"`, "[[[[[[[[]]]]]]]]", "null", `{"a":{"b":{}}}`} {
		t.Run(item, func(t *testing.T) {
			g := gomega.NewWithT(t)
			document := []byte("[" + strings.Repeat(item+",", 20_000) + item + "]")
			var before, after runtime.MemStats
			runtime.GC()
			runtime.ReadMemStats(&before)
			var tree any
			g.Expect(json.Unmarshal(document, &tree)).To(gomega.Succeed())
			runtime.GC()
			runtime.ReadMemStats(&after)
			grown := int(after.HeapAlloc) - int(before.HeapAlloc)
			t.Logf("%d bytes, %d in memory, %d estimated", len(document), grown, Tree(document))
			g.Expect(Tree(document)).To(gomega.BeNumerically(">=", grown*9/10))
			runtime.KeepAlive(tree)
		})
	}
}
