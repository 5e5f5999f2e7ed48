package docs_test

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	. "github.com/onsi/gomega"
	"k8s.io/cli-runtime/pkg/genericiooptions"

	"github.com/seawall-dev/seawall/pkg/cli"
)

// TestThePluginHasTheFlags holds the commands of the plugin that stand in the text of the pages, and those in blocks that
// are not played, to what the plugin has: the command, its arguments, and the flags.
func TestThePluginHasTheFlags(t *testing.T) {
	g := NewWithT(t)
	known, found := plays(), 0
	inText := regexp.MustCompile("`(kubectl seawall [a-z][^`]*)`")
	for _, page := range all(g) {
		source, err := os.ReadFile(filepath.Join(root, page.Name))
		g.Expect(err).NotTo(HaveOccurred())
		commands := []string{}
		for _, match := range inText.FindAllStringSubmatch(string(source), -1) {
			commands = append(commands, match[1])
		}
		for _, block := range page.Blocks {
			for _, step := range block.Steps() {
				if begins(known[page.Name].skips, step.Command) && strings.HasPrefix(step.Command, "kubectl seawall ") {
					commands = append(commands, step.Command)
				}
			}
		}
		for _, command := range commands {
			found++
			expectFlags(g, page.Name, strings.NewReplacer("\\\n", " ", "\n", " ").Replace(command))
		}
	}
	g.Expect(found).To(BeNumerically(">", 15))
}

// expectFlags expects that there is such a command, and that it has the flags.
func expectFlags(g Gomega, page, command string) {
	quoted := regexp.MustCompile(`"[^"]*"|'[^']*'`).ReplaceAllString(command, "TEXT")
	ran, _, _ := strings.Cut(quoted, " | ")
	words := strings.Fields(strings.TrimPrefix(ran, "kubectl seawall "))
	root := cli.New(genericiooptions.NewTestIOStreamsDiscard())
	of, _, err := root.Find(words)
	g.Expect(err).NotTo(HaveOccurred(), "%s: %s", page, command)
	g.Expect(of).NotTo(BeIdenticalTo(root), "%s: %s", page, command)
	g.Expect(of.Runnable()).To(BeTrue(), "%s: %s", page, command)
	of.InitDefaultHelpFlag()
	for _, word := range words {
		name, _, _ := strings.Cut(word, "=")
		switch {
		case strings.HasPrefix(name, "--"):
			g.Expect(of.Flag(name[2:])).NotTo(BeNil(), "%s: %s", page, command)
		case strings.HasPrefix(name, "-") && len(name) > 1:
			g.Expect(of.Flags().ShorthandLookup(name[1:2])).NotTo(BeNil(), "%s: %s", page, command)
		}
	}
}
