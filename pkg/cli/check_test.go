package cli_test

import (
	"encoding/json"
	"encoding/xml"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	. "github.com/onsi/gomega"
	"k8s.io/cli-runtime/pkg/genericiooptions"

	"github.com/seawall-dev/seawall/pkg/cli"
	"github.com/seawall-dev/seawall/pkg/report"
)

const fleetOfForty = 40

// appSet is an ApplicationSet of all clusters.
func appSet(revision string) string {
	return fmt.Sprintf(`# what everybody runs
apiVersion: argoproj.io/v1alpha1
kind: ApplicationSet
metadata:
  name: web
  namespace: argocd
spec:
  generators:
    - clusters:
        selector: {matchLabels: {env: prod}}
  template:
    metadata: {name: 'web-{{name}}'}
    spec:
      project: default
      destination: {server: '{{server}}', namespace: web}
      source: {repoURL: https://example.com/web, path: ., targetRevision: %s}
`, revision)
}

// clusters are those of Argo CD, with a canary that is no one's business.
func clusters() string {
	var all strings.Builder
	for i := range fleetOfForty {
		fmt.Fprintf(&all, `---
apiVersion: v1
kind: Secret
metadata: {name: c%d, namespace: argocd, labels: {argocd.argoproj.io/secret-type: cluster, env: prod}}
stringData: {name: c%d, server: "https://c%d", config: canary}
`, i, i, i)
	}
	return all.String()
}

// folder writes files by their paths.
func folder(t *testing.T, files map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	for path, text := range files {
		NewWithT(t).Expect(os.MkdirAll(filepath.Dir(filepath.Join(dir, path)), 0o700)).To(Succeed())
		NewWithT(t).Expect(os.WriteFile(filepath.Join(dir, path), []byte(text), 0o600)).To(Succeed())
	}
	return dir
}

// seawall runs the program in a folder.
func seawall(t *testing.T, dir string, arguments ...string) (code int, out, said string) {
	t.Helper()
	t.Chdir(dir)
	streams, _, stdout, stderr := genericiooptions.NewTestIOStreams()
	command := cli.New(streams)
	command.SetArgs(arguments)
	err := command.ExecuteContext(t.Context())
	if err != nil {
		fmt.Fprintln(stderr, err)
	}
	return cli.ExitCode(err), stdout.String(), stderr.String()
}

func TestCheckTellsByItsExitCode(t *testing.T) {
	dir := folder(t, map[string]string{
		"apps/set.yaml": appSet("v1"), "fleet.yaml": clusters(), "broken.yaml": "a: b: c\n", "empty/values.yaml": "a: b\n",
		"warn.yaml": `{"apiVersion": "seawall.dev/v1alpha1", "kind": "WavePolicy", "metadata": {"name": "w"},
			"spec": {"maxWaveFailureProbability": "0.2", "successRate": {"default": "0.99"}, "validationActions": ["Warn"]}}`,
		"wrong.yaml": "apiVersion: seawall.dev/v1alpha1\nkind: WavePolicy\nmetadata: {name: w}\nspec:\n  maxWaveFailureProbability: \"20%\"\n",
	})
	for name, test := range map[string]struct {
		arguments []string
		code      int
		want      string
	}{
		"denied":                 {[]string{"apps", "--inventory", "fleet.yaml"}, 1, "wave 1 syncs 40 environments at 0.99 each"},
		"of ten it is allowed":   {[]string{"apps", "--inventory", "fleet.yaml", "--argocd-progressive-syncs=Disabled", "--fail-on", "warn"}, 0, "1 denied"},
		"inventory is missing":   {[]string{"apps"}, 3, "not known without secrets, which the inventory leaves out"},
		"unreadable beats all":   {[]string{"apps", "broken.yaml", "--inventory", "fleet.yaml"}, 2, "broken.yaml:1: it is no YAML"},
		"a policy of one's own":  {[]string{"apps", "--inventory", "fleet.yaml", "--policies", "warn.yaml"}, 0, "1 rollout, 1 warned"},
		"warnings fail if asked": {[]string{"apps", "--inventory", "fleet.yaml", "--policies", "warn.yaml", "--fail-on", "deny,warn"}, 1, "1 warned"},
		"a policy that is wrong": {[]string{"apps", "--inventory", "fleet.yaml", "--policies", "wrong.yaml"}, 2, "wrong.yaml:5: WavePolicy w: spec.maxWaveFailureProbability"},
		"nothing":                {[]string{"empty"}, 0, "0 rollouts"},
		"nothing is a failure":   {[]string{"empty", "--fail-on-empty"}, 2, "there is no rollout"},
		"no such format":         {[]string{"apps", "-o", "xml"}, 2, `--output is "xml": want one of github, json`},
		"no file at all":         {nil, 2, "want at least one FILE or DIR"},
	} {
		t.Run(name, func(t *testing.T) {
			g := NewWithT(t)
			code, out, said := seawall(t, dir, append([]string{"check"}, test.arguments...)...)
			g.Expect(out + said).To(ContainSubstring(test.want))
			g.Expect(code).To(Equal(test.code), out+said)
			g.Expect(out + said).NotTo(ContainSubstring("canary"))
		})
	}
}

func TestCheckJudgesWhatAChangeAffects(t *testing.T) {
	g := NewWithT(t)
	dir := folder(t, map[string]string{"apps/set.yaml": appSet("v1"), "fleet.yaml": clusters()})
	run := func(arguments ...string) {
		command := exec.CommandContext(t.Context(), "git", append([]string{"-C", dir, "-c", "user.name=t", "-c", "user.email=t@example.com"}, arguments...)...)
		said, err := command.CombinedOutput()
		g.Expect(err).NotTo(HaveOccurred(), string(said))
	}
	run("init", "-q", "-b", "main")
	run("add", "-A")
	run("commit", "-qm", "base")
	check := []string{"check", "apps", "--inventory", "fleet.yaml", "--against", "git:main"}
	code, out, _ := seawall(t, dir, check...)
	g.Expect(code).To(BeZero(), out)
	g.Expect(out).To(ContainSubstring("1 allowed"))

	run("checkout", "-qb", "bump")
	g.Expect(os.WriteFile(filepath.Join(dir, "apps", "set.yaml"), []byte(appSet("v2")), 0o600)).To(Succeed())
	code, out, _ = seawall(t, dir, append(check, "-o", "markdown")...)
	g.Expect(code).To(Equal(1))
	g.Expect(out).To(HavePrefix(report.Marker + "\n### Seawall: 1 rollout, 1 denied\n"))
	g.Expect(out).To(ContainSubstring("ApplicationSet argocd/web<br>apps/set.yaml:7"))

	// What is planned passes.
	code, out, said := seawall(t, dir, "plan", "-f", "apps/set.yaml", "--inventory", "fleet.yaml", "--limit", "0.2", "--success-rate", "0.99", "--apply-to", "apps/set.yaml")
	g.Expect(code).To(BeZero(), out+said)
	code, out, _ = seawall(t, dir, append(check, "--argocd-progressive-syncs=Enabled")...)
	g.Expect(code).To(BeZero(), out)
	text, err := os.ReadFile(filepath.Join(dir, "apps", "set.yaml"))
	g.Expect(err).NotTo(HaveOccurred())
	g.Expect(string(text)).To(And(HavePrefix("# what everybody runs\n"), ContainSubstring("rollingSync")))
}

func TestReportsAreWrittenBesideTheTable(t *testing.T) {
	g := NewWithT(t)
	dir := folder(t, map[string]string{"a b/set.yaml": appSet("v1"), "fleet.yaml": clusters()})
	code, out, said := seawall(t, dir, "check", "a b", "--inventory", "fleet.yaml",
		"--report", "junit=j.xml", "--report", "sarif=s.json", "--report", "json=r.json", "--report", "github=g.txt", "--report", "yaml=y.yaml")
	g.Expect(code).To(Equal(1), out+said)
	read := func(name string) []byte {
		text, err := os.ReadFile(filepath.Join(dir, name))
		g.Expect(err).NotTo(HaveOccurred())
		return text
	}
	var suites struct {
		Failures int `xml:"failures,attr"`
		Suites   []struct {
			Cases []struct {
				Name    string `xml:"name,attr"`
				Failure struct {
					Message string `xml:"message,attr"`
				} `xml:"failure"`
			} `xml:"testcase"`
		} `xml:"testsuite"`
	}
	g.Expect(xml.Unmarshal(read("j.xml"), &suites)).To(Succeed())
	g.Expect(suites.Failures).To(Equal(1))
	g.Expect(suites.Suites[0].Cases[0].Failure.Message).To(ContainSubstring("wave 1 syncs 40 environments"))
	g.Expect(string(read("s.json"))).To(And(ContainSubstring(`"ruleId": "WaveOverLimit"`), ContainSubstring(`"uri": "a%20b/set.yaml"`),
		ContainSubstring(`"startLine": 7`)), "where spec begins, which lacks a strategy")
	g.Expect(string(read("g.txt"))).To(HavePrefix("::error file=a b/set.yaml,line=7,title=ApplicationSet argocd/web::wave 1 syncs"))
	var answer struct {
		Summary struct {
			Denied int `json:"denied"`
		} `json:"summary"`
		Results []struct {
			WaveEnvironments int     `json:"waveEnvironments"`
			Probability      float64 `json:"probability"`
		} `json:"results"`
	}
	g.Expect(json.Unmarshal(read("r.json"), &answer)).To(Succeed())
	g.Expect(answer.Summary.Denied).To(Equal(1))
	g.Expect(answer.Results[0].WaveEnvironments).To(Equal(fleetOfForty))
	g.Expect(answer.Results[0].Probability).To(BeNumerically("~", 0.331, 0.001))
	g.Expect(string(read("y.yaml"))).To(ContainSubstring("result: Denied"))
}

func TestHostileNamesStayText(t *testing.T) {
	g := NewWithT(t)
	hostile := strings.ReplaceAll(appSet("v1"), "name: web\n", "name: \"[x](https://evil) <img src=x> @all | `y`\"\n")
	dir := folder(t, map[string]string{"set.yaml": hostile, "fleet.yaml": clusters()})
	_, out, _ := seawall(t, dir, "check", "set.yaml", "--inventory", "fleet.yaml", "-o", "markdown")
	for _, raw := range []string{"<img", " [x]", "@all", " `y`"} {
		g.Expect(strings.Contains(out, raw)).To(BeFalse(), out)
	}
}
