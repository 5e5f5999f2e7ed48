// Package report tells people and programs what a check has found.
package report

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/seawall-dev/seawall/pkg/audit"
	"github.com/seawall-dev/seawall/pkg/check"
	"github.com/seawall-dev/seawall/pkg/manifest"
)

// Report is all that a check has found.
type Report struct {
	Results []check.Result
	// Problems are what could not be read.
	Problems []*manifest.ReadError
	// Policies are the names of the policies that have judged.
	Policies []string
	// Help ends what is said of a denial.
	Help string
}

// Format writes a report.
type Format func(out io.Writer, report Report) error

// Formats are those that Seawall knows, by their names.
func Formats() map[string]Format {
	return map[string]Format{
		"table": Table, "json": JSON, "yaml": YAML, "markdown": Markdown, "github": GitHub, "sarif": SARIF, "junit": JUnit,
	}
}

// Count returns how many results come to one of the outcomes.
func (r Report) Count(outcomes ...check.Outcome) int {
	count := 0
	for _, result := range r.Results {
		if slices.Contains(outcomes, result.Outcome()) {
			count++
		}
	}
	return count
}

// Missing returns the resources, sorted, without which something is not known.
func (r Report) Missing() []string {
	var all []string
	for _, result := range r.Results {
		all = append(all, result.Missing...)
	}
	slices.Sort(all)
	return slices.Compact(all)
}

// Summary is one line: how many rollouts there are, and what they come to.
func (r Report) Summary() string {
	parts := []string{quantity(len(r.Results), "rollout")}
	for _, outcome := range []check.Outcome{check.Denied, check.Warned, check.Audited, check.Unknown, check.Failed, check.Allowed} {
		if count := r.Count(outcome); count > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", count, strings.ToLower(string(outcome))))
		}
	}
	if count := len(r.Problems); count > 0 {
		parts = append(parts, quantity(count, "file")+" not read")
	}
	return strings.Join(parts, ", ")
}

func quantity(count int, noun string) string {
	if count == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", count, noun)
}

// worst returns the results, what is denied first, and among equals those of the highest probability.
func (r Report) worst() []check.Result {
	order := []check.Outcome{check.Failed, check.Denied, check.Unknown, check.Warned, check.Audited, check.Allowed}
	sorted := slices.Clone(r.Results)
	slices.SortStableFunc(sorted, func(a, b check.Result) int {
		if byOutcome := slices.Index(order, a.Outcome()) - slices.Index(order, b.Outcome()); byOutcome != 0 {
			return byOutcome
		}
		switch {
		case a.Record.Probability > b.Record.Probability:
			return -1
		case a.Record.Probability < b.Record.Probability:
			return 1
		default:
			return 0
		}
	})
	return sorted
}

// message says what there is to say of a result, in one line; empty where all is well.
func (r Report) message(result check.Result) string {
	var text string
	switch outcome := result.Outcome(); {
	case result.Unread != nil:
		text = "not known without " + strings.Join(result.Missing, ", ") + ": what the cluster has of it cannot be read: " + result.Unread.Error()
	case outcome == check.Failed:
		text = result.Err.Error()
	case outcome == check.Unknown:
		text = "not known without " + strings.Join(result.Missing, ", ") + ", which the inventory leaves out: " + result.Record.Message
	case outcome == check.Denied:
		text = strings.TrimSpace(result.Record.Message + " " + r.Help)
	case outcome != check.Allowed:
		text = result.Record.Message
	}
	return audit.Clean(text)
}

// warnings returns what the webhook would warn of, each in one line.
func warnings(result check.Result) []string {
	clean := make([]string, 0, len(result.Warnings))
	for _, warning := range result.Warnings {
		clean = append(clean, audit.Clean(warning))
	}
	return clean
}

// name returns kind and name of a rollout.
func name(result check.Result) string {
	record := result.Record.Clean()
	if record.Namespace == "" {
		return record.Kind + " " + record.Name
	}
	return record.Kind + " " + record.Namespace + "/" + record.Name
}
