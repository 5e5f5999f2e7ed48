package main

import (
	"fmt"
	"io/fs"
	"os"
	"strings"

	"sigs.k8s.io/yaml"

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

// meaning says in words what a kind counts: one or two sentences each.
type meaning struct {
	// Environments says what one environment is and which ones a rollout has: n.
	Environments string `json:"environments"`
	// Waves says what paces the rollout, and what that means here.
	Waves string `json:"waves"`
	// Delta says which environments an update affects.
	Delta string `json:"delta"`
	// Inventory says what else is read to count.
	Inventory string `json:"inventory"`
	// Unknown says what cannot be known when the write is judged.
	Unknown string `json:"unknown"`
}

// readMeanings reads what every kind means, by its name, from the files beside their code.
func readMeanings(root *os.Root) (map[string]meaning, error) {
	files, err := fs.Glob(root.FS(), kindsPackage+"/*/meaning.yaml")
	if err != nil {
		return nil, err
	}
	all := map[string]meaning{}
	for _, file := range files {
		text, err := root.ReadFile(file)
		if err != nil {
			return nil, err
		}
		if err := yaml.UnmarshalStrict(text, &all); err != nil {
			return nil, fmt.Errorf("reading %s: %w", file, err)
		}
	}
	return all, nil
}

// writeKindsPage writes the documentation of the kinds.
func writeKindsPage(root *os.Root) error {
	meanings, err := readMeanings(root)
	if err != nil {
		return err
	}
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
		writeMeaning(&page, meanings[kind.Name])
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

func writeMeaning(page *strings.Builder, meaning meaning) {
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
