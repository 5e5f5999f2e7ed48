package report

import (
	"fmt"
	"io"
	"strings"
	"unicode/utf8"

	"github.com/seawall-dev/seawall/pkg/audit"
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

// comment is a text that grows no longer than a comment may be.
type comment struct {
	text    strings.Builder
	length  int
	leftOut int
}

// add adds an entry, unless it or one before it has no room.
func (c *comment) add(entry string) {
	length := utf8.RuneCountInString(entry)
	if c.leftOut > 0 || c.length+length > mostComment-roomForEnd {
		c.leftOut++
		return
	}
	c.text.WriteString(entry)
	c.length += length
}

// Markdown writes a comment for a pull request: the worst first, which is what cannot be read, and no
// longer than one may be.
func Markdown(out io.Writer, report Report) error {
	var all comment
	all.add(fmt.Sprintf("%s\n### Seawall: %s\n", Marker, report.Summary()))
	for i, problem := range report.Problems {
		line := "- not read: " + inline(problem.Error()) + "\n"
		if i == 0 {
			line = "\n" + line
		}
		all.add(line)
	}
	for i, result := range report.worst() {
		row := markdownRow(report, result)
		if i == 0 {
			row = "\n| Result | Rollout | Affected | Wave | Chance of failure | Limit |\n|---|---|--:|--:|--:|--:|\n" + row
		}
		all.add(row)
	}
	if all.leftOut > 0 {
		fmt.Fprintf(&all.text, "\n%d more left out here: a comment has at most %d characters.\n", all.leftOut, mostComment)
	}
	_, err := io.WriteString(out, all.text.String())
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
	for _, r := range audit.Clean(strings.Join(strings.Fields(text), " ")) {
		switch r {
		case '<', '>', '&':
			fmt.Fprintf(&safe, "&#%d;", r)
		case '|', '`', '*', '_', '[', ']', '\\', '~', '$':
			safe.WriteByte('\\')
			safe.WriteRune(r)
		case '@', '#': // neither a mention nor the number of an issue
			safe.WriteRune(r)
			safe.WriteRune('\u200b')
		default:
			safe.WriteRune(r)
		}
	}
	return safe.String()
}
