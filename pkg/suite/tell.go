package suite

import (
	"encoding/json"
	"encoding/xml"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/jstemmer/go-junit-report/v2/junit"

	"github.com/seawall-dev/seawall/pkg/manifest"
)

// Report is what became of suites.
type Report struct {
	Results []Result
	// Problems are what could not be read.
	Problems []*manifest.ReadError
}

// Failed returns how many cases did not pass.
func (r Report) Failed() int {
	failed := 0
	for _, result := range r.Results {
		if !result.Passed {
			failed++
		}
	}
	return failed
}

// Broken tells whether anything could not be judged at all.
func (r Report) Broken() bool {
	return len(r.Problems) > 0 || slices.ContainsFunc(r.Results, func(result Result) bool { return result.Error != "" })
}

// Table writes a line for each case, and what is not as it is to be.
func Table(out io.Writer, report Report) error {
	for _, result := range report.Results {
		verdict := "ok  "
		if !result.Passed {
			verdict = "FAIL"
		}
		_, _ = fmt.Fprintf(out, "%s  %s:%d  %s/%s\n", verdict, result.File, result.Line, result.Test, result.Case)
		for _, line := range result.lines() {
			_, _ = fmt.Fprintf(out, "      %s\n", line)
		}
	}
	for _, problem := range report.Problems {
		_, _ = fmt.Fprintf(out, "FAIL  %s\n", problem)
	}
	_, err := fmt.Fprintf(out, "%s, %d failed\n", plural(len(report.Results), "case"), report.Failed())
	return err
}

// lines say what is wrong.
func (r Result) lines() []string {
	var lines []string
	if r.Error != "" {
		lines = append(lines, r.Error)
	}
	for _, failure := range r.Failures {
		lines = append(lines, fmt.Sprintf("%s: want %s, got %s", failure.Assertion, failure.Want, failure.Got))
	}
	if len(r.Failures) > 0 && r.Says != "" {
		lines = append(lines, "says: "+r.Says)
	}
	return lines
}

func plural(count int, noun string) string {
	if count == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", count, noun)
}

// document is a report for programs. Fields are added, never renamed.
type document struct {
	APIVersion string   `json:"apiVersion"`
	Kind       string   `json:"kind"`
	Cases      int      `json:"cases"`
	Failed     int      `json:"failed"`
	Results    []Result `json:"results"`
	Problems   []string `json:"problems,omitempty"`
}

// JSON writes the report as one JSON object.
func JSON(out io.Writer, report Report) error {
	all := document{
		APIVersion: "cli.seawall.dev/v1alpha1", Kind: "TestReport", Cases: len(report.Results), Failed: report.Failed(),
		Results: slices.Concat([]Result{}, report.Results),
	}
	for _, problem := range report.Problems {
		all.Problems = append(all.Problems, problem.Error())
	}
	encoder := json.NewEncoder(out)
	encoder.SetIndent("", "  ")
	encoder.SetEscapeHTML(false)
	return encoder.Encode(all)
}

// JUnit writes a test case for each, and an error for what could not be read.
func JUnit(out io.Writer, report Report) error {
	suite := junit.Testsuite{Name: "seawall test"}
	var took time.Duration
	for _, result := range report.Results {
		took += result.Took
		one := junit.Testcase{Name: result.Test + "/" + result.Case, Classname: result.File, Time: seconds(result.Took)}
		told := &junit.Result{Message: strings.Join(result.lines(), "; "), Data: fmt.Sprintf("%s:%d", result.File, result.Line)}
		switch {
		case result.Error != "":
			one.Error = told
		case !result.Passed:
			one.Failure = told
		}
		suite.AddTestcase(one)
	}
	for _, problem := range report.Problems {
		suite.AddTestcase(junit.Testcase{Name: problem.File, Classname: problem.File, Error: &junit.Result{Message: problem.Error()}})
	}
	suite.Time = seconds(took)
	var suites junit.Testsuites
	suites.AddSuite(suite)
	if _, err := io.WriteString(out, xml.Header); err != nil {
		return err
	}
	return suites.WriteXML(out)
}

func seconds(took time.Duration) string { return fmt.Sprintf("%.3f", took.Seconds()) }
