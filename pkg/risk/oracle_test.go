package risk

import (
	"math/big"

	"pgregory.net/rapid"
)

// oracle decides what Limit.Exceeded decides, in fractions and one environment
// at a time: slowly, and too simply to be wrong.
func oracle(l Limit, w Wave) bool {
	return oracleMoreThan(w, max(l.Tolerated, 0)).Cmp(ratio(l.Max)) > 0
}

// oracleMoreThan returns the chance of more than k failures, for k >= 0.
func oracleMoreThan(w Wave, k int) *big.Rat {
	dist := make([]*big.Rat, k+1) // by number of failures
	for i := range dist {
		dist[i] = new(big.Rat)
	}
	dist[0].SetInt64(1)
	for _, g := range w.Groups() {
		for range g.Count {
			pass, fail := ratio(g.Rate), ratio(One-g.Rate)
			for j := k; j >= 0; j-- {
				dist[j].Mul(dist[j], pass)
				if j > 0 {
					dist[j].Add(dist[j], new(big.Rat).Mul(dist[j-1], fail))
				}
			}
		}
	}
	more := big.NewRat(1, 1)
	for _, d := range dist {
		more.Sub(more, d)
	}
	return more
}

func ratio(p Probability) *big.Rat { return big.NewRat(int64(p), int64(One)) }

// nextLimit returns the largest limit not above p: where verdicts turn.
func nextLimit(p *big.Rat) Probability {
	billionths := new(big.Int).Mul(p.Num(), big.NewInt(int64(One)))
	return Probability(billionths.Quo(billionths, p.Denom()).Uint64())
}

// anyRate draws rates as people write them, rates of nine places, and the ends.
func anyRate() *rapid.Generator[Probability] {
	return rapid.OneOf(
		rapid.Map(rapid.Uint32Range(0, 1000), func(n uint32) Probability { return Probability(n * 1_000_000) }),
		rapid.Map(rapid.Uint32Range(0, uint32(One)), func(n uint32) Probability { return Probability(n) }),
		rapid.SampledFrom([]Probability{0, 1, One / 2, One / 5, One - 1, One}),
	)
}

// anyWave draws waves of at most groups*count environments.
func anyWave(groups, count int) *rapid.Generator[Wave] {
	group := rapid.Custom(func(t *rapid.T) Group {
		return Group{Rate: anyRate().Draw(t, "rate"), Count: rapid.IntRange(0, count).Draw(t, "count")}
	})
	return rapid.Map(rapid.SliceOfN(group, 0, groups), func(gs []Group) Wave { return Mixed(gs...) })
}

// anyLimit draws limits that tolerate at most k failures.
func anyLimit(k int) *rapid.Generator[Limit] {
	return rapid.Custom(func(t *rapid.T) Limit {
		return Limit{Max: anyRate().Draw(t, "max"), Tolerated: rapid.IntRange(0, k).Draw(t, "tolerated")}
	})
}
