package risk

import (
	"fmt"
	"strconv"
	"strings"
)

// Probability is an exact decimal in [0, 1], counted in billionths (nine
// places). A value above One, which only a conversion can make, counts as One.
type Probability uint32

// One is certainty.
const One Probability = 1_000_000_000

const (
	probabilityPlaces = 9 // a billionth is the ninth place of a decimal
	percentPlaces     = 7 // and the seventh of a percentage

	maxQuoted = 64 // runes of a refused input that an error repeats
)

// ParseProbability reads a decimal from 0 to 1 with at most nine places, such
// as "0", "0.995" or "1.000". It refuses everything else, signs, exponents,
// spaces and superfluous zeros in front included; the error says what it wants.
func ParseProbability(s string) (Probability, error) {
	if p, ok := parseBillionths(s, probabilityPlaces); ok {
		return p, nil
	}
	return 0, fmt.Errorf(
		`%s is not a probability: want a decimal from 0 to 1 with at most nine places, like "0.995"`, quote(s))
}

// ParseRate reads the rate at which syncs succeed: a decimal as in
// ParseProbability, or a percentage from 0% to 100% with at most seven places,
// such as "99.5%". The error says what it wants.
func ParseRate(s string) (Probability, error) {
	number, places := s, probabilityPlaces
	if percent, ok := strings.CutSuffix(s, "%"); ok {
		number, places = percent, percentPlaces
	}
	if p, ok := parseBillionths(number, places); ok {
		return p, nil
	}
	return 0, fmt.Errorf(`%s is not a success rate: want a decimal from 0 to 1 with at most nine places, `+
		`like "0.995", or a percentage with at most seven, like "99.5%%"`, quote(s))
}

// parseBillionths reads a plain decimal in which a billionth is the last of
// the given places, and refuses more than One.
func parseBillionths(s string, places int) (Probability, bool) {
	const wholeDigits = 3 // the longest whole part is that of 100%

	whole, frac, dotted := strings.Cut(s, ".")
	switch {
	case whole == "", len(whole) > wholeDigits, len(whole) > 1 && whole[0] == '0':
		return 0, false
	case dotted && frac == "", len(frac) > places:
		return 0, false
	}
	// In base 10 ParseUint takes digits alone: no sign, no underscore.
	n, err := strconv.ParseUint(whole+frac+strings.Repeat("0", places-len(frac)), 10, 64)
	if err != nil || n > uint64(One) {
		return 0, false
	}
	return Probability(n), true
}

// String returns the shortest decimal: "0.99", "1", "0".
func (p Probability) String() string {
	return shortest(p, probabilityPlaces)
}

// Percent returns the shortest exact percentage: "20%", "99.5%", "0.0000001%".
func (p Probability) Percent() string {
	return shortest(p, percentPlaces) + "%"
}

// Float64 returns the float64 nearest to p, in [0, 1].
func (p Probability) Float64() float64 {
	return float64(p) / float64(One)
}

// shortest writes p with the decimal point before its last places digits.
func shortest(p Probability, places int) string {
	digits := fmt.Sprintf("%0*d", places+1, uint32(p))
	point := len(digits) - places
	frac := strings.TrimRight(digits[point:], "0")
	if frac == "" {
		return digits[:point]
	}
	return digits[:point] + "." + frac
}

// quote makes a refused input safe and short enough for a message.
func quote(s string) string {
	runes := 0
	for i := range s {
		if runes == maxQuoted {
			return strconv.Quote(s[:i] + "…")
		}
		runes++
	}
	return strconv.Quote(s)
}
