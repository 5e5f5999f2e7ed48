package main

import (
	"cmp"
	"fmt"
	"io/fs"
	"os"
	"slices"
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
	sections := sectionsOf(all, meanings)
	for _, section := range sections {
		for _, kind := range section.kinds {
			fmt.Fprintf(&page, "| [%s](#%s) | `%s` | %s | %s |\n",
				kind.Name, section.anchor(), kind.Group, strings.Join(kind.Versions, ", "), scope(kind))
		}
	}
	writeSections(&page, sections)
	page.WriteString("\n## What is read to count\n\n" +
		"Beside the rollout itself, and Argo CD's cluster Secrets in its own namespace. The chart's ClusterRole allows\n" +
		"to get, list and watch these; Seawall keeps the fields that selection needs, or the metadata alone.\n\n" +
		"| Resource | API group | Versions | |\n|---|---|---|---|\n")
	for _, source := range sources {
		what := ""
		if source.MetadataOnly {
			what = "metadata alone"
		}
		fmt.Fprintf(&page, "| %s | `%s` | %s | %s |\n", source.Resource, cmp.Or(source.Group, "core"), strings.Join(source.Versions, ", "), what)
	}
	return root.WriteFile(kindsPage, []byte(page.String()), 0o644)
}

// section is of one kind, or of several that count alike.
type section struct {
	kinds   []rollout.Kind
	meaning meaning
}

func sectionsOf(all []rollout.Kind, meanings map[string]meaning) []section {
	var sections []section
	for _, kind := range all {
		same := slices.IndexFunc(sections, func(s section) bool { return s.meaning == meanings[kind.Name] })
		if same < 0 {
			sections = append(sections, section{meaning: meanings[kind.Name]})
			same = len(sections) - 1
		}
		sections[same].kinds = append(sections[same].kinds, kind)
	}
	return sections
}

func (s section) title() string {
	names := make([]string, len(s.kinds))
	for i, kind := range s.kinds {
		names[i] = kind.Name
	}
	return strings.Join(names, " and ")
}

// anchor is the one that GitHub makes of the title.
func (s section) anchor() string {
	return strings.ReplaceAll(strings.ToLower(s.title()), " ", "-")
}

// A text that is shorter than a link to it may stand twice.
const shortText = 60

// writeSections writes what each kind counts. What a section before it has said is a link to that.
func writeSections(page *strings.Builder, sections []section) {
	said := map[string]section{}
	for _, section := range sections {
		names := make([]string, len(section.kinds))
		for i, kind := range section.kinds {
			names[i] = "`" + kind.Resource + "." + kind.Group + "`"
		}
		fmt.Fprintf(page, "\n## %s\n\n%s\n\n", section.title(), strings.Join(names, ", "))
		for _, line := range section.meaning.lines() {
			text := line.text
			if before, ok := said[text]; ok {
				text = fmt.Sprintf("As for [%s](#%s).", before.title(), before.anchor())
			} else if len(text) > shortText {
				said[text] = section
			}
			fmt.Fprintf(page, "- **%s**: %s\n", line.term, text)
		}
	}
}

type line struct{ term, text string }

func (m meaning) lines() []line {
	return []line{
		{"n", m.Environments}, {"Waves", m.Waves}, {"Delta", m.Delta}, {"Inventory", m.Inventory}, {"Not knowable", m.Unknown},
	}
}

func scope(kind rollout.Kind) string {
	if kind.Namespaced {
		return "Namespaced"
	}
	return "Cluster"
}
