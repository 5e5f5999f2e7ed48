package report

import (
	"fmt"
	"io"
	"strings"

	"github.com/seawall-dev/seawall/pkg/check"
)

const (
	// Marker begins every comment, so that the next one can take the place of the last.
	Marker = "<!-- seawall check -->"
	// mostComment is how many characters a comment on GitHub may have.
	mostComment = 65_536
	// roomForEnd is kept for what says that rows are left out.
	roomForEnd = 200
)

// Markdown writes a comment for a pull request: the worst first, and no longer than one may be.
func Markdown(out io.Writer, report Report) error {
	var text strings.Builder
	fmt.Fprintf(&text, "%s\n### Seawall: %s\n", Marker, report.Summary())
	rows := report.worst()
	left, headed := 0, false
	for i, result := range rows {
		row := markdownRow(report, result)
		if !headed {
			row = "\n| Result | Rollout | Affected | Wave | Chance of failure | Limit |\n|---|---|--:|--:|--:|--:|\n" + row
		}
		if len([]rune(text.String()))+len([]rune(row)) > mostComment-roomForEnd {
			left = len(rows) - i
			break
		}
		headed = true
		text.WriteString(row)
	}
	for _, problem := range report.Problems {
		line := "\n- not read: " + inline(problem.Error()) + "\n"
		if len([]rune(text.String()))+len([]rune(line)) > mostComment-roomForEnd {
			left++
			continue
		}
		text.WriteString(line)
	}
	if left > 0 {
		fmt.Fprintf(&text, "\n%s left out here: a comment has at most %d characters.\n", quantity(left, "more entry"), mostComment)
	}
	_, err := io.WriteString(out, text.String())
	return err
}

func markdownRow(report Report, result check.Result) string {
	record := result.Record
	var row strings.Builder
	fmt.Fprintf(&row, "| %s | %s<br>%s | %s | %s | %s | %s |\n", result.Outcome(), inline(name(result)), inline(where(result)),
		number(result, record.Environments), number(result, record.WaveEnvironments), chance(result), limit(result))
	details := result.Warnings
	if message := report.message(result); message != "" {
		details = append([]string{message}, details...)
	}
	for _, detail := range details {
		fmt.Fprintf(&row, "| | %s |||||\n", inline(detail))
	}
	return row.String()
}

// inline makes a text that nobody formats: of a cell, without links, images, mentions and markup.
func inline(text string) string {
	var safe strings.Builder
	for _, r := range strings.Join(strings.Fields(text), " ") {
		switch r {
		case '<', '>', '&':
			fmt.Fprintf(&safe, "&#%d;", r)
		case '|', '`', '*', '_', '[', ']', '\\', '~', '#':
			safe.WriteByte('\\')
			safe.WriteRune(r)
		case '@':
			safe.WriteString("@\u200b")
		default:
			safe.WriteRune(r)
		}
	}
	return safe.String()
}
