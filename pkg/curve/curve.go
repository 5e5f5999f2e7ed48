// Package curve draws how likely a wave is to fail against its size: 1 - p^n, the limit, and the
// largest wave that the limit allows.
package curve

import (
	"fmt"
	"math"
	"strconv"

	"github.com/seawall-dev/seawall/pkg/risk"
)

// MostRates is how many curves one picture has at most: with more nobody can tell them apart.
const MostRates = 6

// Request says what is to be drawn.
type Request struct {
	// Rates are the success rates of syncs, one curve each; from 1 to MostRates.
	Rates []risk.Probability
	Limit risk.Limit
	// Max is the largest n of the axis, up to risk.MaxEnvironments; 0 for somewhat more than where
	// the last of the curves passes the limit.
	Max int
}

// Picture is what can be drawn.
type Picture struct {
	Limit  risk.Limit
	Max    int
	Curves []Curve
}

// Curve is that of one success rate.
type Curve struct {
	Rate risk.Probability
	// Largest is the most environments that the limit allows in one wave, from 0 to
	// risk.MaxEnvironments; Probability is the chance, from 0 to 1, that such a wave has more than the
	// tolerated failures.
	Largest     int
	Probability float64

	tolerated int
}

// InvalidError says which field of a request cannot be as it is.
type InvalidError struct {
	// Field is spelled as flags are.
	Field, Value string
	// Want says what is allowed.
	Want string
}

// Error implements error.
func (e *InvalidError) Error() string {
	return fmt.Sprintf("%s is %s: want %s", e.Field, e.Value, e.Want)
}

// New works out what is to be drawn. The error is an *InvalidError.
func New(request Request) (Picture, error) {
	switch {
	case len(request.Rates) == 0 || len(request.Rates) > MostRates:
		return Picture{}, &InvalidError{"success-rate", fmt.Sprintf("a list of %d", len(request.Rates)), fmt.Sprintf("1 to %d rates", MostRates)}
	case request.Limit.Tolerated < 0:
		return Picture{}, &InvalidError{"tolerated", strconv.Itoa(request.Limit.Tolerated), "a number from 0"}
	case request.Max < 0 || request.Max > risk.MaxEnvironments:
		return Picture{}, &InvalidError{"max", strconv.Itoa(request.Max), fmt.Sprintf(
			"a number of environments from 1 to %d", risk.MaxEnvironments)}
	}
	picture := Picture{Limit: request.Limit, Max: request.Max}
	for _, rate := range request.Rates {
		curve := Curve{Rate: rate, Largest: request.Limit.LargestWave(rate), tolerated: request.Limit.Tolerated}
		curve.Probability = curve.At(curve.Largest)
		picture.Curves = append(picture.Curves, curve)
	}
	if picture.Max == 0 {
		picture.Max = picture.enough()
	}
	return picture, nil
}

// At returns the chance, from 0 to 1, that a wave of n has more than the tolerated failures.
func (c Curve) At(n int) float64 { return risk.Uniform(n, c.Rate).ProbabilityOfMoreThan(c.tolerated) }

// Unlimited says that the limit allows a wave of any size.
func (c Curve) Unlimited() bool { return c.Largest == risk.MaxEnvironments }

// enough returns an axis that shows every curve pass the limit.
func (p Picture) enough() int {
	const (
		more    = 1.25
		least   = 10
		nothing = 100 // where no curve ever passes the limit
	)
	last, passes := 0, false
	for _, curve := range p.Curves {
		if !curve.Unlimited() {
			last, passes = max(last, curve.Largest), true
		}
	}
	if !passes {
		return nothing
	}
	return min(rounded(more*float64(max(last, least))), risk.MaxEnvironments)
}

// rounded rounds up to a number whose ticks are easy to read.
func rounded(x float64) int {
	step := tick(x)
	return int(math.Ceil(x/step) * step)
}

// tick returns the distance, 1, 2 or 5 times a power of ten, of at most some ten ticks up to x.
func tick(x float64) float64 {
	const most = 10
	magnitude := math.Pow(10, math.Floor(math.Log10(x/most)))
	for _, times := range []float64{1, 2, 5} {
		if x/(times*magnitude) <= most {
			return times * magnitude
		}
	}
	return most * magnitude
}

// top returns the largest chance of the vertical axis, rounded up to a tick.
func (p Picture) top() float64 {
	highest := p.Limit.Max.Float64()
	for _, curve := range p.Curves {
		highest = max(highest, curve.At(p.Max))
	}
	if highest == 0 {
		return 1
	}
	step := tick(highest)
	return min(1, math.Ceil(highest/step-1e-9)*step)
}

// Subject says what the curves are of: "at least one sync fails".
func (p Picture) Subject() string {
	if p.Limit.Tolerated == 0 {
		return "at least one sync fails"
	}
	if p.Limit.Tolerated == 1 {
		return "more than 1 sync fails"
	}
	return fmt.Sprintf("more than %d syncs fail", p.Limit.Tolerated)
}
