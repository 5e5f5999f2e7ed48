package risk

import (
	"math"
	"strconv"
	"strings"
)

// FormatPercent writes a probability for people: one decimal from 1% up
// ("63.4%", "20%"), two significant digits below ("0.0012%"). Rounding never
// makes a possibility look impossible or certain: what would round to 100% is
// ">99.9%", and what is below a billionth, the smallest limit there is, is
// "<0.0000001%". Below 0 counts as 0 and above 1 as 1. The same p always gives
// the same bytes.
func FormatPercent(p float64) string {
	percent := p * 100
	switch {
	case math.IsNaN(p):
		return "NaN%"
	case p <= 0:
		return "0%"
	case p >= 1:
		return "100%"
	case p < Probability(1).Float64():
		return "<" + Probability(1).Percent()
	case percent < 1:
		return significant(percent) + "%"
	}
	s := strconv.FormatFloat(percent, 'f', 1, 64)
	if s == "100.0" {
		return ">99.9%"
	}
	return strings.TrimSuffix(s, ".0") + "%"
}

// significant writes x with two significant digits and without an exponent.
func significant(x float64) string {
	rounded, err := strconv.ParseFloat(strconv.FormatFloat(x, 'e', 1, 64), 64)
	if err != nil { // impossible: strconv reads what it writes
		rounded = x
	}
	return strconv.FormatFloat(rounded, 'f', -1, 64)
}
