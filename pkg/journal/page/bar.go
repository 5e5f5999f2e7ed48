package page

import (
	"math"

	"github.com/seawall-dev/seawall/pkg/journal"
	"github.com/seawall-dev/seawall/pkg/journal/format"
	"github.com/seawall-dev/seawall/pkg/risk"
)

// bar is a probability against its limit, in percent.
type bar struct {
	Outcome     journal.Outcome
	Probability float64
	Limit       float64
	HasLimit    bool
}

// barOf returns the bar of a decision; nil where nothing was counted.
func barOf(d *journal.Decision) *bar {
	if d.Probability == nil {
		return nil
	}
	b := &bar{Outcome: d.Outcome, Probability: round(100 * *d.Probability)}
	if limit, err := risk.ParseProbability(d.Limit); err == nil {
		b.Limit, b.HasLimit = round(100*limit.Float64()), true
	}
	return b
}

// odds is a decision's probability against its limit, in words.
func odds(d *journal.Decision) string {
	switch {
	case d.Probability == nil:
		return "not counted"
	case d.Limit == "":
		return risk.FormatPercent(*d.Probability)
	default:
		return risk.FormatPercent(*d.Probability) + ", limit " + format.Percent(d.Limit)
	}
}

// round keeps a page small: a hundredth of a unit cannot be seen.
func round(x float64) float64 { return math.Round(100*x) / 100 }
