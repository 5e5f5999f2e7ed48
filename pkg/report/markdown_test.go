package report_test

import (
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"unicode/utf8"

	. "github.com/onsi/gomega"

	"github.com/seawall-dev/seawall/pkg/audit"
	"github.com/seawall-dev/seawall/pkg/check"
	"github.com/seawall-dev/seawall/pkg/manifest"
	"github.com/seawall-dev/seawall/pkg/report"
)

// thousands is a report of results and problems; the probability of a result rises with its number.
func thousands(results, problems int) report.Report {
	var all report.Report
	for i := range results {
		record := waves(fmt.Sprintf("set-%04d", i), audit.Deny, "WaveOverLimit", "wave 1: "+strings.Repeat("ü", 40), i, float64(i)/10_000)
		if i%2 == 1 {
			record.Action = audit.Allow
		}
		all.Results = append(all.Results, check.Result{File: "a.yaml", Line: i, Record: record})
	}
	for i := range problems {
		all.Problems = append(all.Problems, &manifest.ReadError{File: fmt.Sprintf("broken-%04d.yaml", i), Err: errors.New("it is no YAML")})
	}
	return all
}

func TestACommentIsNoLongerThanOneMayBe(t *testing.T) {
	for name, test := range map[string]struct{ results, problems int }{
		"all of it":                   {20, 3},
		"thousands of results":        {5000, 3},
		"thousands of files not read": {100, 5000},
		"one file that takes it all":  {1, 1},
	} {
		t.Run(name, func(t *testing.T) {
			g := NewWithT(t)
			of := thousands(test.results, test.problems)
			if name == "one file that takes it all" {
				for range 100 {
					of.Results[0].Warnings = append(of.Results[0].Warnings, strings.Repeat("<", 2000))
				}
			}
			var out strings.Builder
			g.Expect(report.Markdown(&out, of)).To(Succeed())
			text := out.String()
			g.Expect(utf8.RuneCountInString(text)).To(BeNumerically("<=", 65_536))
			g.Expect(text).To(HavePrefix(report.Marker + "\n"))
			g.Expect(text).To(ContainSubstring(of.Summary()))

			rows := regexp.MustCompile(`(?m)^\| (?:Denied|Allowed) \| ApplicationSet argocd/set-(\d+)`).FindAllStringSubmatch(text, -1)
			shown := len(rows) + strings.Count(text, "- not read: broken-")
			leftOut := 0
			if found := regexp.MustCompile(`\n(\d+) more left out here: `).FindStringSubmatch(text); found != nil {
				leftOut, _ = strconv.Atoi(found[1])
				g.Expect(name).NotTo(Equal("all of it"))
			}
			g.Expect(shown+leftOut).To(Equal(test.results+test.problems), "what is shown, and what is left out")
			if test.results == 5000 {
				g.Expect(utf8.RuneCountInString(text)).To(BeNumerically(">", 65_000), "the room is used")
				worst := 4998 // the last that is denied
				for i, row := range rows {
					g.Expect(row[1]).To(Equal(strconv.Itoa(worst - 2*i)))
				}
			}
		})
	}
}
