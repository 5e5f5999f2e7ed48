// Package format writes a journal as text.
package format

import (
	"strconv"
	"strings"
	"time"

	"github.com/seawall-dev/seawall/pkg/journal"
	"github.com/seawall-dev/seawall/pkg/risk"
)

// Format is how a journal is written.
type Format string

// The formats of text.
const (
	Table    Format = "table"
	Wide     Format = "wide"
	JSON     Format = "json"
	YAML     Format = "yaml"
	CSV      Format = "csv"
	Markdown Format = "markdown"
)

// column is one thing that is told of each decision.
type column struct {
	// title is that of people, key that of programs.
	title, key string
	// wide says that a narrow table leaves it out.
	wide bool
	// of returns it for people, and raw for programs where that is another text.
	of, raw func(*journal.Decision) string
}

func columns() []column {
	return []column{
		{title: "LAST", key: "time", of: func(d *journal.Decision) string { return instant(d.Time) }},
		{title: "FIRST", key: "first", wide: true, of: func(d *journal.Decision) string { return instant(d.First) }},
		{title: "COUNT", key: "count", of: func(d *journal.Decision) string { return strconv.Itoa(d.Count) }},
		{title: "RESULT", key: "result", of: func(d *journal.Decision) string { return string(d.Outcome) }},
		{title: "KIND", key: "kind", of: func(d *journal.Decision) string { return d.Kind }},
		{title: "ROLLOUT", key: "rollout", of: (*journal.Decision).Rollout},
		{title: "OPERATION", key: "operation", wide: true, of: func(d *journal.Decision) string { return d.Operation }},
		{title: "USER", key: "user", of: func(d *journal.Decision) string { return d.User }},
		{title: "POLICY", key: "policy", of: func(d *journal.Decision) string { return d.Policy }},
		{title: "WAVE OF", key: "waveEnvironments", of: func(d *journal.Decision) string { return positive(d.WaveEnvironments) }},
		{title: "RISK", key: "probability", of: risked, raw: exactly},
		{
			title: "LIMIT", key: "limit", of: func(d *journal.Decision) string { return Percent(d.Limit) },
			raw: func(d *journal.Decision) string { return d.Limit },
		},
		{title: "REASON", key: "reason", wide: true, of: func(d *journal.Decision) string { return d.Reason }},
		{title: "OVERRIDE", key: "override", wide: true, of: func(d *journal.Decision) string { return d.Override }},
		{title: "APPROVED BY", key: "approvedBy", wide: true, of: func(d *journal.Decision) string { return d.ApprovedBy }},
		{title: "WHY", key: "overrideReason", wide: true, of: func(d *journal.Decision) string { return d.OverrideReason }},
		{
			title: "AUTHENTICATED", key: "authenticated", wide: true,
			of: func(d *journal.Decision) string { return strconv.FormatBool(d.Authenticated) },
		},
		{title: "MESSAGE", key: "message", wide: true, of: func(d *journal.Decision) string { return d.Message }},
	}
}

func instant(at time.Time) string { return at.UTC().Format(time.RFC3339) }

func positive(number int) string {
	if number <= 0 {
		return ""
	}
	return strconv.Itoa(number)
}

func risked(d *journal.Decision) string {
	if d.Probability == nil {
		return ""
	}
	return risk.FormatPercent(*d.Probability)
}

func exactly(d *journal.Decision) string {
	if d.Probability == nil {
		return ""
	}
	return strconv.FormatFloat(*d.Probability, 'g', -1, 64)
}

// Percent returns a limit as people read it, and whatever is none as it is.
func Percent(limit string) string {
	parsed, err := risk.ParseProbability(limit)
	if err != nil {
		return limit
	}
	return risk.FormatPercent(parsed.Float64())
}

// line makes a text fit for one line of a terminal; there is always something to see.
func line(text string) string {
	if text = strings.TrimSpace(text); text == "" {
		return "-"
	}
	return text
}
