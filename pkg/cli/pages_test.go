package cli_test

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	. "github.com/onsi/gomega"
)

// elided stands in the documentation for lines that are left out.
const elided = "\n…\n"

// TestThePageShowsWhatThePluginPrints runs every command of docs/explain.md that asks no cluster, at the root
// of the repository. Those that ask one are run on a real API server.
func TestThePageShowsWhatThePluginPrints(t *testing.T) {
	g := NewWithT(t)
	page, err := os.ReadFile("../../docs/explain.md")
	g.Expect(err).NotTo(HaveOccurred())
	root, err := filepath.Abs("../..")
	g.Expect(err).NotTo(HaveOccurred())
	run := 0
	for _, block := range regexp.MustCompile("(?ms)^```console\n(.*?)^```").FindAllStringSubmatch(string(page), -1) {
		text := strings.ReplaceAll(block[1], "\\\n", "")
		command, want, _ := strings.Cut(text, "\n")
		arguments := strings.Fields(strings.TrimPrefix(command, "$ kubectl seawall "))
		if !strings.Contains(command, "config/samples/") {
			continue
		}
		run++
		t.Run(command, func(t *testing.T) {
			g := NewWithT(t)
			_, out, _ := seawall(t, root, arguments...)
			out, want := squeezed(out), squeezed(want)
			if head, tail, some := strings.Cut(want, elided); some {
				g.Expect(out).To(And(HavePrefix(head+"\n"), HaveSuffix("\n"+tail)))
				return
			}
			g.Expect(out).To(Equal(want))
		})
	}
	g.Expect(run).To(Equal(4))
	suite, err := os.ReadFile("../../config/samples/suite/suite.yaml")
	g.Expect(err).NotTo(HaveOccurred())
	g.Expect(string(page)).To(ContainSubstring("```yaml\n" + string(suite) + "```\n"))
}

// squeezed leaves out the widths of columns.
func squeezed(text string) string {
	return strings.TrimSpace(regexp.MustCompile(`(?m)[ \t]+$`).ReplaceAllString(regexp.MustCompile(`[ \t]+`).ReplaceAllString(text, " "), ""))
}
