package risk

import "sort"

// Limit is what a policy allows. The zero value allows nothing that can fail.
type Limit struct {
	// Max is the largest allowed chance of more than Tolerated failures; it is
	// allowed itself, and One allows everything.
	Max Probability
	// Tolerated is how many failures do not matter. Below 0 counts as 0. The
	// time that a judgement takes grows with it; see ProbabilityOfMoreThan.
	Tolerated int
}

// Exceeded reports whether the chance of more than Tolerated failures in w is
// strictly greater than Max. The comparison is exact. A wave of more than
// MaxEnvironments that could fail is over every limit below One, unless it has
// no more environments than are tolerated.
func (l Limit) Exceeded(w Wave) bool {
	if l.Max >= One {
		return false
	}
	u := w.undecided(l.tolerated())
	switch {
	case u.k < 0: // it fails for certain
		return true
	case u.n <= u.k: // it cannot fail
		return false
	case l.Max == 0, u.n > MaxEnvironments:
		return true
	}
	if less, known := u.below(One - l.Max); known {
		return less
	}
	return u.exactlyBelow(One - l.Max)
}

// LargestWave returns the most environments with the given success rate that
// do not exceed the limit together, at most MaxEnvironments.
func (l Limit) LargestWave(rate Probability) int {
	return l.LargestOf(Uniform(MaxEnvironments, rate))
}

// LargestOf returns the greatest m for which the m environments of w that are
// likeliest to fail do not exceed the limit, from 0 to w.N().
func (l Limit) LargestOf(w Wave) int {
	return sort.Search(w.n, func(m int) bool { return l.Exceeded(w.Worst(m + 1)) })
}

// RequiredRate returns the smallest success rate at which n environments do
// not exceed the limit together. One always suffices.
func (l Limit) RequiredRate(n int) Probability {
	rate := sort.Search(int(One), func(rate int) bool {
		return !l.Exceeded(Uniform(n, Probability(rate))) //nolint:gosec // at most One
	})
	return Probability(rate) //nolint:gosec // at most One
}

// tolerated returns Tolerated, 0 if it is negative.
func (l Limit) tolerated() int { return max(l.Tolerated, 0) }
