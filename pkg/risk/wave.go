package risk

import (
	"cmp"
	"math"
	"slices"
)

// MaxEnvironments is the most environments that are judged as one wave. A
// larger one counts as over every limit that it could exceed.
const MaxEnvironments = 1_000_000

// Group is a number of environments that share one success rate.
type Group struct {
	Rate  Probability // the chance that one environment's sync succeeds
	Count int         // how many environments have it
}

// Wave is a multiset of environments in flight together, each of which fails
// or succeeds by itself. It is immutable. The zero value has no environment
// and cannot fail.
//
//nolint:recvcheck // only add, which builds a wave, has a pointer receiver
type Wave struct {
	groups []Group // ascending rates, each once, counts above 0
	n      int
}

// Uniform returns a wave of n environments with one success rate; it is empty
// if n <= 0.
func Uniform(n int, rate Probability) Wave {
	return Mixed(Group{Rate: rate, Count: n})
}

// Mixed returns the wave of all environments in groups. Groups with a Count
// <= 0 do not matter, nor does the order.
func Mixed(groups ...Group) Wave {
	sorted := slices.Clone(groups)
	slices.SortFunc(sorted, func(a, b Group) int { return cmp.Compare(a.Rate, b.Rate) })

	w := Wave{groups: sorted[:0]}
	for _, g := range sorted {
		w.add(Group{Rate: min(g.Rate, One), Count: g.Count})
	}
	return w
}

// Join returns the wave of all environments of waves.
func Join(waves ...Wave) Wave {
	var all []Group
	for _, w := range waves {
		all = append(all, w.groups...)
	}
	return Mixed(all...)
}

// add appends g, whose rate is none below those that w has.
func (w *Wave) add(g Group) {
	if g.Count <= 0 {
		return
	}
	w.n = addCounts(w.n, g.Count)
	if last := len(w.groups) - 1; last >= 0 && w.groups[last].Rate == g.Rate {
		w.groups[last].Count = addCounts(w.groups[last].Count, g.Count)
		return
	}
	w.groups = append(w.groups, g)
}

// addCounts adds two counts without wrapping round to a harmless number.
func addCounts(a, b int) int {
	if a > math.MaxInt-b {
		return math.MaxInt
	}
	return a + b
}

// N returns the number of environments.
func (w Wave) N() int { return w.n }

// Groups returns a copy of the environments by success rate, ascending, every
// rate once.
func (w Wave) Groups() []Group { return slices.Clone(w.groups) }

// Worst returns the m environments likeliest to fail: none if m <= 0, all if
// m >= N.
func (w Wave) Worst(m int) Wave {
	if m >= w.n {
		return w
	}
	var worst Wave
	for _, g := range w.groups {
		if worst.n >= m {
			break
		}
		worst.add(Group{Rate: g.Rate, Count: min(g.Count, m-worst.n)})
	}
	return worst
}

// FailureProbability returns the chance that at least one environment fails,
// in [0, 1]. It keeps its precision however small the chance.
func (w Wave) FailureProbability() float64 { return failureProbability(w.groups) }

// ExpectedFailures returns the mean number of failures, in [0, N].
func (w Wave) ExpectedFailures() float64 {
	var sum float64
	for _, g := range w.groups {
		sum += float64(g.Count) * (One - g.Rate).Float64()
	}
	return sum
}

// ProbabilityOfMoreThan returns the chance that more than k environments fail,
// in [0, 1]: 1 for k < 0, and 0 for k >= N. Time and memory grow with k, and
// with k times the number of groups.
func (w Wave) ProbabilityOfMoreThan(k int) float64 {
	u := w.undecided(k)
	switch {
	case u.k < 0:
		return 1
	case u.n <= u.k:
		return 0
	case u.k == 0:
		return failureProbability(u.groups)
	}
	// Of two complements the smaller is computed; the other loses nothing by it.
	if atMost := u.atMost(); atMost < 0.5 {
		return 1 - atMost
	}
	return min(u.moreThan(), 1)
}

// undecided is a question about chance: do more than k of the n environments
// in groups fail? Rates are above 0 and below One.
type undecided struct {
	groups []Group
	n, k   int
}

// undecided asks whether more than k environments fail, leaving out those that
// surely do, each of which uses up one of the k, and those that surely do not.
func (w Wave) undecided(k int) undecided {
	u := undecided{groups: w.groups, k: k}
	if len(u.groups) > 0 && u.groups[0].Rate == 0 && k >= 0 {
		u.k -= u.groups[0].Count
		u.groups = u.groups[1:]
	}
	if last := len(u.groups) - 1; last >= 0 && u.groups[last].Rate == One {
		u.groups = u.groups[:last]
	}
	for _, g := range u.groups {
		u.n = addCounts(u.n, g.Count)
	}
	return u
}

// failureProbability returns 1 - prod p by way of logarithms, so that neither
// a tiny 1-p nor a huge count costs digits.
func failureProbability(groups []Group) float64 {
	var log float64
	for _, g := range groups {
		log += float64(g.Count) * math.Log1p(-(One - g.Rate).Float64())
	}
	return math.Abs(math.Expm1(log)) // not -Expm1, which would make -0 of 0
}
