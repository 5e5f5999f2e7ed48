package risk

import (
	"math"
	"testing"

	"pgregory.net/rapid"
)

func TestExceeded(t *testing.T) {
	const two9s, fifth = Probability(990_000_000), One / 5
	tests := map[string]struct {
		limit Limit
		wave  Wave
		want  bool
	}{
		"the article":                               {Limit{Max: fifth}, Uniform(100, two9s), true},
		"the limit itself passes":                   {Limit{Max: 19_900_000}, Uniform(2, two9s), false},
		"a billionth over the limit does not":       {Limit{Max: 19_899_999}, Uniform(2, two9s), true},
		"the zero limit allows the empty wave":      {Limit{}, Wave{}, false},
		"the zero limit allows certain successes":   {Limit{}, Uniform(100, One), false},
		"the zero limit allows nothing else":        {Limit{}, Uniform(1, One-1), true},
		"a limit of one allows certain failure":     {Limit{Max: One}, Uniform(100, 0), false},
		"a limit above one is a limit of one":       {Limit{Max: One + 1}, Uniform(100, 0), false},
		"certain failure exceeds all other limits":  {Limit{Max: One - 1}, Uniform(1, 0), true},
		"one certain failure among good ones":       {Limit{Max: One - 1}, Mixed(Group{0, 1}, Group{One, 9}), true},
		"a certain failure may be tolerated":        {Limit{Tolerated: 1}, Mixed(Group{0, 1}, Group{One, 9}), false},
		"it leaves none for the others":             {Limit{Tolerated: 1}, Mixed(Group{0, 1}, Group{One - 1, 1}), true},
		"as many as are tolerated cannot exceed":    {Limit{Tolerated: 3}, Uniform(3, 0), false},
		"one more can":                              {Limit{Tolerated: 3}, Uniform(4, One-1), true},
		"a negative tolerance is none":              {Limit{Max: fifth, Tolerated: -1}, Uniform(22, two9s), false},
		"and allows the empty wave":                 {Limit{Tolerated: math.MinInt}, Wave{}, false},
		"half of an odd number, exactly":            {Limit{Max: One / 2, Tolerated: 500}, Uniform(1001, One/2), false},
		"a billionth less than half":                {Limit{Max: One/2 - 1, Tolerated: 500}, Uniform(1001, One/2), true},
		"equal with rates that cancel":              {Limit{Max: One / 2}, Mixed(Group{800_000_000, 1}, Group{625_000_000, 1}), false},
		"equal only because others are certain":     {Limit{Max: 19_900_000}, Mixed(Group{two9s, 2}, Group{One, 1_000_000}), false},
		"a million whose product underflows":        {Limit{Max: One - 1}, Uniform(MaxEnvironments, two9s), true},
		"a million that pass":                       {Limit{Max: 1_000_000}, Uniform(MaxEnvironments, One-1), false},
		"a million that do not, by less":            {Limit{Max: 999_500}, Uniform(MaxEnvironments, One-1), true},
		"more than a million are over the limit":    {Limit{Max: One - 1}, Uniform(MaxEnvironments+1, One-1), true},
		"unless they cannot fail":                   {Limit{}, Uniform(math.MaxInt, One), false},
		"or are all tolerated":                      {Limit{Tolerated: math.MaxInt}, Uniform(math.MaxInt, One/2), false},
		"a million with ten tolerated pass":         {Limit{Max: fifth, Tolerated: 10}, Uniform(MaxEnvironments, One-5_000), false},
		"a million with ten tolerated do not":       {Limit{Max: fifth, Tolerated: 10}, Uniform(MaxEnvironments, One-10_000), true},
		"a million with many tolerated do not":      {Limit{Max: fifth, Tolerated: 9_000}, Uniform(MaxEnvironments, two9s), true},
		"a million with many more tolerated do":     {Limit{Max: fifth, Tolerated: 10_500}, Uniform(MaxEnvironments, two9s), false},
		"a count beyond reason, no hanging":         {Limit{Max: fifth, Tolerated: 1}, Uniform(math.MaxInt, One-1), true},
		"counts that would add up to less than one": {Limit{Max: fifth}, Mixed(Group{1, math.MaxInt}, Group{2, math.MaxInt}), true},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			if got := tt.limit.Exceeded(tt.wave); got != tt.want {
				t.Errorf("got %t, want %t", got, tt.want)
			}
		})
	}
}

func TestLargestWaveAndRequiredRate(t *testing.T) {
	tests := map[string]struct {
		limit   Limit
		rate    Probability
		largest int
		n       int
		need    Probability
	}{
		"the article":                    {Limit{Max: One / 5}, 990_000_000, 22, 100, 997_771_053},
		"three nines":                    {Limit{Max: One / 5}, 999_000_000, 223, 1, 800_000_000},
		"certain successes":              {Limit{}, One, MaxEnvironments, 5, One},
		"certain failures":               {Limit{Max: One - 1}, 0, 0, 0, 0},
		"certain failures are allowed":   {Limit{Max: One}, 0, MaxEnvironments, 100, 0},
		"not even one":                   {Limit{Max: One / 5}, One/5*4 - 1, 0, -1, 0},
		"just one":                       {Limit{Max: One / 5}, One / 5 * 4, 1, 2, 894_427_191},
		"two that equal the limit":       {Limit{Max: 19_900_000}, 990_000_000, 2, 2, 990_000_000},
		"failures tolerated":             {Limit{Max: One / 5, Tolerated: 1}, 990_000_000, 82, 82, 989_935_553},
		"all tolerated":                  {Limit{Tolerated: 7}, 0, 7, 7, 0},
		"more than a million":            {Limit{Max: One - 1}, One - 1, MaxEnvironments, MaxEnvironments + 1, One},
		"a million, nearly all the time": {Limit{Max: One / 5}, One - 1, MaxEnvironments, MaxEnvironments, 999_999_777},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			if got := tt.limit.LargestWave(tt.rate); got != tt.largest {
				t.Errorf("LargestWave(%s) = %d, want %d", tt.rate, got, tt.largest)
			}
			if got := tt.limit.RequiredRate(tt.n); got != tt.need {
				t.Errorf("RequiredRate(%d) = %d, want %d", tt.n, got, tt.need)
			}
		})
	}
}

func TestLargestFitsAndNoMore(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		l, rate := anyLimit(5).Draw(t, "limit"), anyRate().Draw(t, "rate")
		n := l.LargestWave(rate)
		if l.Exceeded(Uniform(n, rate)) || n < MaxEnvironments && !l.Exceeded(Uniform(n+1, rate)) {
			t.Fatalf("LargestWave(%s) = %d", rate, n)
		}
		w := anyWave(5, 100).Draw(t, "wave")
		m := l.LargestOf(w)
		if l.Exceeded(w.Worst(m)) || m < w.N() && !l.Exceeded(w.Worst(m+1)) {
			t.Fatalf("LargestOf(%v) = %d", w, m)
		}
	})
}

func TestRequiredRateFitsAndNoLess(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		l, n := anyLimit(5).Draw(t, "limit"), rapid.IntRange(0, 1000).Draw(t, "n")
		rate := l.RequiredRate(n)
		if l.Exceeded(Uniform(n, rate)) || rate > 0 && !l.Exceeded(Uniform(n, rate-1)) {
			t.Fatalf("RequiredRate(%d) = %s", n, rate)
		}
	})
}

func TestExceededIsMonotone(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		l, w := anyLimit(4).Draw(t, "limit"), anyWave(4, 30).Draw(t, "wave")
		low, high := anyRate().Draw(t, "rate"), anyRate().Draw(t, "other rate")
		low, high = min(low, high), max(low, high)

		if l.Exceeded(w) && !l.Exceeded(Join(w, Uniform(1, high))) {
			t.Fatalf("one more environment makes %v pass", w)
		}
		if l.Exceeded(Join(w, Uniform(1, high))) && !l.Exceeded(Join(w, Uniform(1, low))) {
			t.Fatalf("%v with one at %s passes, at %s not", w, low, high)
		}
		lower := Limit{Max: min(l.Max, low), Tolerated: l.Tolerated - 1}
		if l.Exceeded(w) && !lower.Exceeded(w) {
			t.Fatalf("%v passes %+v and not %+v", w, lower, l)
		}
	})
}
