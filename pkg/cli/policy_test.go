package cli_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	. "github.com/onsi/gomega"
)

func write(t *testing.T, dir, path, text string) {
	t.Helper()
	NewWithT(t).Expect(os.WriteFile(filepath.Join(dir, path), []byte(text), 0o600)).To(Succeed())
}

// limited is a policy of a limit.
func limited(limit, more string) string {
	return "apiVersion: seawall.dev/v1alpha1\nkind: WavePolicy\nmetadata: {name: default}\n" +
		`spec: {maxWaveFailureProbability: "` + limit + `", successRate: {default: "0.99"}` + more + "}\n"
}

func TestPolicyDiffTellsByItsExitCode(t *testing.T) {
	dir := folder(t, map[string]string{
		"apps/set.yaml": appSet("v1"), "before/set.yaml": appSet("v0"), "fleet.yaml": clusters(), "strict.yaml": limited("0.1", ""),
		"loose.yaml": limited("0.5", ""), "warn.yaml": limited("0.1", ", validationActions: [Warn]"), "broken.yaml": "a: b: c\n",
		"kept/set.yaml": strings.ReplaceAll(appSet("v1"), "  namespace: argocd\n", ""),
	})
	for name, test := range map[string]struct {
		arguments string
		code      int
		want      string
	}{
		"newly denied":           {"loose.yaml strict.yaml -f apps --inventory fleet.yaml", 1, "1 rollout, 1 newly denied, 0 as before (each judged as it is created)"},
		"let through":            {"strict.yaml loose.yaml -f apps --inventory fleet.yaml", 0, "1 rollout, 1 newly allowed, 0 as before"},
		"warned of":              {"loose.yaml warn.yaml -f apps --inventory fleet.yaml", 0, "1 newly warned"},
		"denied in both":         {"strict.yaml ./strict.yaml -f apps --inventory fleet.yaml", 0, "1 rollout, 1 as before"},
		"by what has changed":    {"loose.yaml strict.yaml -f apps --inventory fleet.yaml --against before", 1, "(judged by what has changed since before)"},
		"nothing has changed":    {"loose.yaml strict.yaml -f apps --inventory fleet.yaml --against apps", 0, "1 as before"},
		"inventory is missing":   {"loose.yaml strict.yaml -f apps", 3, "1 rollout, 1 as before, 1 not known without secrets"},
		"in a namespace":         {"loose.yaml strict.yaml -f kept -n apps --inventory fleet.yaml", 1, "ApplicationSet apps/web"},
		"a broken policy":        {"broken.yaml strict.yaml -f apps --inventory fleet.yaml", 2, "broken.yaml:1: it is no YAML"},
		"no policy":              {"fleet.yaml strict.yaml -f apps --inventory fleet.yaml", 2, "fleet.yaml: it holds none of Seawall's objects"},
		"nothing to judge":       {"loose.yaml strict.yaml", 2, "want manifests with -f, or --live"},
		"files and the cluster":  {"loose.yaml strict.yaml -f apps --live", 2, "and not both"},
		"inventory with --live":  {"loose.yaml strict.yaml --live --inventory fleet.yaml", 2, "with --live those of the cluster are taken"},
		"a format there is not":  {"loose.yaml strict.yaml -f apps -o csv", 2, `--output is "csv": want table, json, yaml, markdown`},
		"a comment":              {"loose.yaml strict.yaml -f apps --inventory fleet.yaml -o markdown", 1, "| Allowed | Denied | ApplicationSet argocd/web<br>apps/set.yaml:7 | 40 | 33.1% | 10% |"},
		"its help is one's own":  {"loose.yaml strict.yaml -f apps --inventory fleet.yaml --denial-help ask-us", 1, " ask-us\n"},
		"progressive syncs, too": {"loose.yaml strict.yaml -f apps --inventory fleet.yaml --argocd-progressive-syncs Perhaps", 2, "--argocd-progressive-syncs"},
	} {
		t.Run(name, func(t *testing.T) {
			g := NewWithT(t)
			code, out, said := seawall(t, dir, append([]string{"policy", "diff"}, strings.Fields(test.arguments)...)...)
			g.Expect(out + said).To(ContainSubstring(test.want))
			g.Expect(code).To(Equal(test.code), out+said)
		})
	}
}

func TestPolicyDiffTellsOfKindsThatNothingDescribesAnyMore(t *testing.T) {
	g := NewWithT(t)
	kind, err := os.ReadFile("../../config/samples/rolloutkinds/clustergroupupgrade.yaml")
	g.Expect(err).NotTo(HaveOccurred())
	dir := folder(t, map[string]string{
		"old/policy.yaml": limited("0.01", ""), "old/kind.yaml": string(kind), "new/policy.yaml": limited("0.01", ""), "up.yaml": `
apiVersion: ran.openshift.io/v1alpha1
kind: ClusterGroupUpgrade
metadata: {name: up, namespace: ztp}
spec: {clusters: [a, b], enable: true, remediationStrategy: {maxConcurrency: 2}}
`,
	})
	code, out, said := seawall(t, dir, "policy", "diff", "old", "new", "-f", "up.yaml", "-o", "json")
	g.Expect(code).To(BeZero(), out+said)
	var found struct {
		Rollouts int
		Changes  []struct{ Before, Result, Message string }
	}
	g.Expect(json.Unmarshal([]byte(out), &found)).To(Succeed()) //nolint:musttag // its names are those of the fields
	g.Expect(found.Rollouts).To(Equal(1))
	g.Expect(found.Changes).To(HaveLen(1), out+said)
	g.Expect(found.Changes[0].Result).To(Equal("Allowed"))
	g.Expect(found.Changes[0].Message).To(Equal("no RolloutKind describes it any more"))
}
