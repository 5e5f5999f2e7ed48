package risk

import (
	"math"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

func TestWaveHoldsItsEnvironments(t *testing.T) {
	const low, high = One / 2, One - 1
	tests := map[string]struct {
		wave Wave
		want []Group
		n    int
	}{
		"the zero value is empty":              {Wave{}, nil, 0},
		"uniform":                              {Uniform(3, low), []Group{{low, 3}}, 3},
		"a negative number is none":            {Uniform(-3, low), nil, 0},
		"groups are sorted by rate":            {Mixed(Group{high, 1}, Group{low, 2}), []Group{{low, 2}, {high, 1}}, 3},
		"groups of one rate are merged":        {Mixed(Group{low, 1}, Group{high, 1}, Group{low, 2}), []Group{{low, 3}, {high, 1}}, 4},
		"groups of none are dropped":           {Mixed(Group{low, 0}, Group{high, 1}, Group{low, -5}), []Group{{high, 1}}, 1},
		"more than certain is certain":         {Mixed(Group{One, 1}, Group{One + 1, 2}), []Group{{One, 3}}, 3},
		"counts saturate":                      {Mixed(Group{low, math.MaxInt}, Group{low, 1}), []Group{{low, math.MaxInt}}, math.MaxInt},
		"waves join":                           {Join(Uniform(1, high), Uniform(2, low), Uniform(3, high)), []Group{{low, 2}, {high, 4}}, 6},
		"no waves join to an empty one":        {Join(), nil, 0},
		"the worst come first":                 {Mixed(Group{high, 5}, Group{low, 2}).Worst(3), []Group{{low, 2}, {high, 1}}, 3},
		"the worst of less than a group":       {Mixed(Group{high, 5}, Group{low, 2}).Worst(1), []Group{{low, 1}}, 1},
		"the worst of more than there are":     {Uniform(2, low).Worst(3), []Group{{low, 2}}, 2},
		"the worst none":                       {Uniform(2, low).Worst(0), nil, 0},
		"the worst of a negative number, none": {Uniform(2, low).Worst(-1), nil, 0},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			if got := tt.wave.Groups(); !slices.Equal(got, tt.want) || tt.wave.N() != tt.n {
				t.Errorf("got %v of %d, want %v of %d", got, tt.wave.N(), tt.want, tt.n)
			}
		})
	}
}

func TestWaveIsImmutable(t *testing.T) {
	input := []Group{{One, 1}, {0, 1}}
	w := Mixed(input...)
	input[0], w.Groups()[0] = Group{5, 5}, Group{6, 6}
	w.Worst(1).Groups()[0] = Group{7, 7}
	if got, want := w.Groups(), []Group{{0, 1}, {One, 1}}; !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}

func TestProbabilities(t *testing.T) {
	article := Uniform(100, 990_000_000)
	mixed := Mixed(Group{0, 2}, Group{One / 2, 3}, Group{One, 4})
	tests := map[string]struct{ got, want float64 }{
		"the article":                       {article.FailureProbability(), 0.6339676587267705},
		"the article, by its tail":          {article.ProbabilityOfMoreThan(0), 0.6339676587267705},
		"the article, one tolerated":        {article.ProbabilityOfMoreThan(1), 0.2642380201},
		"a million at a billionth":          {Uniform(1_000_000, One-1).FailureProbability(), 0.000999500166625},
		"one at a billionth":                {Uniform(1, One-1).FailureProbability(), 1e-9},
		"two at a billionth, both":          {Uniform(2, One-1).ProbabilityOfMoreThan(1), 1e-18},
		"thirty at a billionth, over ten":   {Uniform(30, One-1).ProbabilityOfMoreThan(10), 54627300e-99},
		"a million, far above the mean":     {Uniform(1_000_000, 990_000_000).ProbabilityOfMoreThan(9_000), 1},
		"a million at the mean":             {Uniform(1_000_000, 990_000_000).ProbabilityOfMoreThan(10_000), 0.497340},
		"a million in two halves":           {Mixed(Group{989_999_999, 500_000}, Group{990_000_001, 500_000}).ProbabilityOfMoreThan(10_000), 0.497340},
		"the empty wave":                    {Wave{}.FailureProbability(), 0},
		"the empty wave, none tolerated":    {Wave{}.ProbabilityOfMoreThan(0), 0},
		"more than a negative number":       {Wave{}.ProbabilityOfMoreThan(-1), 1},
		"more than there are":               {article.ProbabilityOfMoreThan(100), 0},
		"all there are":                     {Uniform(3, One/2).ProbabilityOfMoreThan(2), 0.125},
		"a certain failure":                 {mixed.FailureProbability(), 1},
		"more certain failures than k":      {mixed.ProbabilityOfMoreThan(1), 1},
		"as many certain failures as k":     {mixed.ProbabilityOfMoreThan(2), 0.875},
		"certain failures and half of rest": {mixed.ProbabilityOfMoreThan(3), 0.5},
		"certain successes do not count":    {mixed.ProbabilityOfMoreThan(5), 0},
		"a count beyond reason":             {Uniform(math.MaxInt, One-1).ProbabilityOfMoreThan(3), 1},
		"expected failures":                 {article.ExpectedFailures(), 1},
		"expected failures of mixed rates":  {mixed.ExpectedFailures(), 3.5},
		"expected failures of none":         {Wave{}.ExpectedFailures(), 0},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			if math.Abs(tt.got-tt.want) > 1e-6*tt.want || math.Signbit(tt.got) {
				t.Errorf("got %v, want %v", tt.got, tt.want)
			}
		})
	}
}

func TestProbabilityAgreesWithFractions(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w, k := anyWave(5, 8).Draw(t, "wave"), rapid.IntRange(0, 5).Draw(t, "k")
		want, _ := oracleMoreThan(w, k).Float64()
		if got := w.ProbabilityOfMoreThan(k); math.Abs(got-want) > 1e-12*want {
			t.Fatalf("more than %d of %v: got %v, want %v", k, w, got, want)
		}
	})
}

func TestWorstIsWorst(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w := anyWave(5, 4).Draw(t, "wave")
		var all []Group
		for _, g := range w.Groups() {
			all = append(all, slices.Repeat([]Group{{g.Rate, 1}}, g.Count)...)
		}
		shuffled := rapid.Permutation(all).Draw(t, "shuffled")
		m := rapid.IntRange(0, len(all)).Draw(t, "m")
		worst, some := w.Worst(m), Mixed(shuffled[:m]...)
		if worst.N() != m || worst.FailureProbability() < some.FailureProbability() {
			t.Fatalf("of %v, %v are worse than the worst %v", w, some, worst)
		}
		if rest := Mixed(shuffled[m:]...); !slices.Equal(Join(some, rest).Groups(), w.Groups()) {
			t.Fatalf("%v and %v do not join to %v", some, rest, w)
		}
	})
}

func TestProbabilityIsMonotone(t *testing.T) {
	// Rounding may turn round what is equal; never more than that.
	const rounding = 1e-12
	rapid.Check(t, func(t *rapid.T) {
		w, k := anyWave(4, 30).Draw(t, "wave"), rapid.IntRange(0, 4).Draw(t, "k")
		low, high := anyRate().Draw(t, "rate"), anyRate().Draw(t, "other rate")
		low, high = min(low, high), max(low, high)

		base := w.ProbabilityOfMoreThan(k)
		withHigh := Join(w, Uniform(1, high)).ProbabilityOfMoreThan(k)
		withLow := Join(w, Uniform(1, low)).ProbabilityOfMoreThan(k)
		if base > withHigh+rounding || withHigh > withLow+rounding {
			t.Fatalf("alone %v, with one at %s %v, with one at %s %v", base, high, withHigh, low, withLow)
		}
		if less := w.ProbabilityOfMoreThan(k + 1); less > base+rounding {
			t.Fatalf("more than %d: %v, more than %d: %v", k, base, k+1, less)
		}
	})
}
