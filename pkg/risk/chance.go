package risk

import (
	"iter"
	"math"
)

// roundoff is the largest relative error of one float64 operation.
const roundoff = 1.0 / (1 << 53)

// below reports whether the chance of at most k failures is less than t, if
// float64 can tell.
//
// The chance is a sum of products of non-negative numbers, so relative errors
// add up and nothing cancels. Counted in roundings, for a group of c
// environments of which the terms up to m = min(c, k) are wanted:
//
//   - p^c costs 2c - 1: c for p itself and c - 1 for the products;
//   - every further term of the binomial costs 2, so 2m at most;
//   - a convolution with m + 1 terms costs m + 1;
//
// and k for the last sum. As m <= c, k < n, and there are no more groups than
// environments, all that is less than 7n. The margin below allows for 8n + 8,
// which covers its own roundings and those of t. Underflow is apart: it is an
// absolute error below 2^-1074 in a probability, at most n*k times.
func (u undecided) below(t Probability) (less, known bool) {
	const underflow = 1e-300

	chance, threshold := u.atMost(), t.Float64()
	margin := (8*float64(u.n)+8)*roundoff*max(chance, threshold) + underflow
	return chance < threshold, math.Abs(chance-threshold) > margin
}

// atMost returns the chance of at most k failures, with a relative error below
// 7n roundings as long as n <= MaxEnvironments.
func (u undecided) atMost() float64 {
	dist := u.start()
	for _, g := range u.groups {
		dist = convolve(dist, g.binomial(u.k), u.k)
	}
	var sum float64
	for _, d := range dist {
		sum += d
	}
	return sum
}

// moreThan returns the chance of more than k failures without subtracting from
// 1, for when that would leave nothing but error.
func (u undecided) moreThan() float64 {
	var sum float64
	dist := u.start()
	for _, g := range u.groups {
		head := g.binomial(u.k)
		// tail is the chance of more than k-i failures in g, for i from 0.
		tail := g.beyond(u.k)
		for i, d := range dist {
			sum += d * tail
			if j := u.k - i; j < len(head) {
				tail += head[j]
			}
		}
		dist = convolve(dist, head, u.k)
	}
	return sum
}

// start returns the distribution of failures among no environments, with room
// for k failures.
func (u undecided) start() []float64 {
	dist := make([]float64, 1, u.k+1)
	dist[0] = 1
	return dist
}

// convolve adds the failures of b to those of dist, both by number of failures,
// in place and up to k.
func convolve(dist, b []float64, k int) []float64 {
	old := len(dist)
	dist = dist[:min(old+len(b)-1, k+1)]
	// Downwards, so that what is still to be read is not yet written.
	for j := len(dist) - 1; j >= 0; j-- {
		var sum float64
		for i := max(0, j-old+1); i <= min(j, len(b)-1); i++ {
			sum += dist[j-i] * b[i]
		}
		dist[j] = sum
	}
	return dist
}

// binomial returns the chances of 0 to min(Count, k) failures.
func (g Group) binomial(k int) []float64 {
	terms := make([]float64, 0, min(g.Count, k)+1)
	for _, b := range g.terms() {
		terms = append(terms, b)
		if len(terms) == cap(terms) {
			break
		}
	}
	return terms
}

// beyond returns the chance of more than k failures, for k not below the
// median: from there on the terms fall, and soon no longer matter.
func (g Group) beyond(k int) float64 {
	const negligible = roundoff / (1 << 20)

	var sum float64
	for j, b := range g.terms() {
		if j <= k {
			continue
		}
		sum += b
		if b <= sum*negligible {
			break
		}
	}
	return sum
}

// terms yields the chance of j failures for j from 0 to Count.
func (g Group) terms() iter.Seq2[int, float64] {
	pass, fail := float64(g.Rate), float64(One-g.Rate)
	return func(yield func(int, float64) bool) {
		b := power(scale(g.Rate.Float64(), 0), g.Count)
		for j := 0; yield(j, b.float64()) && j < g.Count; j++ {
			// Both products are integers below 2^53, so this rounds once.
			ratio := float64(g.Count-j) * fail / (float64(j+1) * pass)
			b = b.times(scale(ratio, 0))
		}
	}
}

// scaled is mant * 2^exp with mant in [0.5, 1): a float64 that does not
// underflow, as p^n and the first terms of a large binomial would.
type scaled struct {
	mant float64
	exp  int64
}

// minExp keeps the sum of two exponents from overflowing. No number of
// environments leads back from there.
const minExp = math.MinInt64 / 4

func scale(x float64, exp int64) scaled {
	mant, e := math.Frexp(x)
	return scaled{mant, max(exp+int64(e), minExp)}
}

func (s scaled) times(o scaled) scaled {
	return scale(s.mant*o.mant, s.exp+o.exp)
}

// float64 returns the nearest float64, 0 if it underflows.
func (s scaled) float64() float64 {
	const nothing = -2000 // well below the least float64, within every int
	return math.Ldexp(s.mant, int(max(s.exp, nothing)))
}

// power returns x^n for n >= 1 by squaring.
func power(x scaled, n int) scaled {
	result := scale(1, 0)
	for ; n > 0; n >>= 1 {
		if n&1 == 1 {
			result = result.times(x)
		}
		x = x.times(x)
	}
	return result
}
