package report

import (
	"cmp"
	"fmt"
	"io"
	"strconv"

	"k8s.io/cli-runtime/pkg/printers"

	"github.com/seawall-dev/seawall/pkg/audit"
	"github.com/seawall-dev/seawall/pkg/check"
	"github.com/seawall-dev/seawall/pkg/manifest"
	"github.com/seawall-dev/seawall/pkg/risk"
)

// Table writes a line for each rollout, what is to be said of those that are not allowed as they are,
// what could not be read, and a summary.
func Table(out io.Writer, report Report) error {
	table := printers.GetNewTabWriter(out)
	if len(report.Results) > 0 {
		_, _ = fmt.Fprintln(table, "RESULT\tROLLOUT\tOPERATION\tAFFECTED\tWAVE\tCHANCE OF FAILURE\tLIMIT\tWHERE")
	}
	for _, result := range report.Results {
		record := result.Record.Clean()
		_, _ = fmt.Fprintf(table, "%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\n", result.Outcome(), name(result), cmp.Or(record.Operation, none),
			number(result, record.Environments), number(result, record.WaveEnvironments), chance(result), limit(result), where(result))
	}
	if err := table.Flush(); err != nil {
		return err
	}
	for _, result := range report.Results {
		if message := report.message(result); message != "" {
			_, _ = fmt.Fprintf(out, "\n%s: %s: %s\n", where(result), name(result), message)
		}
		for _, warning := range warnings(result) {
			_, _ = fmt.Fprintf(out, "\n%s: %s: warning: %s\n", where(result), name(result), warning)
		}
	}
	for _, problem := range report.Problems {
		_, _ = fmt.Fprintf(out, "\n%s\n", audit.Clean(problem.Error()))
	}
	if len(report.Results)+len(report.Problems) > 0 {
		_, _ = fmt.Fprintln(out)
	}
	_, err := fmt.Fprintln(out, report.Summary())
	return err
}

const none = "-"

// counted tells whether numbers of a result mean anything.
func counted(result check.Result) bool {
	return result.Err == nil && len(result.Missing) == 0 && result.Record.Limit != ""
}

func number(result check.Result, count int) string {
	if !counted(result) {
		return none
	}
	return strconv.Itoa(count)
}

func chance(result check.Result) string {
	if !counted(result) {
		return none
	}
	return risk.FormatPercent(result.Record.Probability)
}

func limit(result check.Result) string {
	parsed, err := risk.ParseProbability(result.Record.Limit)
	if err != nil {
		return none
	}
	return parsed.Percent()
}

// where returns file and line.
func where(result check.Result) string {
	if result.File == manifest.Stdin {
		return fmt.Sprintf("stdin:%d", result.Line)
	}
	return fmt.Sprintf("%s:%d", audit.Clean(result.File), result.Line)
}
