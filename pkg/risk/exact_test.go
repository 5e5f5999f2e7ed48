package risk

import (
	"testing"

	"pgregory.net/rapid"
)

// verify compares the verdict with the oracle's, and each of the two ways to
// it where they apply.
func verify(t interface {
	Helper()
	Errorf(format string, args ...any)
}, l Limit, w Wave) {
	t.Helper()
	want := oracle(l, w)
	if got := l.Exceeded(w); got != want {
		t.Errorf("%+v.Exceeded(%v) = %t, want %t", l, w, got, want)
	}
	u, threshold := w.undecided(l.Tolerated), One-l.Max
	if l.Max >= One || u.k < 0 || u.n <= u.k {
		return
	}
	if got, known := u.below(threshold); known && got != want {
		t.Errorf("%+v, %v: float64 is sure of %t, want %t", l, w, got, want)
	}
	if got := u.exactlyBelow(threshold); got != want {
		t.Errorf("%+v, %v: integers say %t, want %t", l, w, got, want)
	}
}

// Every wave of up to three environments at a rate of three places has a
// failure probability of nine: as a limit it passes, and the next smaller one
// does not. Plain float64 gets about a fifth of the equal ones wrong.
func TestLimitEqualToTheProbabilityPasses(t *testing.T) {
	for n := 1; n <= 3; n++ {
		for rate := Probability(0); rate <= One; rate += 1_000_000 {
			w := Uniform(n, rate)
			equal := nextLimit(oracleMoreThan(w, 0))
			if oracleMoreThan(w, 0).Cmp(ratio(equal)) != 0 {
				t.Fatalf("%v: no equal limit", w)
			}
			verify(t, Limit{Max: equal}, w)
			if equal > 0 {
				verify(t, Limit{Max: equal - 1}, w)
			}
			if equal < One {
				verify(t, Limit{Max: equal + 1}, w)
			}
		}
	}
}

// At the limits on both sides of the true probability every verdict is close.
func TestVerdictsNextToTheLimit(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w, k := anyWave(4, 10).Draw(t, "wave"), rapid.IntRange(0, 3).Draw(t, "k")
		limit := nextLimit(oracleMoreThan(w, k))
		for _, most := range []Probability{max(limit, 1) - 1, limit, min(limit+1, One)} {
			verify(t, Limit{Max: most, Tolerated: k}, w)
		}
	})
}

func TestVerdictsAnywhere(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		verify(t, anyLimit(3).Draw(t, "limit"), anyWave(4, 10).Draw(t, "wave"))
	})
}

// A precision too small to tell must say so: next to the limit most of these
// are, and a step that rounds the wrong way would be a wrong verdict.
func TestTooFewDigitsGiveNoVerdict(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w, k := anyWave(3, 8).Draw(t, "wave"), rapid.IntRange(0, 3).Draw(t, "k")
		u, limit := w.undecided(k), nextLimit(oracleMoreThan(w, k))
		if u.k < 0 || limit >= One {
			return
		}
		for _, most := range []Probability{limit, min(limit+1, One-1)} {
			want := oracle(Limit{Max: most, Tolerated: k}, w)
			for prec := uint(2); prec <= 64; prec++ {
				if got, known := u.belowWithin(prec, One-most); known && got != want {
					t.Fatalf("%v, at most %s: %d bits are sure of %t", w, most, prec, got)
				}
			}
		}
	})
}

// The bound on equal waves in exactlyBelow rests on this number.
func TestLargestRateOfTwosAndFives(t *testing.T) {
	largest := int64(0)
	for twos := int64(1); twos < int64(One); twos *= 2 {
		for n := twos; n < int64(One); n *= 5 {
			largest = max(largest, n)
		}
	}
	if largest != 976_562_500 {
		t.Errorf("largest 2^a * 5^b below 10^9 is %d", largest)
	}
}

func FuzzExceeded(f *testing.F) {
	f.Add(uint32(990_000_000), uint8(2), uint32(One), uint8(0), uint32(19_900_000), uint8(0))
	f.Add(uint32(500_000_000), uint8(9), uint32(0), uint8(1), uint32(500_000_000), uint8(5))
	f.Fuzz(func(t *testing.T, rate1 uint32, n1 uint8, rate2 uint32, n2 uint8, limit uint32, k uint8) {
		w := Mixed(Group{Probability(rate1), int(n1)}, Group{Probability(rate2), int(n2)})
		l := Limit{Max: Probability(limit), Tolerated: int(k)}
		exceeded := l.Exceeded(w)
		if n1 > 20 || n2 > 20 || k > 8 || l.Max > One {
			return // too slow for the oracle; no panic is all that is asked
		}
		if want := oracle(l, w); exceeded != want {
			t.Fatalf("%+v.Exceeded(%v) = %t, want %t", l, w, exceeded, want)
		}
		verify(t, Limit{Max: nextLimit(oracleMoreThan(w, l.Tolerated)), Tolerated: l.Tolerated}, w)
	})
}
