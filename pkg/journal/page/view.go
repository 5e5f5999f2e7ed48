package page

import (
	"fmt"
	"html/template"
	"slices"
	"strings"
	"time"

	"github.com/seawall-dev/seawall/pkg/journal"
	"github.com/seawall-dev/seawall/pkg/journal/format"
)

// most is how many of those who were denied most are shown.
const most = 8

// view is what the page shows.
type view struct {
	Style  template.CSS
	Policy string

	Journal    *journal.Journal
	Facts      []fact
	Remarks    []string
	Tiles      []tile
	Timeline   *timeline
	Curve      *curve
	Rankings   []ranking
	Overridden []*journal.Decision
	Days       []day
}

// fact is a line of the head: what was asked for.
type fact struct{ Name, Value string }

// tile is one number of the summary.
type tile struct {
	Outcome journal.Outcome
	Number  int
	Meaning string
}

// day is one day's decisions, the latest first.
type day struct {
	ID, Name  string
	Decisions []*journal.Decision
}

func viewOf(found *journal.Journal) *view {
	return &view{
		Style:   template.CSS(style), //nolint:gosec // the page's own
		Policy:  "default-src 'none'; style-src " + source(style) + "; base-uri 'none'; form-action 'none'",
		Journal: found, Facts: factsOf(found), Remarks: remarksOf(found), Tiles: tilesOf(found),
		Timeline: timelineOf(found), Curve: curveOf(found), Rankings: rankingsOf(found),
		Overridden: overriddenOf(found), Days: daysOf(found),
	}
}

func factsOf(found *journal.Journal) []fact {
	filter := &found.Filter
	namespace := found.Namespace
	if namespace == "" {
		namespace = "all"
	}
	results := make([]string, len(filter.Outcomes))
	for i, outcome := range filter.Outcomes {
		results[i] = string(outcome)
	}
	all := []fact{
		{"Cluster", found.Context}, {"Namespace", namespace}, {"Since", moment(filter.Since)}, {"Until", moment(filter.Until)},
		{"Kind", filter.Kind}, {"Policy", filter.Policy}, {"User", filter.User}, {"Results", strings.Join(results, ", ")},
		{"Read", moment(found.Read)},
	}
	return slices.DeleteFunc(all, func(f fact) bool { return f.Value == "" })
}

// remarksOf returns what a reader has to know to trust the numbers.
func remarksOf(found *journal.Journal) []string {
	remarks := format.Remarks(found)[1:]
	if count := found.Summary.Unauthenticated; count > 0 {
		remarks = append(remarks, fmt.Sprintf("%d of these are not authenticated: whoever reaches the webhook's port may have made them up. "+
			"They are marked so; the API server's audit log is the proof.", count))
	}
	return remarks
}

func tilesOf(found *journal.Journal) []tile {
	var tiles []tile
	for _, outcome := range journal.Outcomes() {
		number := found.Summary.ByOutcome[outcome]
		always := outcome == journal.Denied || outcome == journal.Overridden || outcome == journal.Warned
		if number == 0 && !always {
			continue
		}
		tiles = append(tiles, tile{outcome, number, meaning(outcome)})
	}
	return tiles
}

func meaning(outcome journal.Outcome) string {
	switch outcome {
	case journal.Denied:
		return "writes refused"
	case journal.Overridden:
		return "let pass by an override"
	case journal.Warned:
		return "let pass with a warning"
	case journal.Audited:
		return "let pass, on the record only"
	case journal.Failed:
		return "could not be judged"
	case journal.Held:
		return "times that syncs had to wait"
	default:
		return "rollouts that have outgrown a policy"
	}
}

func overriddenOf(found *journal.Journal) []*journal.Decision {
	var overridden []*journal.Decision
	for i := range slices.Backward(found.Decisions) {
		if d := &found.Decisions[i]; d.Override != "" {
			overridden = append(overridden, d)
		}
	}
	return overridden
}

func daysOf(found *journal.Journal) []day {
	var days []day
	for i := range slices.Backward(found.Decisions) {
		d := &found.Decisions[i]
		name := d.Time.UTC().Format(time.DateOnly)
		if len(days) == 0 || days[len(days)-1].ID != name {
			days = append(days, day{ID: name, Name: d.Time.UTC().Format("Monday, 2 January 2006")})
		}
		last := &days[len(days)-1]
		last.Decisions = append(last.Decisions, d)
	}
	return days
}

func moment(at time.Time) string {
	if at.IsZero() {
		return ""
	}
	return at.UTC().Format("2006-01-02 15:04 UTC")
}

func functions() template.FuncMap {
	return template.FuncMap{
		"bar": barOf, "moment": moment, "percent": format.Percent, "shape": shapeOf, "odds": odds,
		"clock": func(at time.Time) string { return at.UTC().Format(time.TimeOnly) },
		"iso":   func(at time.Time) string { return at.UTC().Format(time.RFC3339) },
		"many":  func(d *journal.Decision) bool { return d.Count > 1 },
	}
}
