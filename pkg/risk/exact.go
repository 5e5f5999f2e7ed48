package risk

import "math/big"

// exactlyBelow reports whether the chance of at most k failures is less than
// t, which is above 0, for n <= MaxEnvironments.
//
// With rates in lowest terms, pass/(pass+fail), the question is one of whole
// numbers: is
//
//	10^9 * (ways to have at most k failures)  <  t * prod (pass+fail)^count ?
//
// Both sides are computed twice, once rounding every step down and once up,
// with ever more digits. As nothing is ever negative, that encloses the true
// numbers; either the enclosures come apart, or they end up exact, when there
// are enough digits for every step. So this always ends, and soon:
//
//   - Different sides come apart at once. There are some 10^15 uniform waves
//     and 10^9 limits for each, so the nearest miss is about 10^-24.
//   - Equal sides need few digits. Without tolerated failures, the product of
//     numerators must be t * 10^9(n-1), so their prime factors other than 2
//     and 5 multiply to at most 10^9: at most 18 rates have any. All others
//     are at most 0.9765625, the largest nine-place 2^a * 5^b below 1, and
//     t/10^9 is no less than 10^-9: at most 873 of them. Hence n < 900.
//   - With tolerated failures, symmetry makes larger waves equal as well: of
//     an odd n at 0.5, half of all outcomes have fewer than n/2 failures.
//     In lowest terms such rates take very few digits each.
func (u undecided) exactlyBelow(t Probability) bool {
	const firstPrec = 128

	for prec := uint(firstPrec); ; prec *= 2 {
		if less, known := u.belowWithin(prec, t); known {
			return less
		}
	}
}

// belowWithin is exactlyBelow if prec bits can tell.
func (u undecided) belowWithin(prec uint, t Probability) (less, known bool) {
	down := directed{prec, big.ToNegativeInf}
	up := directed{prec, big.ToPositiveInf}
	if up.ways(u).Cmp(down.threshold(u, t)) < 0 {
		return true, true
	}
	return false, down.ways(u).Cmp(up.threshold(u, t)) >= 0
}

// directed is arithmetic on non-negative numbers that rounds one way to a
// number of bits, so that its results all are bounds on the same side.
type directed struct {
	prec uint
	mode big.RoundingMode
}

func (d directed) add(x, y *big.Float) *big.Float { return d.zero().Add(x, y) }
func (d directed) mul(x, y *big.Float) *big.Float { return d.zero().Mul(x, y) }
func (d directed) quo(x, y *big.Float) *big.Float { return d.zero().Quo(x, y) }

func (d directed) zero() *big.Float {
	return new(big.Float).SetPrec(d.prec).SetMode(d.mode)
}

// exact returns n itself, at no loss whatever the precision.
func exact(n uint64) *big.Float { return new(big.Float).SetUint64(n) }

// pow returns x^n for n >= 0 by squaring.
func (d directed) pow(x *big.Float, n int) *big.Float {
	result := exact(1)
	for ; n > 0; n >>= 1 {
		if n&1 == 1 {
			result = d.mul(result, x)
		}
		if n > 1 {
			x = d.mul(x, x)
		}
	}
	return result
}

// threshold returns t * prod (pass+fail)^count.
func (d directed) threshold(u undecided, t Probability) *big.Float {
	product := exact(uint64(t))
	for _, g := range u.groups {
		pass, fail := lowestTerms(g.Rate)
		product = d.mul(product, d.pow(exact(pass+fail), g.Count))
	}
	return product
}

// ways returns 10^9 times the number of ways to have at most k failures.
func (d directed) ways(u undecided) *big.Float {
	dist := []*big.Float{exact(uint64(One))}
	for _, g := range u.groups {
		dist = d.convolve(dist, d.binomial(g, u.k), u.k)
	}
	sum := d.zero()
	for _, ways := range dist {
		sum = d.add(sum, ways)
	}
	return sum
}

// binomial returns the ways to have 0 to min(Count, k) failures in g, each a
// whole number when there are digits enough.
func (d directed) binomial(g Group, k int) []*big.Float {
	pass, fail := lowestTerms(g.Rate)
	term := d.pow(exact(pass), g.Count)
	most := min(g.Count, k)
	terms := make([]*big.Float, 1, most+1)
	terms[0] = term
	for j := range most {
		term = d.mul(term, exact(uint64(g.Count-j)*fail)) //nolint:gosec // j is below Count
		term = d.quo(term, exact(uint64(j+1)*pass))
		terms = append(terms, term)
	}
	return terms
}

// convolve combines two numbers of ways, both by number of failures, up to k.
func (d directed) convolve(a, b []*big.Float, k int) []*big.Float {
	sums := make([]*big.Float, min(len(a)+len(b)-1, k+1))
	for j := range sums {
		sums[j] = d.zero()
		for i := max(0, j-len(a)+1); i <= min(j, len(b)-1); i++ {
			sums[j] = d.add(sums[j], d.mul(a[j-i], b[i]))
		}
	}
	return sums
}

// lowestTerms returns the numerators of rate and of 1-rate over their least
// common denominator, which is the sum of both.
func lowestTerms(rate Probability) (pass, fail uint64) {
	a, b := uint64(rate), uint64(One)
	for b != 0 {
		a, b = b, a%b
	}
	return uint64(rate) / a, uint64(One-rate) / a
}
