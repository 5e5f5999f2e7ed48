package report

import (
	"encoding/xml"
	"io"

	"github.com/jstemmer/go-junit-report/v2/junit"

	"github.com/seawall-dev/seawall/pkg/audit"
	"github.com/seawall-dev/seawall/pkg/check"
)

// JUnit writes a test case for each rollout, which fails where the rollout would be denied, and has an
// error where that is not known.
func JUnit(out io.Writer, report Report) error {
	suite := junit.Testsuite{Name: "seawall check", Time: "0"}
	for _, result := range report.Results {
		suite.AddTestcase(testCase(report, result))
	}
	for _, problem := range report.Problems {
		suite.AddTestcase(junit.Testcase{
			Name: audit.Clean(problem.File), Classname: "seawall.files",
			Error: &junit.Result{Message: audit.Clean(problem.Error()), Type: unreadable},
		})
	}
	var suites junit.Testsuites
	suites.AddSuite(suite)
	if _, err := io.WriteString(out, xml.Header); err != nil {
		return err
	}
	return suites.WriteXML(out)
}

func testCase(report Report, result check.Result) junit.Testcase {
	one := junit.Testcase{Name: name(result), Classname: "seawall." + result.Record.Kind}
	failure := &junit.Result{Message: report.message(result), Type: result.Record.Reason, Data: where(result)}
	switch result.Outcome() {
	case check.Denied:
		one.Failure = failure
	case check.Failed, check.Unknown:
		one.Error = failure
	case check.Warned, check.Audited:
		one.SystemOut = &junit.Output{Data: report.message(result)}
	case check.Allowed:
	}
	for _, warning := range warnings(result) {
		if one.SystemErr == nil {
			one.SystemErr = &junit.Output{}
		}
		one.SystemErr.Data += "warning: " + warning + "\n"
	}
	return one
}
