package report

import (
	"fmt"
	"io"
	"path/filepath"
	"strings"

	"github.com/seawall-dev/seawall/pkg/audit"
	"github.com/seawall-dev/seawall/pkg/check"
	"github.com/seawall-dev/seawall/pkg/manifest"
)

// GitHub writes workflow commands that annotate the lines of a pull request, the worst first, as GitHub
// shows only so many, and a summary.
func GitHub(out io.Writer, report Report) error {
	for _, problem := range report.Problems {
		annotate(out, "error", problem.File, problem.Line, "not read", audit.Clean(problem.Err.Error()))
	}
	for _, result := range report.worst() {
		if message := report.message(result); message != "" {
			annotate(out, level(result.Outcome()), result.File, result.Line, name(result), message)
		}
		for _, warning := range warnings(result) {
			annotate(out, "warning", result.File, result.Line, name(result), warning)
		}
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
	place := ""
	if file != manifest.Stdin { // which is in no pull request
		place = fmt.Sprintf("file=%s,line=%d,", property.Replace(audit.Clean(filepath.ToSlash(file))), max(line, 1))
	}
	_, _ = fmt.Fprintf(out, "::%s %stitle=%s::%s\n", command, place, property.Replace(title), data.Replace(message))
}
