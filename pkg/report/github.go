package report

import (
	"fmt"
	"io"
	"strings"

	"github.com/seawall-dev/seawall/pkg/check"
)

// GitHub writes workflow commands that annotate the lines of a pull request, and a summary.
func GitHub(out io.Writer, report Report) error {
	for _, result := range report.worst() {
		message := report.message(result)
		if message == "" {
			for _, warning := range result.Warnings {
				annotate(out, "warning", result.File, result.Line, name(result), warning)
			}
			continue
		}
		annotate(out, level(result.Outcome()), result.File, result.Line, name(result), message)
	}
	for _, problem := range report.Problems {
		annotate(out, "error", problem.File, problem.Line, "not read", problem.Err.Error())
	}
	_, err := fmt.Fprintln(out, report.Summary())
	return err
}

func level(outcome check.Outcome) string {
	switch outcome {
	case check.Denied, check.Failed:
		return "error"
	case check.Warned, check.Unknown:
		return "warning"
	default:
		return "notice"
	}
}

func annotate(out io.Writer, command, file string, line int, title, message string) {
	property := strings.NewReplacer("%", "%25", "\r", "%0D", "\n", "%0A", ":", "%3A", ",", "%2C")
	data := strings.NewReplacer("%", "%25", "\r", "%0D", "\n", "%0A")
	_, _ = fmt.Fprintf(out, "::%s file=%s,line=%d,title=%s::%s\n", command, property.Replace(file), max(line, 1),
		property.Replace(title), data.Replace(message))
}
