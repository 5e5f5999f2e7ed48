package page

import (
	"fmt"
	"math"
	"strconv"
	"strings"

	"github.com/seawall-dev/seawall/pkg/journal"
	"github.com/seawall-dev/seawall/pkg/risk"
)

// curve is a chart of 1 − pⁿ, with the decisions in it.
type curve struct {
	Rate, Limit string
	Path        string
	LimitY      float64
	// Largest is the largest n that the limit allows, LargestX where that is; 0 where it is not in sight.
	Largest  int
	LargestX float64
	Points   []point
	X, Y     []tick
	// Logarithmic says that n is.
	Logarithmic bool
	Description string
}

// point is where decisions are.
type point struct {
	Outcome journal.Outcome
	X, Y    float64
}

// curveOf draws the curve of the rate, and the limit, of most decisions; nil where none was counted.
func curveOf(found *journal.Journal) *curve {
	counted := func(of func(*journal.Decision) string) string {
		tallies := journal.Most(found.Decisions, 1, func(d *journal.Decision) string {
			text := of(d)
			if _, err := risk.ParseProbability(text); err != nil || d.Probability == nil {
				return ""
			}
			return text
		})
		if len(tallies) == 0 {
			return ""
		}
		return tallies[0].Name
	}
	c := &curve{
		Rate:  counted(func(d *journal.Decision) string { return d.SuccessRate }),
		Limit: counted(func(d *journal.Decision) string { return d.Limit }),
	}
	rate, err := risk.ParseProbability(c.Rate)
	if err != nil {
		return nil
	}
	largest := 0
	if limit, err := risk.ParseProbability(c.Limit); err == nil {
		largest = risk.Limit{Max: limit}.LargestWave(rate)
		c.LimitY = height(limit.Float64())
	}
	c.draw(found, rate.Float64(), largest)
	return c
}

func (c *curve) draw(found *journal.Journal, rate float64, largest int) {
	widest := 10
	for i := range found.Decisions {
		widest = max(widest, found.Decisions[i].WaveEnvironments)
	}
	const linear = 300 // environments that a linear axis can show
	end := niceAbove(widest + widest/20)
	c.Logarithmic = end > linear
	at := func(n float64) float64 {
		share := n / float64(end)
		if c.Logarithmic {
			share = math.Log(max(n, 1)) / math.Log(float64(end))
		}
		return round(plotLeft + share*(plotRight-plotLeft))
	}
	c.Path = line(rate, end, c.Logarithmic, at)
	for _, percent := range []int{0, 50, 100} {
		c.Y = append(c.Y, tick{height(float64(percent) / 100), fmt.Sprintf("%d%%", percent)})
	}
	c.X = c.ticks(end, at)
	if largest > 0 && largest <= end {
		c.Largest, c.LargestX = largest, at(float64(largest))
	}
	c.place(found.Decisions, at)
	c.Description = c.describe(found)
}

func (c *curve) ticks(end int, at func(float64) float64) []tick {
	if !c.Logarithmic {
		return []tick{{at(0), "0"}, {at(float64(end) / 2), strconv.Itoa(end / 2)}, {at(float64(end)), strconv.Itoa(end)}}
	}
	ticks := []tick{}
	for n := 1; n <= end; n *= 10 {
		ticks = append(ticks, tick{at(float64(n)), strconv.Itoa(n)})
	}
	return ticks
}

// place puts each decision where it is, once for those that are at the same place.
func (c *curve) place(decisions []journal.Decision, at func(float64) float64) {
	seen := map[point]bool{}
	for i := range decisions {
		d := &decisions[i]
		if d.Probability == nil {
			continue
		}
		p := point{d.Outcome, math.Round(at(float64(d.WaveEnvironments))), math.Round(height(*d.Probability))}
		if !seen[p] {
			seen[p] = true
			c.Points = append(c.Points, p)
		}
	}
}

func (c *curve) describe(found *journal.Journal) string {
	counted, over := 0, 0
	for i := range found.Decisions {
		d := &found.Decisions[i]
		limit, err := risk.ParseProbability(d.Limit)
		if d.Probability == nil || err != nil {
			continue
		}
		counted++
		if *d.Probability > limit.Float64() {
			over++
		}
	}
	text := fmt.Sprintf("The chance that at least one of n environments fails rises from 0%% towards 100%% as n grows, "+
		"at a success rate of %s each.", c.Rate)
	if c.Largest > 0 {
		text += fmt.Sprintf(" It crosses the limit of %s after %d environments.", c.Limit, c.Largest)
	}
	return text + fmt.Sprintf(" %d results are marked, %d of them above their limit.", counted, over)
}

// line is the curve as a path.
func line(rate float64, end int, logarithmic bool, at func(float64) float64) string {
	const steps = 80
	var path strings.Builder
	for i := range steps + 1 {
		n := float64(end) * float64(i) / steps
		if logarithmic {
			n = math.Pow(float64(end), float64(i)/steps)
		}
		command := "L"
		if i == 0 {
			command = "M"
		}
		_, _ = fmt.Fprintf(&path, "%s%g %g", command, at(n), height(1-math.Pow(rate, n)))
	}
	return path.String()
}

// height is where a probability is.
func height(probability float64) float64 {
	return round(plotBottom - probability*(plotBottom-plotTop))
}

// shapeOf returns the mark of an outcome around 0, so that no colour has to be told from another.
func shapeOf(outcome journal.Outcome) string {
	switch outcome {
	case journal.Denied:
		return "M-4 -4L4 4M4 -4L-4 4"
	case journal.Overridden:
		return "M0 -5L5 0L0 5L-5 0Z"
	case journal.Warned:
		return "M0 -5L5 4L-5 4Z"
	case journal.Audited:
		return "M-4 -4H4V4H-4Z"
	case journal.Failed:
		return "M0 -5V5M-5 0H5"
	case journal.Held:
		return "M-3 -5V5M3 -5V5"
	default:
		return "M-4.5 0a4.5 4.5 0 1 0 9 0a4.5 4.5 0 1 0 -9 0Z"
	}
}
