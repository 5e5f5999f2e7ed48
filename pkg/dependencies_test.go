// Package pkg_test holds what is true of all packages together.
package pkg_test

import (
	"os/exec"
	"slices"
	"strings"
	"testing"

	"github.com/onsi/gomega"
)

const (
	module  = "github.com/seawall-dev/seawall/"
	systems = "pkg/kinds/"
)

// allowed lists which packages of this module each package may import: dependencies run one
// way, from risk to the programs.
func allowed() map[string][]string {
	return map[string][]string{
		"pkg/version":          {},
		"pkg/risk":             {},
		"pkg/budget":           {},
		"pkg/apis/v1alpha1":    {},
		"pkg/audit":            {},
		"pkg/audit/events":     {"pkg/audit"},
		"pkg/audit/reports":    {"pkg/audit"},
		"pkg/certificate":      {},
		"pkg/rollout":          {"pkg/apis/v1alpha1", "pkg/risk", "pkg/budget"},
		"pkg/inventory":        {"pkg/apis/v1alpha1", "pkg/rollout"},
		systems + "gotemplate": {"pkg/budget", "pkg/rollout"},
		"pkg/inventory/argocd": {"pkg/inventory", "pkg/rollout"},
		"pkg/kinds":            {"pkg/inventory", "pkg/inventory/argocd", "pkg/rollout"},
		"pkg/gate":             {"pkg/risk"},
		"pkg/giturl":           {},
		"pkg/gate/argocd":      {"pkg/apis/v1alpha1", "pkg/gate", "pkg/giturl", "pkg/inventory", "pkg/inventory/argocd"},
		"pkg/gate/flux":        {"pkg/apis/v1alpha1", "pkg/gate", "pkg/inventory"},
		"pkg/gate/kargo":       {"pkg/inventory"},
		"pkg/gate/entry":       {"pkg/inventory", "pkg/rollout"},
		"pkg/gate/waves":       {"pkg/apis/v1alpha1", "pkg/gate", "pkg/risk"},
		"pkg/policy":           {"pkg/apis/v1alpha1", "pkg/gate", "pkg/risk", "pkg/rollout"},
		"pkg/evaluate":         {"pkg/audit", "pkg/budget", "pkg/gate", "pkg/policy", "pkg/rollout"},
		"pkg/windows":          {"pkg/apis/v1alpha1", "pkg/gate", "pkg/gate/waves", "pkg/policy"},
		"pkg/recount":          {"pkg/apis/v1alpha1", "pkg/audit", "pkg/evaluate", "pkg/inventory", "pkg/policy", "pkg/rollout"},
		"pkg/follow":           {"config/crd", "pkg/apis/v1alpha1", "pkg/inventory", "pkg/kinds", systems + "custom", "pkg/policy"},
		"pkg/metrics":          {"pkg/apis/v1alpha1", "pkg/audit", "pkg/inventory", "pkg/recount", "pkg/starts", "pkg/windows"},
		"pkg/tracing":          {"pkg/version"},
		"pkg/config":           {"pkg/inventory/argocd"},
		"pkg/controller": {
			"pkg/apis/v1alpha1", "pkg/policy", "pkg/risk", "pkg/rollout", "pkg/kinds", systems + "custom",
		},
		"pkg/starts": {"pkg/apis/v1alpha1", "pkg/audit", "pkg/gate", "pkg/rollout", "pkg/gate/waves", "pkg/policy"},
		"pkg/admission": {
			"pkg/apis/v1alpha1", "pkg/audit", "pkg/budget", "pkg/evaluate", "pkg/gate", "pkg/policy", "pkg/rollout", "pkg/starts",
			systems + "custom",
		},
		"pkg/curve":    {"pkg/risk"},
		"pkg/plan":     {"pkg/risk"},
		"pkg/splice":   {},
		"pkg/pace":     {"pkg/rollout", "pkg/splice"},
		"pkg/manifest": {},
		"pkg/revision": {"pkg/giturl"},
		"pkg/offline": {
			"config/crd", "pkg/apis/v1alpha1", "pkg/budget", "pkg/evaluate", "pkg/gate/entry", "pkg/inventory", "pkg/inventory/argocd", "pkg/kinds",
			systems + "custom", "pkg/manifest", "pkg/policy", "pkg/rollout",
		},
		"pkg/check":          {"pkg/audit", "pkg/evaluate", "pkg/manifest", "pkg/offline", "pkg/rollout"},
		"pkg/report":         {"pkg/audit", "pkg/check", "pkg/manifest", "pkg/risk", "pkg/version"},
		"pkg/journal":        {"pkg/apis/v1alpha1", "pkg/audit", "pkg/audit/reports"},
		"pkg/journal/format": {"pkg/audit", "pkg/journal", "pkg/risk"},
		"pkg/journal/page":   {"pkg/journal", "pkg/journal/format", "pkg/risk"},
		"pkg/explain":        {"pkg/audit", "pkg/check", "pkg/evaluate", "pkg/journal", "pkg/manifest", "pkg/policy", "pkg/risk", "pkg/rollout"},
		"pkg/suite":          {"pkg/audit", "pkg/check", "pkg/manifest", "pkg/offline", "pkg/policy"},
		"pkg/standing":       {"pkg/apis/v1alpha1", "pkg/audit"},
		"pkg/cli": {
			"pkg/apis/v1alpha1", "pkg/audit", "pkg/check", "pkg/config", "pkg/curve", "pkg/evaluate", "pkg/explain", "pkg/gate", "pkg/gate/argocd", "pkg/gate/entry", "pkg/gate/flux",
			"pkg/gate/waves", "pkg/inventory",
			"pkg/inventory/argocd", "pkg/journal", "pkg/journal/format", "pkg/journal/page", "pkg/kinds", systems + "custom", "pkg/manifest", "pkg/offline", "pkg/pace", "pkg/plan",
			"pkg/policy", "pkg/report", "pkg/revision", "pkg/risk", "pkg/rollout", "pkg/splice", "pkg/standing", "pkg/starts", "pkg/suite", "pkg/version",
		},
	}
}

// mayImport returns what a package may import. Each rollout system is a package that knows
// no other system; only the list of kinds knows them all.
func mayImport(importer string) ([]string, bool) {
	if may, listed := allowed()[importer]; listed {
		return may, true
	}
	return []string{
		"pkg/apis/v1alpha1", "pkg/budget", "pkg/inventory", "pkg/inventory/argocd", "pkg/risk", "pkg/rollout", systems + "gotemplate",
	}, strings.HasPrefix(importer, systems)
}

func TestDependenciesRunOneWay(t *testing.T) {
	g := gomega.NewWithT(t)
	printed, err := exec.CommandContext(t.Context(), "go", "list", "-f", `{{.ImportPath}} {{join .Imports " "}}`, "./...").Output()
	g.Expect(err).NotTo(gomega.HaveOccurred())
	for line := range strings.Lines(string(printed)) {
		fields := strings.Fields(line)
		importer := strings.TrimPrefix(fields[0], module)
		if importer == "pkg" {
			continue // this test
		}
		may, listed := mayImport(importer)
		g.Expect(listed).To(gomega.BeTrue(), "%s is not listed in this test", importer)
		for _, imported := range fields[1:] {
			if own, ok := strings.CutPrefix(imported, module); ok {
				listed := importer == "pkg/kinds" && strings.HasPrefix(own, systems)
				g.Expect(listed || slices.Contains(may, own)).To(gomega.BeTrue(), "%s must not import %s", importer, own)
			}
			g.Expect(imported).NotTo(gomega.HavePrefix("github.com/argoproj/"), "%s imports a rollout system's types", importer)
		}
	}
}
