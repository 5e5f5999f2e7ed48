package plan_test

import (
	"errors"
	"testing"
	"time"

	"github.com/onsi/gomega"
	"pgregory.net/rapid"

	"github.com/seawall-dev/seawall/pkg/plan"
	"github.com/seawall-dev/seawall/pkg/risk"
)

func rate(text string) risk.Probability {
	read, err := risk.ParseRate(text)
	if err != nil {
		panic(err)
	}
	return read
}

func request(n int, p, limit string) plan.Request {
	return plan.Request{
		Environments: risk.Uniform(n, rate(p)), Limit: risk.Limit{Max: rate(limit)}, Canary: 1, Ramp: 2,
	}
}

func TestWaveSizes(t *testing.T) {
	for name, test := range map[string]struct {
		change func(*plan.Request)
		want   []int
	}{
		"a canary that doubles up to the largest": {func(*plan.Request) {}, []int{1, 2, 4, 8, 16, 22, 22, 22, 3}},
		"another canary":                        {func(r *plan.Request) { r.Canary = 5 }, []int{5, 10, 20, 22, 22, 21}},
		"a canary as large as the limit allows": {func(r *plan.Request) { r.Canary = 22 }, []int{22, 22, 22, 22, 12}},
		"a flatter ramp rounds up":              {func(r *plan.Request) { r.Ramp = 1.5 }, []int{1, 2, 3, 5, 8, 12, 18, 22, 22, 7}},
		"no ramp at all":                        {func(r *plan.Request) { r.Canary, r.Ramp = 20, 1 }, []int{20, 20, 20, 20, 20}},
		"fewer waves by a steeper ramp":         {func(r *plan.Request) { r.MaxWaves = 8 }, []int{1, 4, 16, 22, 22, 22, 13}},
		"the steepest ramp":                     {func(r *plan.Request) { r.MaxWaves = 6 }, []int{1, 16, 22, 22, 22, 17}},
		"no room for a canary":                  {func(r *plan.Request) { r.MaxWaves = 5 }, []int{22, 22, 22, 22, 12}},
		"one environment": {func(r *plan.Request) {
			r.Environments = risk.Uniform(1, rate("0.99"))
		}, []int{1}},
		"failures that are tolerated": {func(r *plan.Request) { r.Limit.Tolerated = 1 }, []int{1, 2, 4, 8, 16, 32, 37}},
		"nothing can fail":            {func(r *plan.Request) { r.Environments = risk.Uniform(100, risk.One) }, []int{1, 2, 4, 8, 16, 32, 37}},
	} {
		t.Run(name, func(t *testing.T) {
			g := gomega.NewWithT(t)
			asked := request(100, "0.99", "0.2")
			test.change(&asked)
			made, err := plan.New(asked)
			g.Expect(err).NotTo(gomega.HaveOccurred())
			var sizes []int
			for _, wave := range made.Waves {
				sizes = append(sizes, wave.Size)
			}
			g.Expect(sizes).To(gomega.Equal(test.want))
		})
	}
}

func TestNumbersOfAPlan(t *testing.T) {
	g := gomega.NewWithT(t)
	asked := request(3, "0.9", "0.2")
	asked.SyncDuration = 5 * time.Minute
	made, err := plan.New(asked)
	g.Expect(err).NotTo(gomega.HaveOccurred())
	near := func(want float64) gomega.OmegaMatcher { return gomega.BeNumerically("~", want, 1e-12) }
	g.Expect(made.Largest).To(gomega.Equal(2))
	g.Expect(made.Waves).To(gomega.HaveLen(2))
	g.Expect(made.Waves[1].Total).To(gomega.Equal(3))
	g.Expect(made.Waves[0].Probability).To(near(0.1))
	g.Expect(made.Waves[1].Probability).To(near(0.19))
	g.Expect(made.Waves[1].Cumulative).To(near(0.271))
	g.Expect(made.Waves[1].ExpectedFailures).To(near(0.2))
	g.Expect(made.Waves[1].Ends).To(gomega.Equal(10 * time.Minute))
	g.Expect(made.Probability).To(near(0.271))
	g.Expect(made.ExpectedFailures).To(near(0.3))
	g.Expect(made.ExpectedWhenStopped).To(near(0.1 + 0.9*0.2))
	g.Expect(made.Duration).To(gomega.Equal(10 * time.Minute))
}

func TestWhatCannotBePlanned(t *testing.T) {
	for name, test := range map[string]struct {
		change func(*plan.Request)
		want   string
	}{
		"no environments":   {func(r *plan.Request) { r.Environments = risk.Wave{} }, "environments is 0: want a number from 1 to 1000000"},
		"too many":          {func(r *plan.Request) { r.Environments = risk.Uniform(1_000_001, risk.One) }, "environments is 1000001: want a number from 1 to 1000000"},
		"canary too large":  {func(r *plan.Request) { r.Canary = 23 }, "canary is 23: want a number from 1 to 22, which is the most that the limit allows in one wave"},
		"no canary":         {func(r *plan.Request) { r.Canary = 0 }, "canary is 0: want a number from 1 to 22"},
		"falling ramp":      {func(r *plan.Request) { r.Ramp = 0.5 }, "ramp is 0.5: want a number from 1, such as 2"},
		"too few waves":     {func(r *plan.Request) { r.MaxWaves = 4 }, "max-waves is 4: want at least 5: the limit allows 22 of the 100 environments in one wave"},
		"negative waves":    {func(r *plan.Request) { r.MaxWaves = -1 }, "max-waves is -1"},
		"negative time":     {func(r *plan.Request) { r.SyncDuration = -time.Second }, "sync-duration is -1s"},
		"negative failures": {func(r *plan.Request) { r.Limit.Tolerated = -1 }, "tolerated is -1: want a number from 0"},
		"not even one fits": {
			func(r *plan.Request) { r.Environments = risk.Uniform(9, rate("0.7")) },
			"one environment alone has a 30% chance to fail, the limit allows 20%: no wave is small enough before syncs succeed at a rate of 0.8",
		},
	} {
		t.Run(name, func(t *testing.T) {
			g := gomega.NewWithT(t)
			asked := request(100, "0.99", "0.2")
			test.change(&asked)
			_, err := plan.New(asked)
			g.Expect(err).To(gomega.MatchError(gomega.ContainSubstring(test.want)))
		})
	}
}

func TestEveryPlanKeepsItsPromises(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		g := gomega.NewWithT(t)
		asked := plan.Request{
			Environments: risk.Mixed(
				risk.Group{Rate: risk.Probability(rapid.Uint32Range(0, 1e9).Draw(t, "rate")), Count: rapid.IntRange(0, 300).Draw(t, "count")},
				risk.Group{Rate: risk.Probability(rapid.Uint32Range(9e8, 1e9).Draw(t, "other rate")), Count: rapid.IntRange(0, 300).Draw(t, "other count")},
			),
			Limit: risk.Limit{
				Max:       risk.Probability(rapid.Uint32Range(0, 1e9).Draw(t, "limit")),
				Tolerated: rapid.IntRange(0, 3).Draw(t, "tolerated"),
			},
			Canary: rapid.IntRange(1, 9).Draw(t, "canary"), Ramp: rapid.Float64Range(1, 5).Draw(t, "ramp"),
			MaxWaves: rapid.IntRange(0, 50).Draw(t, "max waves"),
		}
		made, err := plan.New(asked)
		if err != nil {
			var invalid *plan.InvalidError
			var tooRisky *plan.RiskError
			g.Expect(errors.As(err, &invalid) || errors.As(err, &tooRisky)).To(gomega.BeTrue())
			return
		}
		total, before := 0, 0
		for i, wave := range made.Waves {
			total += wave.Size
			g.Expect(wave.Total).To(gomega.Equal(total))
			g.Expect(wave.Size).To(gomega.And(gomega.BeNumerically(">", 0), gomega.BeNumerically("<=", made.Largest)))
			g.Expect(asked.Limit.Exceeded(asked.Environments.Worst(wave.Size))).To(gomega.BeFalse())
			if i < len(made.Waves)-1 {
				g.Expect(wave.Size).To(gomega.BeNumerically(">=", before))
			}
			before = wave.Size
		}
		g.Expect(total).To(gomega.Equal(asked.Environments.N()))
		if asked.MaxWaves > 0 {
			g.Expect(len(made.Waves)).To(gomega.BeNumerically("<=", asked.MaxWaves))
		}
		g.Expect(made.ExpectedWhenStopped).To(gomega.BeNumerically("<=", made.ExpectedFailures+1e-9))
	})
}
