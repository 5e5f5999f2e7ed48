package cli_test

import (
	"encoding/json"
	"fmt"
	"os/exec"
	"strings"
	"testing"

	. "github.com/onsi/gomega"
)

const explainedPolicies = `apiVersion: seawall.dev/v1alpha1
kind: WavePolicy
metadata: {name: default}
spec: {maxWaveFailureProbability: "0.2", maxRolloutFailureProbability: "0.5", successRate: {default: "0.99", max: "0.995"}}
---
apiVersion: seawall.dev/v1alpha1
kind: WavePolicy
metadata: {name: bundles}
spec: {maxWaveFailureProbability: "0.1", successRate: {default: "0.99"}, match: {kinds: [{group: fleet.cattle.io, kind: Bundle}]}}
---
apiVersion: seawall.dev/v1alpha1
kind: WaveOverride
metadata: {name: incident, namespace: argocd}
spec: {rollout: {group: argoproj.io, kind: ApplicationSet, name: web}, maxFailureProbability: "0.3", reason: "Incident 4711", durationSeconds: 7200}
`

// explained is what a test reads of the output for programs.
type explained struct {
	Rollouts []struct {
		Result       string
		Counted      bool
		Environments int
		Message      string
		Remedy       string
		Missing      []string
		Affected     []struct{ Name, Effect, SuccessRate, Origin, Source string }
		Left         int
		Policies     []struct {
			Name, PassedOver, Result, Reason string
			Waves                            []struct {
				First, Last, Environments, InFlight int
				Probability                         float64
				OverLimit                           bool
				Rates                               []struct {
					SuccessRate, Origin string
					Environments        int
				}
			}
			Whole     *struct{ Environments int }
			Overrides []struct{ Name, Effect string }
		}
	}
}

// fleet is that of clusters, one of which has a rate of its own, and another one above what is believed.
func fleet() string {
	rated := strings.Replace(clusters(), "name: c7, namespace: argocd,", `name: c7, namespace: argocd, annotations: {seawall.dev/sync-success-rate: "0.9"},`, 1)
	return strings.Replace(rated, "name: c8, namespace: argocd,", `name: c8, namespace: argocd, annotations: {seawall.dev/sync-success-rate: "0.999"},`, 1)
}

func explainJSON(t *testing.T, dir string, arguments ...string) (int, explained) {
	t.Helper()
	code, out, said := seawall(t, dir, append([]string{"explain", "-o", "json"}, arguments...)...)
	var found explained
	NewWithT(t).Expect(json.Unmarshal([]byte(out), &found)).To(Succeed(), out+said) //nolint:musttag // its names are those of the fields
	NewWithT(t).Expect(found.Rollouts).NotTo(BeEmpty(), out+said)
	return code, found
}

func TestExplainSaysHowADenialCameAbout(t *testing.T) {
	g := NewWithT(t)
	dir := folder(t, map[string]string{"set.yaml": appSet("v1"), "fleet.yaml": fleet(), "policies.yaml": explainedPolicies})
	code, found := explainJSON(t, dir, "-f", "set.yaml", "--inventory", "fleet.yaml", "--policies", "policies.yaml")
	g.Expect(code).To(Equal(1))
	of := found.Rollouts[0]
	g.Expect(of.Result).To(Equal("Denied"))
	g.Expect(of.Environments).To(Equal(fleetOfForty))
	g.Expect(of.Affected).To(HaveLen(fleetOfForty))
	g.Expect(of.Remedy).To(HavePrefix("At most 12 per wave: "))
	g.Expect(of.Message).To(ContainSubstring(of.Remedy), "the words of the webhook")
	origins := map[string]int{}
	for _, one := range of.Affected {
		origins[one.SuccessRate+" "+one.Origin]++
	}
	g.Expect(origins).To(Equal(map[string]int{
		"0.99 the policy's successRate.default":                                    fleetOfForty - 2,
		"0.9 annotated on the inventory":                                           1,
		"0.995 annotated on the inventory, capped by the policy's successRate.max": 1,
	}))
	bundles, standard := of.Policies[0], of.Policies[1]
	g.Expect(bundles.PassedOver).To(Equal("spec.match.kinds"))
	g.Expect(bundles.Waves).To(BeEmpty())
	g.Expect(standard.Reason).To(Equal("WaveOverLimit"))
	g.Expect(standard.Waves).To(HaveLen(1))
	g.Expect(standard.Waves[0].InFlight).To(Equal(fleetOfForty))
	g.Expect(standard.Waves[0].Rates).To(HaveLen(3))
	g.Expect(standard.Waves[0].Probability).To(BeNumerically("~", 0.389, 0.001))
	g.Expect(standard.Waves[0].OverLimit).To(BeTrue())
	g.Expect(standard.Whole.Environments).To(Equal(fleetOfForty))
	g.Expect(standard.Overrides[0].Effect).To(Equal("does not suffice"))
}

func TestExplainSaysWhatCheckSays(t *testing.T) {
	g := NewWithT(t)
	dir := folder(t, map[string]string{"set.yaml": appSet("v1"), "fleet.yaml": fleet(), "policies.yaml": explainedPolicies})
	by := []string{"--inventory", "fleet.yaml", "--policies", "policies.yaml", "-o", "json"}
	_, out, _ := seawall(t, dir, append([]string{"check", "set.yaml"}, by...)...)
	var checked struct{ Results []struct{ Message string } }
	g.Expect(json.Unmarshal([]byte(out), &checked)).To(Succeed()) //nolint:musttag // as above
	_, found := explainJSON(t, dir, append([]string{"-f", "set.yaml"}, by...)...)
	g.Expect(found.Rollouts[0].Message).To(Equal(checked.Results[0].Message))
}

func TestExplainTellsByItsExitCode(t *testing.T) {
	dir := folder(t, map[string]string{
		"set.yaml": appSet("v1"), "fleet.yaml": fleet(), "policies.yaml": explainedPolicies, "broken.yaml": "a: b: c\n", "old/set.yaml": appSet("v1"),
		"default.yaml": strings.ReplaceAll(appSet("v1"), "  namespace: argocd\n", ""), "none.yaml": clusters(),
		"warn.yaml": strings.Replace(explainedPolicies, "spec: {", "spec: {validationActions: [Warn], ", 1),
		"condition.yaml": strings.Replace(explainedPolicies, "spec: {",
			`spec: {matchConditions: [{name: not-web, expression: "object.metadata.name != 'web'"}], `, 1),
	})
	for name, test := range map[string]struct {
		arguments string
		code      int
		want      string
	}{
		"denied":                    {"-f set.yaml --inventory fleet.yaml --policies policies.yaml", 1, "ApplicationSet argocd/web (set.yaml:7): its creation would be denied"},
		"its help is the webhook's": {"-f set.yaml --inventory fleet.yaml --denial-help ask-us", 1, " ask-us\n"},
		"warned":                    {"-f set.yaml --inventory fleet.yaml --policies warn.yaml", 0, "its creation would pass with a warning"},
		"exempted by a condition":   {"-f set.yaml --inventory fleet.yaml --policies condition.yaml", 0, `does not judge it: spec.matchConditions "not-web"`},
		"nothing changes":           {"-f old/set.yaml --inventory fleet.yaml --policies policies.yaml --against old", 0, "n       0: no environment changes"},
		"inventory is missing":      {"-f set.yaml", 3, "not known   secrets, which the webhook would have asked"},
		"not to be read":            {"-f broken.yaml", 2, "broken.yaml:1: it is no YAML"},
		"no rollout":                {"-f none.yaml", 2, `--filename is "none.yaml": it holds no rollout`},
		"no such file":              {"-f absent.yaml", 2, "absent.yaml: "},
		"another format":            {"-f set.yaml -o html", 2, `--output is "html": want text, json, yaml`},
		"a file and a name":         {"appset web -f set.yaml", 2, "want it or KIND NAME, not both"},
		"neither":                   {"", 2, "want KIND NAME of a rollout in the cluster, or a manifest with -f FILE"},
		"files for the cluster":     {"appset web --policies policies.yaml", 2, "--policies and --inventory are for a manifest with -f FILE"},
		"against for the cluster":   {"appset web --against git:main", 2, "want it with -f FILE only"},
		"a namespace of one's own":  {"-f default.yaml -n apps --inventory fleet.yaml", 1, "ApplicationSet apps/web"},
		"no switch is known":        {"-f set.yaml --inventory fleet.yaml --argocd-progressive-syncs Perhaps", 2, "--argocd-progressive-syncs"},
	} {
		t.Run(name, func(t *testing.T) {
			g := NewWithT(t)
			code, out, said := seawall(t, dir, append([]string{"explain"}, strings.Fields(test.arguments)...)...)
			g.Expect(out + said).To(ContainSubstring(test.want))
			g.Expect(code).To(Equal(test.code), out+said)
			g.Expect(out + said).NotTo(ContainSubstring("canary"))
		})
	}
}

func TestExplainNamesSoManyEnvironments(t *testing.T) {
	g := NewWithT(t)
	var elements strings.Builder
	for i := range 120 {
		fmt.Fprintf(&elements, "          - {name: t%03d, server: s}\n", i)
	}
	listed := strings.Replace(appSet("v1"), "    - clusters:\n        selector: {matchLabels: {env: prod}}\n", "    - list:\n        elements:\n"+elements.String(), 1)
	dir := folder(t, map[string]string{"set.yaml": listed, "fleet.yaml": fleet()})
	by := []string{"-f", "set.yaml", "--inventory", "fleet.yaml"}
	_, found := explainJSON(t, dir, by...)
	g.Expect(found.Rollouts[0].Affected).To(HaveLen(50))
	g.Expect(found.Rollouts[0].Left).To(Equal(70))
	_, found = explainJSON(t, dir, append(by, "--all")...)
	g.Expect(found.Rollouts[0].Affected).To(HaveLen(120))
	_, out, _ := seawall(t, dir, append([]string{"explain"}, by...)...)
	g.Expect(out).To(ContainSubstring("70 more are left out: --all names them"))
}

func TestExplainTellsOfWhatChanged(t *testing.T) {
	g := NewWithT(t)
	dir := folder(t, map[string]string{"set.yaml": appSet("v1"), "fleet.yaml": fleet()})
	for _, arguments := range [][]string{{"init", "-q", "-b", "main"}, {"add", "-A"}, {"commit", "-qm", "base"}, {"checkout", "-qb", "bump"}} {
		said, err := exec.CommandContext(t.Context(), "git", append([]string{"-C", dir, "-c", "user.name=t", "-c", "user.email=t@example.com"}, arguments...)...).CombinedOutput()
		g.Expect(err).NotTo(HaveOccurred(), string(said))
	}
	write(t, dir, "set.yaml", appSet("v2"))
	code, found := explainJSON(t, dir, "-f", "set.yaml", "--inventory", "fleet.yaml", "--against", "git:main")
	g.Expect(code).To(Equal(1))
	g.Expect(found.Rollouts[0].Affected[0].Effect).To(Equal("Changed"))
}

func TestExplainShowsHostileNamesAsText(t *testing.T) {
	g := NewWithT(t)
	hostile := strings.ReplaceAll(appSet("v1"), "name: web\n", "name: \"we\\e[31mb\\nForged: line\"\n")
	dir := folder(t, map[string]string{"set.yaml": hostile, "fleet.yaml": fleet()})
	_, out, _ := seawall(t, dir, "explain", "-f", "set.yaml", "--inventory", "fleet.yaml")
	g.Expect(out).NotTo(Or(ContainSubstring("\x1b"), ContainSubstring("\nForged")))
}
