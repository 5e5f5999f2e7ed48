package main

import (
	"fmt"
	"os"
	"strings"

	"github.com/seawall-dev/seawall/pkg/kinds"
	"github.com/seawall-dev/seawall/pkg/rollout"
)

const (
	kindsPage     = "docs/kinds.md"
	kindsPageHead = `<!-- Generated from ` + kindsPackage + ` by hack/generate. DO NOT EDIT. -->
# What Seawall counts

For each kind of rollout: what an environment is, which environments a write affects, and in which
waves the rollout system syncs them. What holds for every kind is in [judgement.md](judgement.md). A
kind that is not here can be configured: [custom-kinds.md](custom-kinds.md).

Seawall reads the definitions and inventories of whatever is installed: those of a system that is
not on the cluster cost nothing, and count from the moment they appear.

`
)

// writeKindsPage writes the documentation of the kinds.
func writeKindsPage(root *os.Root) error {
	all, sources := kinds.Named()
	var page strings.Builder
	page.WriteString(kindsPageHead)
	page.WriteString("| Kind | API group | Versions | Scope |\n|---|---|---|---|\n")
	for _, kind := range all {
		fmt.Fprintf(&page, "| [%s](#%s) | `%s` | %s | %s |\n",
			kind.Name, strings.ToLower(kind.Name), kind.Group, strings.Join(kind.Versions, ", "), scope(kind))
	}
	for _, kind := range all {
		fmt.Fprintf(&page, "\n## %s\n\n", kind.Name)
		fmt.Fprintf(&page, "`%s.%s`\n\n", kind.Resource, kind.Group)
		writeMeaning(&page, kind.Meaning)
	}
	page.WriteString("\n## What is read to count\n\n" +
		"Beside the rollout itself, and Argo CD's cluster Secrets in its own namespace. The chart's ClusterRole\n" +
		"allows to get, list and watch:\n\n| Resource | API group | Versions | What of it |\n|---|---|---|---|\n")
	for _, source := range sources {
		what := "the fields that selection needs"
		if source.MetadataOnly {
			what = "metadata"
		}
		group := source.Group
		if group == "" {
			group = "core"
		}
		fmt.Fprintf(&page, "| %s | `%s` | %s | %s |\n", source.Resource, group, strings.Join(source.Versions, ", "), what)
	}
	return root.WriteFile(kindsPage, []byte(page.String()), 0o644)
}

func writeMeaning(page *strings.Builder, meaning rollout.Meaning) {
	for _, line := range []struct{ term, text string }{
		{"n", meaning.Environments},
		{"Waves", meaning.Waves},
		{"Delta", meaning.Delta},
		{"Inventory", meaning.Inventory},
		{"Not knowable", meaning.Unknown},
	} {
		fmt.Fprintf(page, "- **%s**: %s\n", line.term, line.text)
	}
}

func scope(kind rollout.Kind) string {
	if kind.Namespaced {
		return "Namespaced"
	}
	return "Cluster"
}
