package report_test

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"regexp"
	"testing"

	. "github.com/onsi/gomega"

	"github.com/seawall-dev/seawall/pkg/audit"
	"github.com/seawall-dev/seawall/pkg/check"
	"github.com/seawall-dev/seawall/pkg/manifest"
	"github.com/seawall-dev/seawall/pkg/report"
)

// hostile is a name that is markup, a workflow command, a mention and a colour all at once.
const hostile = "[x](https://evil) <img src=x> @all | `y` $z$ #1 %0A::error::\x1b[31m\u202e"

// waves is an ApplicationSet of which a wave of n environments fails with a probability.
func waves(name, action, reason, message string, n int, probability float64) audit.Record {
	return audit.Record{
		Action: action, Reason: reason, Group: "argoproj.io", Version: "v1alpha1", Kind: "ApplicationSet", Namespace: "argocd", Name: name,
		Operation: "UPDATE", Policy: "default", Message: message, Environments: n, Total: n, Wave: 1, WaveEnvironments: n,
		Probability: probability, Limit: "0.2", SuccessRate: "0.99",
	}
}

// sample has each outcome, warnings, what cannot be read, and hostile names.
func sample() report.Report {
	wave := "wave 1 syncs 40 environments at 0.99 each: set spec.strategy.rollingSync.steps[0].maxUpdate to 22."
	unresolved := waves("git", audit.Deny, "Unresolved", "spec.generators[0].git: generator git is not resolved.", 0, 0)
	unresolved.Limit = ""
	malformed := waves(hostile, audit.Deny, "AnnotationMalformed", hostile, 0, 0)
	malformed.Limit = ""
	failed := waves("failed", "", "", "", 0, 0)
	failed.Limit = ""
	cluster := waves("global", audit.Allow, "WithinLimit", "", 3, 0.029701)
	cluster.Kind, cluster.Group, cluster.Namespace, cluster.Operation = "ClusterProfile", "config.projectsveltos.io", "", "CREATE"
	overridden := waves("incident", audit.Allow, "Overridden", "", 40, 0.331028)
	overridden.Override = "argocd/incident"
	return report.Report{
		Help:     "More: https://example.com/denied",
		Policies: []string{"default"},
		Results: []check.Result{
			{File: "apps/allowed.yaml", Line: 4, Record: cluster},
			{File: "apps/audited.yaml", Line: 9, Record: waves("audited", audit.Audit, "WaveOverLimit", wave, 40, 0.331028)},
			{File: "apps/warned.yaml", Line: 12, Record: waves("warned", audit.Warn, "WaveOverLimit", wave, 40, 0.331028)},
			{
				File: "apps/denied.yaml", Line: 21, Record: waves("denied", audit.Deny, "WaveOverLimit", wave, 40, 0.331028),
				Warnings: []string{"annotation seawall.dev/environments says 39, and 40 are counted"},
			},
			{File: "apps/worse.yaml", Line: 1, Record: waves("worse", audit.Deny, "RolloutOverLimit", "All waves together are likelier to fail than the policy allows.", 100, 0.633968)},
			{File: "apps/" + hostile + ".yaml", Line: 7, Record: malformed, Warnings: []string{hostile}},
			{File: "apps/git.yaml", Line: 8, Record: unresolved, Missing: []string{"secrets", "clusters.fleet.cattle.io"}},
			{File: "apps/failed.yaml", Line: 2, Record: failed, Err: errors.New("judging it: no memory is left")},
			{File: manifest.Stdin, Line: 30, Record: overridden, Warnings: []string{"override argocd/incident permits it"}},
		},
		Problems: []*manifest.ReadError{
			{File: "apps/broken.yaml", Line: 5, Err: errors.New("it is no YAML: mapping values are not allowed in this context")},
			{File: hostile, Err: errors.New("permission denied\n" + hostile)},
		},
	}
}

// volatile is what differs from build to build.
var volatile = regexp.MustCompile(`("name": "seawall",\s+"version": )"[^"]+"`)

// TestGolden compares each format with its file in testdata, which UPDATE_GOLDEN=1 writes.
func TestGolden(t *testing.T) {
	for name, format := range report.Formats() {
		t.Run(name, func(t *testing.T) {
			g := NewWithT(t)
			var out bytes.Buffer
			g.Expect(format(&out, sample())).To(Succeed())
			got := volatile.ReplaceAllString(out.String(), `$1"VERSION"`)
			path := filepath.Join("testdata", "check."+name)
			if os.Getenv("UPDATE_GOLDEN") != "" {
				g.Expect(os.WriteFile(path, []byte(got), 0o644)).To(Succeed())
			}
			want, err := os.ReadFile(path)
			g.Expect(err).NotTo(HaveOccurred())
			g.Expect(got).To(Equal(string(want)))
			if name != "json" && name != "yaml" { // which are data, and say what the files say
				g.Expect(got).NotTo(ContainSubstring("\x1b"))
				g.Expect(got).NotTo(ContainSubstring("\u202e"))
			}
		})
	}
}

func TestNothingIsAReportToo(t *testing.T) {
	for name, format := range report.Formats() {
		t.Run(name, func(t *testing.T) {
			g := NewWithT(t)
			var out bytes.Buffer
			g.Expect(format(&out, report.Report{})).To(Succeed())
			g.Expect(out.String()).NotTo(ContainSubstring("null"))
			if name != "json" && name != "yaml" && name != "sarif" && name != "junit" {
				g.Expect(out.String()).To(ContainSubstring("0 rollouts"))
			}
		})
	}
}
