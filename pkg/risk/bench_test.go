package risk

import "testing"

func BenchmarkExceeded(b *testing.B) {
	fifth := Limit{Max: One / 5}
	var distinct []Group
	for i := range 10_000 {
		distinct = append(distinct, Group{Rate: One - Probability(2*i), Count: 1})
	}
	benchmarks := map[string]struct {
		limit Limit
		wave  Wave
	}{
		"n=100":                        {fifth, Uniform(100, 990_000_000)},
		"n=10000":                      {fifth, Uniform(10_000, 999_900_000)},
		"n=1000000":                    {fifth, Uniform(1_000_000, 999_999_800)},
		"distinct=10000":               {fifth, Mixed(distinct...)},
		"equal/n=2":                    {Limit{Max: 19_900_000}, Uniform(2, 990_000_000)},
		"equal/n=9":                    {Limit{Max: One - 1_953_125}, Uniform(9, One/2)},
		"equal/n=1001,tolerated=500":   {Limit{Max: One / 2, Tolerated: 500}, Uniform(1001, One/2)},
		"n=1000000,tolerated=10":       {Limit{Max: One / 5, Tolerated: 10}, Uniform(1_000_000, 999_990_000)},
		"n=1000000,tolerated=1000":     {Limit{Max: One / 5, Tolerated: 1000}, Uniform(1_000_000, 999_000_000)},
		"distinct=10000,tolerated=10":  {Limit{Max: One / 5, Tolerated: 10}, Mixed(distinct...)},
		"distinct=10000,tolerated=100": {Limit{Max: One / 5, Tolerated: 100}, Mixed(distinct...)},
	}
	for name, bm := range benchmarks {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				bm.limit.Exceeded(bm.wave)
			}
		})
	}
}

// The integers alone, as if float64 never could tell.
func BenchmarkExactlyBelow(b *testing.B) {
	benchmarks := map[string]undecided{
		"n=1000000":              Uniform(1_000_000, 999_999_800).undecided(0),
		"n=1000000,tolerated=10": Uniform(1_000_000, 999_990_000).undecided(10),
	}
	for name, u := range benchmarks {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				u.exactlyBelow(One / 5 * 4)
			}
		})
	}
}

func BenchmarkLargestWave(b *testing.B) {
	for b.Loop() {
		Limit{Max: One / 5}.LargestWave(990_000_000)
	}
}

func BenchmarkRequiredRate(b *testing.B) {
	for b.Loop() {
		Limit{Max: One / 5}.RequiredRate(1_000_000)
	}
}

func BenchmarkAssess(b *testing.B) {
	waves := make([]Wave, 1000)
	for i := range waves {
		waves[i] = Uniform(100, 990_000_000)
	}
	for b.Loop() {
		Assess(Limit{Max: One / 5}, waves)
	}
}
