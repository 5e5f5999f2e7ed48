package main

import (
	"os"
	"regexp"
	"strings"
	"testing"

	. "github.com/onsi/gomega"
	"github.com/spf13/cobra"
	"k8s.io/cli-runtime/pkg/genericiooptions"

	"github.com/seawall-dev/seawall/pkg/cli"
	"github.com/seawall-dev/seawall/pkg/kinds"
)

// TestThePageOfKindsSaysEachThingOnce holds that no sentence stands twice in docs/kinds.md, which has a section
// for each kind all the same, by the anchor of the table.
func TestThePageOfKindsSaysEachThingOnce(t *testing.T) {
	g := NewWithT(t)
	text, err := os.ReadFile("../../" + kindsPage)
	g.Expect(err).NotTo(HaveOccurred())
	seen := map[string]bool{}
	sentence := regexp.MustCompile(`[^.:]{60,}[.:]`)
	for _, said := range sentence.FindAllString(string(text), -1) {
		said = strings.TrimSpace(said)
		g.Expect(seen).NotTo(HaveKey(said))
		seen[said] = true
	}
	g.Expect(len(seen)).To(BeNumerically(">", 50))
	all, _ := kinds.Named()
	for _, kind := range all {
		g.Expect(string(text)).To(MatchRegexp(`(?m)^## (.* and )?%s( and .*)?$`, kind.Name))
		g.Expect(string(text)).To(ContainSubstring("`"+kind.Resource+"."+kind.Group+"`"), kind.Name)
	}
}

// TestThePageOfCommandsHasEachCommandAndFlag looks at docs/commands.md, which make verify generates again.
func TestThePageOfCommandsHasEachCommandAndFlag(t *testing.T) {
	g := NewWithT(t)
	text, err := os.ReadFile("../../" + commandsPage)
	g.Expect(err).NotTo(HaveOccurred())
	var visit func(command *cobra.Command)
	visit = func(command *cobra.Command) {
		for _, inner := range command.Commands() {
			visit(inner)
		}
		if !command.Runnable() || command.Hidden || command.Name() == "help" || command.HasAvailableSubCommands() {
			return
		}
		title := "\n## " + strings.TrimPrefix(command.CommandPath(), "kubectl seawall ") + "\n"
		g.Expect(string(text)).To(ContainSubstring(title))
		_, section, _ := strings.Cut(string(text), title)
		section, _, _ = strings.Cut(section, "\n## ")
		_, shared, _ := strings.Cut(string(text), "\n## Flags of the connection\n")
		for line := range strings.SplitSeq(command.LocalFlags().FlagUsages(), "\n") {
			if name := regexp.MustCompile(`--[a-z-]+`).FindString(line); name != "" && name != "--help" {
				g.Expect(section+shared).To(MatchRegexp(regexp.QuoteMeta(name)+"[ `]"), "%s of %s", name, title)
			}
		}
	}
	visit(cli.New(genericiooptions.NewTestIOStreamsDiscard()))
}
