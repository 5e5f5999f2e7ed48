package format

import (
	"fmt"
	"io"
	"strings"

	"github.com/seawall-dev/seawall/pkg/journal"
)

func writeMarkdown(out io.Writer, found *journal.Journal) error {
	var text strings.Builder
	if len(found.Decisions) > 0 {
		shown := columnsOf(false)
		text.WriteByte('|')
		for _, column := range shown {
			text.WriteString(" " + sentence(column.title) + " |")
		}
		text.WriteString(" Message |\n|" + strings.Repeat("---|", len(shown)+1) + "\n")
		for i := range found.Decisions {
			text.WriteByte('|')
			for _, column := range shown {
				text.WriteString(" " + code(column.of(&found.Decisions[i])) + " |")
			}
			text.WriteString(" " + code(found.Decisions[i].Message) + " |\n")
		}
		text.WriteByte('\n')
	}
	for _, remark := range Remarks(found) {
		_, _ = fmt.Fprintf(&text, "%s\n\n", code(remark))
	}
	_, err := io.WriteString(out, strings.TrimSuffix(text.String(), "\n"))
	return err
}

func sentence(title string) string {
	return title[:1] + strings.ToLower(title[1:])
}

// code writes a text as code, in which nothing is markup and nobody is mentioned: a name may hold
// anything.
func code(text string) string {
	if text = strings.TrimSpace(text); text == "" {
		return ""
	}
	return "`" + strings.NewReplacer("`", "'", "|", `\|`).Replace(text) + "`"
}
