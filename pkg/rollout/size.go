package rollout

import (
	"math"
	"strconv"
	"strings"

	"k8s.io/apimachinery/pkg/util/intstr"
)

// Percentages says how a rollout system makes numbers of percentages. What it makes of whole
// numbers, of nothing, and of more than there are, differs too much to be said here.
type Percentages struct {
	// Up rounds up, instead of down, and Least is the least that a percentage makes.
	Up    bool
	Least int
	// Fractions allows "0.5%", and Bare a percentage without "%".
	Fractions, Bare bool
	// Quotient divides by 100 first, whereby 7% of 100 are a little more than 7.
	Quotient bool
}

// Of returns a whole number as it is, and what a percentage makes of a total. The path is that
// of the size for the error, which is an *UnresolvedError.
func (p Percentages) Of(path string, size intstr.IntOrString, total int) (int, error) {
	if size.Type == intstr.Int {
		return size.IntValue(), nil
	}
	percent, valid := p.parse(size.StrVal)
	if !valid {
		return 0, Unresolved(path, "is %s: want an integer or a percentage such as 10%%", Quote(size.StrVal))
	}
	const whole = 100
	scaled := percent * float64(total) / whole
	if p.Quotient {
		scaled = percent / whole * float64(total)
	}
	if p.Up {
		scaled = math.Ceil(scaled)
	} else {
		scaled = math.Floor(scaled)
	}
	if math.IsNaN(scaled) {
		return p.Least, nil
	}
	return max(p.Least, int(max(math.MinInt32, min(scaled, math.MaxInt32)))), nil
}

func (p Percentages) parse(text string) (percent float64, valid bool) {
	number, signed := strings.CutSuffix(text, "%")
	if p.Fractions {
		percent, err := strconv.ParseFloat(number, 64)
		return percent, err == nil && signed
	}
	whole, err := strconv.Atoi(number)
	return float64(whole), err == nil && (signed || p.Bare)
}
