package curve

import (
	"slices"

	"github.com/seawall-dev/seawall/pkg/risk"
)

// Point is one n of all curves.
type Point struct {
	N int
	// Chances are by curve, from 0 to 1.
	Chances []Chance
}

// Chance is how likely a wave is to have more than the tolerated failures.
type Chance struct {
	Probability float64
	// Exceeded says that it is over the limit, exactly.
	Exceeded bool
}

// Points returns some twenty points of the curves, evenly spread, with those next to where each passes
// the limit.
func (p Picture) Points() []Point {
	step := max(1, int(tick(float64(p.Max)))/2)
	var sizes []int
	for n := 0; n <= p.Max; n += step {
		sizes = append(sizes, n)
	}
	sizes = append(sizes, p.Max)
	for _, curve := range p.Curves {
		if curve.Largest < p.Max {
			sizes = append(sizes, curve.Largest, curve.Largest+1)
		}
	}
	slices.Sort(sizes)
	sizes = slices.Compact(sizes)
	points := make([]Point, len(sizes))
	for i, n := range sizes {
		points[i].N = n
		for _, curve := range p.Curves {
			points[i].Chances = append(points[i].Chances, Chance{curve.At(n), p.Limit.Exceeded(risk.Uniform(n, curve.Rate))})
		}
	}
	return points
}
