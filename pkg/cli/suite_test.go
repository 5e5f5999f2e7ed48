package cli_test

import (
	"encoding/json"
	"encoding/xml"
	"path/filepath"
	"strings"
	"testing"

	. "github.com/onsi/gomega"
)

const passingSuite = `apiVersion: test.seawall.dev/v1alpha1
kind: Suite
metadata: {name: fleet}
tests:
  - name: fleet
    policies: [../policy.yaml]
    inventory: [../fleet.yaml]
    cases:
      - name: everything at once
        object: ../set.yaml
        assertions: {result: Denied, environments: 40, waves: [40], policy: default, message: "At most \\d+ per wave"}
      - name: nothing changes
        object: ../set.yaml
        oldObject: ../set.yaml
        assertions: {result: Allowed, environments: 0}
`

func suiteFolder(t *testing.T, suite string) string {
	t.Helper()
	return folder(t, map[string]string{
		"set.yaml": appSet("v1"), "fleet.yaml": clusters(), "policy.yaml": limited("0.2", ""), "suites/suite.yaml": suite,
		"suites/other.yaml": "no: object\n", "suites/template.yaml": "{{ not: yaml\n",
	})
}

func TestSuites(t *testing.T) {
	replaced := func(old, now string) string { return strings.Replace(passingSuite, old, now, 1) }
	before := func(text string) string {
		head, _, _ := strings.Cut(passingSuite, text)
		return head
	}
	const ok = "ok    suites/suite.yaml:9  fleet/everything at once\nok    suites/suite.yaml:12  fleet/nothing changes\n2 cases, 0 failed\n"
	for name, test := range map[string]struct {
		suite     string
		arguments string
		code      int
		want      string
	}{
		"a file":                {passingSuite, "suites/suite.yaml", 0, ok},
		"a folder":              {passingSuite, "suites", 0, ok},
		"all folders":           {passingSuite, "./...", 0, ok},
		"some cases":            {passingSuite, "suites --run once$", 0, "1 case, 0 failed"},
		"the result":            {replaced("Denied", "Allowed"), "suites", 1, "FAIL  suites/suite.yaml:9  fleet/everything at once\n      result: want Allowed, got Denied\n      says: wave 1 syncs"},
		"the number":            {replaced("40, waves", "41, waves"), "suites", 1, "environments: want 41, got 40"},
		"the waves":             {replaced("[40]", "[10, 30]"), "suites", 1, "waves: want [10 30], got [40]"},
		"the policy":            {replaced("policy: default", "policy: other"), "suites", 1, "policy: want other, got default"},
		"the message":           {replaced("At most", "At least"), "suites", 1, `message: want a match of At least \d+ per wave, got wave 1`},
		"what is not counted":   {replaced("    inventory: [../fleet.yaml]\n", ""), "suites", 1, "environments: want 40, got not known"},
		"an unknown field":      {replaced("oldObject", "oldobject"), "suites", 2, `suites/suite.yaml:14: there is no field "oldobject"`},
		"another version":       {replaced("v1alpha1", "v1"), "suites", 2, `suites/suite.yaml:1: apiVersion is "test.seawall.dev/v1"`},
		"no assertions":         {replaced("assertions: {result: Allowed, environments: 0}", "assertions: {}"), "suites", 2, "suites/suite.yaml:12: tests[0].cases[1] has no assertions"},
		"no such result":        {replaced("Denied", "Refused"), "suites", 2, `assertions.result is "Refused": want Denied, Warned`},
		"no expression":         {replaced("At most", "At (most"), "suites", 2, "assertions.message: error parsing regexp"},
		"no cases":              {before("    cases"), "suites", 2, "suites/suite.yaml:5: tests[0] has no cases"},
		"no tests":              {before("tests:"), "suites", 2, "tests is empty"},
		"no object":             {replaced("        object: ../set.yaml\n", ""), "suites", 2, "has no object"},
		"a policy that is none": {replaced("../policy.yaml", "../set.yaml"), "suites", 2, "policies hold no WavePolicy"},
		"a file that is absent": {replaced("../set.yaml", "../absent.yaml"), "suites", 2, "absent.yaml: no such file"},
		"two rollouts":          {replaced("oldObject: ../set.yaml", "oldObject: other-set.yaml"), "suites", 2, "want one, of the same kind, namespace and name"},
		"several in a file":     {replaced("object: ../set.yaml", "object: ../fleet.yaml"), "suites", 2, "which holds 0 rollouts: want 1"},
		"no suite":              {passingSuite, "set.yaml", 2, "there is no Suite of test.seawall.dev/v1alpha1 in it"},
		"no path":               {passingSuite, "absent", 2, "absent: "},
		"no case":               {passingSuite, "suites --run nothing$", 2, `--run is "nothing$": no case matches`},
		"no pattern":            {passingSuite, "suites --run (", 2, `--run is "(": want a regular expression`},
		"no format":             {passingSuite, "suites -o xml", 2, `--output is "xml": want json, junit, table`},
		"a switch":              {passingSuite, "suites --argocd-progressive-syncs Perhaps", 2, "--argocd-progressive-syncs"},
	} {
		t.Run(name, func(t *testing.T) {
			g := NewWithT(t)
			dir := suiteFolder(t, test.suite)
			write(t, dir, filepath.Join("suites", "other-set.yaml"), strings.ReplaceAll(appSet("v1"), "name: web\n", "name: other\n"))
			code, out, said := seawall(t, dir, append([]string{"test"}, strings.Fields(test.arguments)...)...)
			g.Expect(out + said).To(ContainSubstring(test.want))
			g.Expect(code).To(Equal(test.code), out+said)
		})
	}
}

func TestSuitesForPrograms(t *testing.T) {
	g := NewWithT(t)
	dir := suiteFolder(t, strings.Replace(passingSuite, "Denied", "Allowed", 1))
	_, out, _ := seawall(t, dir, "test", "suites", "-o", "json")
	var report struct {
		Cases, Failed int
		Results       []struct {
			Passed   bool
			Failures []struct{ Assertion, Want, Got string }
		}
	}
	g.Expect(json.Unmarshal([]byte(out), &report)).To(Succeed()) //nolint:musttag // its names are those of the fields
	g.Expect(report.Failed).To(Equal(1))
	g.Expect(report.Results[0].Failures).To(ConsistOf(struct{ Assertion, Want, Got string }{"result", "Allowed", "Denied"}))
	g.Expect(report.Results[1].Passed).To(BeTrue())
	_, out, _ = seawall(t, dir, "test", "suites", "-o", "junit")
	var suites struct {
		Failures int `xml:"failures,attr"`
		Tests    int `xml:"tests,attr"`
	}
	g.Expect(xml.Unmarshal([]byte(out), &suites)).To(Succeed())
	g.Expect([]int{suites.Tests, suites.Failures}).To(Equal([]int{2, 1}))
}

func TestTheSampleSuitePasses(t *testing.T) {
	g := NewWithT(t)
	code, out, said := seawall(t, filepath.Join("..", ".."), "test", "config/samples/suite")
	g.Expect(code).To(BeZero(), out+said)
	g.Expect(out).To(HaveSuffix("4 cases, 0 failed\n"))
}
