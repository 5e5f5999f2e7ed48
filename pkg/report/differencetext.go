package report

import (
	"fmt"
	"io"
	"strings"

	"k8s.io/cli-runtime/pkg/printers"

	"github.com/seawall-dev/seawall/pkg/check"
)

// DifferenceTable writes a line for each change with its reason, and a summary.
func DifferenceTable(out io.Writer, d Difference) error {
	if len(d.Changes) > 0 {
		table := printers.GetNewTabWriter(out)
		_, _ = fmt.Fprintln(table, "BEFORE\tAFTER\tROLLOUT\tAFFECTED\tWAVE\tCHANCE OF FAILURE\tLIMIT\tPOLICY\tWHERE")
		for _, change := range d.Changes {
			result := change.After
			_, _ = fmt.Fprintf(table, "%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\n", change.Before, result.Outcome(), name(result),
				number(result, result.Record.Environments), number(result, result.Record.WaveEnvironments), chance(result), limit(result),
				orNone(result.Record.Policy), place(result))
		}
		if err := table.Flush(); err != nil {
			return err
		}
		_, _ = fmt.Fprintln(out)
	}
	for _, change := range d.Changes {
		if reason := d.reason(change); reason != "" {
			_, _ = fmt.Fprintf(out, "%s: %s\n\n", name(change.After), reason)
		}
	}
	for _, problem := range d.Problems {
		_, _ = fmt.Fprintf(out, "%s\n\n", problem)
	}
	_, err := fmt.Fprintf(out, "%s (%s)\n", d.Summary(), d.Premise)
	return err
}

// DifferenceMarkdown writes what DifferenceTable does for a comment.
func DifferenceMarkdown(out io.Writer, d Difference) error {
	var text strings.Builder
	fmt.Fprintf(&text, "%s\n### Seawall: %s\n", DifferenceMarker, d.Summary())
	if len(d.Changes) > 0 {
		text.WriteString("\n| Before | After | Rollout | Wave | Chance of failure | Limit |\n|---|---|---|--:|--:|--:|\n")
	}
	left := 0
	for _, change := range d.Changes {
		result := change.After
		row := fmt.Sprintf("| %s | %s | %s<br>%s | %s | %s | %s |\n",
			change.Before, result.Outcome(), inline(name(result)), inline(place(result)),
			number(result, result.Record.WaveEnvironments), chance(result), limit(result))
		if reason := d.reason(change); reason != "" {
			row += fmt.Sprintf("| | | %s ||||\n", inline(reason))
		}
		if len([]rune(text.String()))+len([]rune(row)) > mostComment-roomForEnd {
			left++
			continue
		}
		text.WriteString(row)
	}
	if left > 0 {
		fmt.Fprintf(&text, "\n%s left out here: a comment has at most %d characters.\n", quantity(left, "rollout"), mostComment)
	}
	for i, problem := range d.Problems {
		line := "\n- not read: " + inline(problem.Error()) + "\n"
		if len([]rune(text.String()))+len([]rune(line)) > mostComment {
			fmt.Fprintf(&text, "\n%d more not read\n", len(d.Problems)-i)
			break
		}
		text.WriteString(line)
	}
	fmt.Fprintf(&text, "\n%s.\n", inline(d.Premise))
	_, err := io.WriteString(out, text.String())
	return err
}

// DifferenceMarker begins every comment about a change of policies.
const DifferenceMarker = "<!-- seawall policy diff -->"

// place returns where a rollout stands: nothing of one of a cluster.
func place(result check.Result) string {
	if result.File == "" {
		return none
	}
	return where(result)
}

func orNone(text string) string {
	if text == "" {
		return none
	}
	return text
}
