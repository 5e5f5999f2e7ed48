package risk_test

import (
	"testing"

	"github.com/onsi/gomega"
	"pgregory.net/rapid"

	"github.com/seawall-dev/seawall/pkg/risk"
)

func anyWave(t *rapid.T, name string) risk.Wave {
	rate := rapid.SampledFrom([]risk.Probability{0, 500_000_000, 900_000_000, 990_000_000, 999_000_000, risk.One})
	var groups []risk.Group
	for range rapid.IntRange(0, 5).Draw(t, name+" groups") {
		groups = append(groups, risk.Group{Rate: rate.Draw(t, name+" rate"), Count: rapid.IntRange(1, 6).Draw(t, name+" count")})
	}
	return risk.Mixed(groups...)
}

func TestEitherOfTwoWaves(t *testing.T) {
	g := gomega.NewWithT(t)
	a := risk.Mixed(risk.Group{Rate: 900_000_000, Count: 1}, risk.Group{Rate: 990_000_000, Count: 3})
	b := risk.Mixed(risk.Group{Rate: 950_000_000, Count: 2}, risk.Group{Rate: 999_000_000, Count: 3})
	g.Expect(risk.Either(a, b).Groups()).To(gomega.Equal([]risk.Group{
		{Rate: 900_000_000, Count: 1}, {Rate: 950_000_000, Count: 1}, {Rate: 990_000_000, Count: 2}, {Rate: 999_000_000, Count: 1},
	}))
	g.Expect(risk.Either(a, risk.Wave{})).To(gomega.Equal(a))
	g.Expect(risk.Either(risk.Wave{}, risk.Wave{})).To(gomega.Equal(risk.Wave{}))
}

func TestEitherIsAtLeastAsLikelyToFailAsEach(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		g := gomega.NewWithT(t)
		a, b, beside := anyWave(t, "a"), anyWave(t, "b"), anyWave(t, "beside")
		either := risk.Either(a, b)
		g.Expect(either).To(gomega.Equal(risk.Either(b, a)))
		g.Expect(either.N()).To(gomega.Equal(max(a.N(), b.N())))
		g.Expect(risk.Either(a, a)).To(gomega.Equal(risk.Join(a)))
		limit := risk.Limit{
			Max:       risk.Probability(rapid.Uint32Range(0, uint32(risk.One)).Draw(t, "limit")),
			Tolerated: rapid.IntRange(0, 3).Draw(t, "tolerated"),
		}
		if !limit.Exceeded(risk.Join(either, beside)) {
			g.Expect(limit.Exceeded(risk.Join(a, beside))).To(gomega.BeFalse())
			g.Expect(limit.Exceeded(risk.Join(b, beside))).To(gomega.BeFalse())
		}
	})
}

func TestACoarserWaveIsAtLeastAsLikelyToFail(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		g := gomega.NewWithT(t)
		wave, rates := anyWave(t, "wave"), rapid.IntRange(1, 6).Draw(t, "rates")
		coarser := wave.Coarser(rates)
		g.Expect(coarser.N()).To(gomega.Equal(wave.N()))
		g.Expect(coarser.Groups()).To(gomega.HaveLen(min(rates, len(wave.Groups()))))
		g.Expect(coarser.FailureProbability()).To(gomega.BeNumerically(">=", wave.FailureProbability()-1e-12))
		if len(wave.Groups()) <= rates {
			g.Expect(coarser).To(gomega.Equal(risk.Join(wave)))
		}
	})
}
