package risk_test

import (
	"fmt"

	"github.com/seawall-dev/seawall/pkg/risk"
)

// A hundred tenants, each of which syncs 99 times out of 100.
func ExampleLimit_Exceeded() {
	limit := risk.Limit{Max: risk.One / 5}
	wave := risk.Uniform(100, 990_000_000)

	fmt.Println(risk.FormatPercent(wave.FailureProbability()), limit.Max.Percent(), limit.Exceeded(wave))
	// Output: 63.4% 20% true
}

func ExampleLimit_LargestWave() {
	limit := risk.Limit{Max: risk.One / 5}

	fmt.Println(limit.LargestWave(990_000_000))
	// Output: 22
}
