package page

import (
	"fmt"
	"strconv"
	"time"

	"github.com/seawall-dev/seawall/pkg/journal"
)

// The plot of a chart of 480 by 240 units; around it is room for the texts of its axes.
const (
	plotLeft, plotRight = 56, 468
	plotTop, plotBottom = 14, 200
)

// tick is a mark on an axis.
type tick struct {
	At   float64
	Text string
}

// timeline is a chart of decisions by time.
type timeline struct {
	// Each is how long one column is.
	Each        string
	Columns     []bucket
	X, Y        []tick
	Outcomes    []journal.Outcome
	Description string
}

// bucket is one column.
type bucket struct {
	Begin   time.Time
	Total   int
	Numbers []int
	Parts   []part
}

// part is what one outcome has of a column.
type part struct {
	Outcome             journal.Outcome
	X, Y, Width, Height float64
}

// widths returns how long a column may be.
func widths() []time.Duration {
	const day = 24 * time.Hour
	return []time.Duration{
		time.Minute, 5 * time.Minute, 15 * time.Minute, time.Hour, 3 * time.Hour, 6 * time.Hour, 12 * time.Hour,
		day, 2 * day, 7 * day, 14 * day, 28 * day, 91 * day, 364 * day, 3640 * day,
	}
}

// timelineOf counts by the time of the last of decisions that are alike; nil where there is none.
func timelineOf(found *journal.Journal) *timeline {
	const most = 32 // that can be told apart on a telephone
	if len(found.Decisions) == 0 {
		return nil
	}
	first, last := found.Decisions[0].Time, found.Decisions[len(found.Decisions)-1].Time
	all := widths()
	width := all[len(all)-1]
	for _, candidate := range all {
		if last.Truncate(candidate).Sub(first.Truncate(candidate)) < most*candidate {
			width = candidate
			break
		}
	}
	t := &timeline{Each: lasting(width)}
	for _, outcome := range journal.Outcomes() {
		if found.Has(outcome) {
			t.Outcomes = append(t.Outcomes, outcome)
		}
	}
	t.fill(found.Decisions, first.Truncate(width), last.Truncate(width), width)
	t.draw(width)
	return t
}

func (t *timeline) fill(decisions []journal.Decision, first, last time.Time, width time.Duration) {
	for begin := first; !begin.After(last); begin = begin.Add(width) {
		t.Columns = append(t.Columns, bucket{Begin: begin, Numbers: make([]int, len(t.Outcomes))})
	}
	for i := range decisions {
		d := &decisions[i]
		column := &t.Columns[int(d.Time.Sub(first)/width)]
		column.Total += d.Count
		for o, outcome := range t.Outcomes {
			if outcome == d.Outcome {
				column.Numbers[o] += d.Count
			}
		}
	}
}

func (t *timeline) draw(width time.Duration) {
	highest := 0
	for i := range t.Columns {
		highest = max(highest, t.Columns[i].Total)
	}
	top := niceAbove(highest)
	t.Y = []tick{{plotBottom, "0"}, {(plotTop + plotBottom) / 2, strconv.Itoa(top / 2)}, {plotTop, strconv.Itoa(top)}}
	step := float64(plotRight-plotLeft) / float64(len(t.Columns))
	for i := range t.Columns {
		t.Columns[i].stack(t.Outcomes, plotLeft+step*float64(i), step, top)
	}
	layout := "2 Jan"
	if width < 24*time.Hour {
		layout = "2 Jan 15:04"
	}
	shown := []int{0, len(t.Columns) - 1}
	if shown[1] == 0 {
		shown = shown[:1]
	}
	for _, i := range shown {
		t.X = append(t.X, tick{round(plotLeft + step*(float64(i)+0.5)), t.Columns[i].Begin.UTC().Format(layout)})
	}
	peak := t.peak()
	t.Description = fmt.Sprintf("Columns of %s each from %s to %s, stacked by result. The highest has %d, on %s.",
		t.Each, t.Columns[0].Begin.UTC().Format(layout), t.Columns[len(t.Columns)-1].Begin.UTC().Format(layout),
		peak.Total, peak.Begin.UTC().Format(layout))
}

func (t *timeline) peak() *bucket {
	peak := &t.Columns[0]
	for i := range t.Columns {
		if t.Columns[i].Total > peak.Total {
			peak = &t.Columns[i]
		}
	}
	return peak
}

// stack draws the parts of a column upon each other.
func (b *bucket) stack(outcomes []journal.Outcome, x, step float64, top int) {
	const widest, narrowest = 40, 1
	gap := min(step*0.2, 4)
	width := min(max(step-gap, narrowest), widest)
	y := float64(plotBottom)
	for o, outcome := range outcomes {
		if b.Numbers[o] == 0 {
			continue
		}
		height := float64(plotBottom-plotTop) * float64(b.Numbers[o]) / float64(top)
		y -= height
		b.Parts = append(b.Parts, part{outcome, round(x + (step-width)/2), round(y), round(width), round(height)})
	}
}

// niceAbove returns an even round number that is not below another.
func niceAbove(number int) int {
	for unit := 1; ; unit *= 10 {
		for _, factor := range []int{2, 4, 6, 10} {
			if factor*unit >= number {
				return factor * unit
			}
		}
	}
}

// lasting says how long a column is.
func lasting(width time.Duration) string {
	const day = 24 * time.Hour
	switch {
	case width >= 2*day:
		return fmt.Sprintf("%d days", width/day)
	case width == day:
		return "one day"
	case width > time.Hour:
		return fmt.Sprintf("%d hours", width/time.Hour)
	case width == time.Hour:
		return "one hour"
	case width == time.Minute:
		return "one minute"
	default:
		return fmt.Sprintf("%d minutes", width/time.Minute)
	}
}
