package risk

import (
	"math"
	"testing"
)

func TestAssess(t *testing.T) {
	const two9s = Probability(990_000_000)
	fifth := Limit{Max: One / 5}
	half := Limit{Max: One / 2, Tolerated: 1}
	tests := map[string]struct {
		limit Limit
		waves []Wave
		want  Assessment
	}{
		"no waves":            {fifth, nil, Assessment{}},
		"an empty wave":       {fifth, []Wave{{}}, Assessment{}},
		"the article":         {fifth, []Wave{Uniform(100, two9s)}, Assessment{0, 100, 0.634, true, 22}},
		"a wave that passes":  {fifth, []Wave{Uniform(10, two9s)}, Assessment{0, 10, 0.0956, false, 10}},
		"the largest":         {fifth, []Wave{Uniform(10, two9s), Uniform(50, two9s), Uniform(40, two9s)}, Assessment{1, 50, 0.395, true, 22}},
		"the first of equals": {fifth, []Wave{Uniform(5, two9s), Uniform(9, two9s), Uniform(9, two9s)}, Assessment{1, 9, 0.0865, false, 9}},
		"likeliest to fail, not largest": {fifth, []Wave{Uniform(20, One-1), Uniform(1, two9s)},
			Assessment{1, 1, 0.01, false, 1}},
		"an exceeding one among many that pass": {fifth, []Wave{Uniform(22, two9s), Uniform(1, 799_999_999), Uniform(1, 800_000_000)},
			Assessment{1, 1, 0.2, true, 0}},
		"failures tolerated": {half, []Wave{Uniform(2, One/2), Uniform(3, One/2), Uniform(4, One/2)},
			Assessment{2, 4, 0.6875, true, 3}},
		"a negative tolerance is none": {Limit{Max: One / 5, Tolerated: -3}, []Wave{Uniform(100, two9s)},
			Assessment{0, 100, 0.634, true, 22}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			got := Assess(tt.limit, tt.waves)
			if math.Abs(got.Probability-tt.want.Probability) > 0.001 {
				t.Errorf("probability %v, want %v", got.Probability, tt.want.Probability)
			}
			got.Probability = tt.want.Probability
			if got != tt.want {
				t.Errorf("got %+v, want %+v", got, tt.want)
			}
		})
	}
}

// A rounded probability can put a wave that passes above one that does not;
// the exact verdict decides which is named.
func TestAnExceedingWaveIsAlwaysWorse(t *testing.T) {
	passes := Assessment{Probability: math.Nextafter(0.2, 1)}
	exceeds := Assessment{Probability: 0.2, Exceeded: true}
	if !exceeds.worseThan(passes) || passes.worseThan(exceeds) {
		t.Error("a wave that passes counts as worse than one that does not")
	}
}
