// Package docs_test holds the documentation to what it says: each command of a page is run, and prints what the page
// shows; each link leads somewhere.
package docs_test

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	. "github.com/onsi/gomega"

	"github.com/seawall-dev/seawall/hack/pages"
)

const root = ".."

func all(g Gomega) []*pages.Page {
	found, err := pages.All(root)
	g.Expect(err).NotTo(HaveOccurred())
	g.Expect(len(found)).To(BeNumerically(">", 30))
	return found
}

func TestEveryLinkLeadsSomewhere(t *testing.T) {
	g := NewWithT(t)
	anchors := map[string][]string{}
	for _, page := range all(g) {
		anchors[page.Name] = page.Anchors
	}
	links := 0
	for _, page := range all(g) {
		for _, link := range page.Links {
			if strings.Contains(link.Target, "://") {
				continue
			}
			links++
			where := fmt.Sprintf("%s:%d: %s", page.Name, link.Line, link.Target)
			file, anchor, _ := strings.Cut(link.Target, "#")
			target := page.Name
			if file != "" {
				target = path.Join(path.Dir(page.Name), file)
			}
			_, err := os.Stat(filepath.Join(root, target))
			g.Expect(err).NotTo(HaveOccurred(), where)
			if anchor != "" {
				g.Expect(anchors[target]).To(ContainElement(anchor), where)
			}
		}
	}
	g.Expect(links).To(BeNumerically(">", 100))
}

// TestEveryPageIsInTheIndex holds that who begins at docs/README.md finds every page.
func TestEveryPageIsInTheIndex(t *testing.T) {
	g := NewWithT(t)
	index, err := pages.Read(root, "docs/README.md")
	g.Expect(err).NotTo(HaveOccurred())
	names, err := filepath.Glob("*.md")
	g.Expect(err).NotTo(HaveOccurred())
	for _, name := range names {
		if name != "README.md" {
			g.Expect(index.Links).To(ContainElement(HaveField("Target", name)))
		}
	}
}

// TestEveryCommandIsPlayed holds that no page has a command that no test runs: the pages that have any are played, in
// live_test.go, and what is not run there is named with the reason.
func TestEveryCommandIsPlayed(t *testing.T) {
	g := NewWithT(t)
	known := plays()
	names := []string{}
	for _, page := range all(g) {
		commands := 0
		for _, block := range page.Blocks {
			where := fmt.Sprintf("%s:%d", page.Name, block.Line)
			g.Expect([]string{"sh", "console", "yaml", "json", "text", "go"}).To(ContainElement(block.Language), where)
			if !block.Commands() {
				continue
			}
			commands++
			if len(block.Steps()) == 0 {
				g.Expect(known[page.Name].elsewhere).To(HaveKey(firstLine(block.Text)), "%s shows what no command prints", where)
			}
		}
		if commands > 0 {
			g.Expect(known[page.Name].place).NotTo(BeEmpty(), "the commands of %s are not played", page.Name)
			names = append(names, page.Name)
		}
	}
	for name, play := range known {
		g.Expect(names).To(ContainElement(name), "is played, and has no commands")
		expectNothingStale(g, name, play)
	}
}

// expectNothingStale expects that what a play says about commands is about some of the page.
func expectNothingStale(g Gomega, name string, play play) {
	page, err := pages.Read(root, name)
	g.Expect(err).NotTo(HaveOccurred())
	var begins []string
	for _, block := range page.Blocks {
		if block.Commands() {
			begins = append(begins, firstLine(block.Text))
			for _, step := range block.Steps() {
				begins = append(begins, step.Command)
			}
		}
	}
	is := func(prefix string) bool {
		return slices.ContainsFunc(begins, func(text string) bool { return strings.HasPrefix(text, prefix) })
	}
	for prefix := range play.skips {
		g.Expect(is(prefix)).To(BeTrue(), "%s has no command %q, which is not to be run", name, prefix)
	}
	for prefix := range play.elsewhere {
		g.Expect(is(prefix)).To(BeTrue(), "%s has no block %q", name, prefix)
	}
	for _, cue := range play.cues {
		g.Expect(is(cue.before)).To(BeTrue(), "%s has no command %q, which something is prepared for", name, cue.before)
	}
}

// TestMakeHasTheTargets holds the commands of make in the pages, which take minutes or run the tests, to what the
// Makefile has: the target, the variables, and the flags in ARGS.
func TestMakeHasTheTargets(t *testing.T) {
	g := NewWithT(t)
	text, err := os.ReadFile(filepath.Join(root, "Makefile"))
	g.Expect(err).NotTo(HaveOccurred())
	makefile, found := string(text), 0
	inText := regexp.MustCompile("`(make [a-z-]+[^`]*)`")
	for _, page := range all(g) {
		source, err := os.ReadFile(filepath.Join(root, page.Name))
		g.Expect(err).NotTo(HaveOccurred())
		commands := inText.FindAllStringSubmatch(string(source), -1)
		for _, block := range page.Blocks {
			for _, step := range block.Steps() {
				if block.Commands() && strings.HasPrefix(step.Command, "make ") {
					commands = append(commands, []string{"", firstLine(step.Command)})
				}
			}
		}
		for _, command := range commands {
			found++
			words := strings.Fields(command[1])
			g.Expect(makefile).To(MatchRegexp(`(?m)^%s:`, words[1]), "%s: %s", page.Name, command[1])
			for _, variable := range regexp.MustCompile(`\b([A-Z]+)=`).FindAllStringSubmatch(command[1], -1) {
				g.Expect(makefile).To(MatchRegexp(`(?m)^%s \?=`, variable[1]), "%s: %s", page.Name, command[1])
			}
			for _, flag := range regexp.MustCompile(` -([a-z]+)`).FindAllStringSubmatch(command[1], -1) {
				g.Expect(sources(g, words[1])).To(ContainSubstring(strconv.Quote(flag[1])), "%s: %s", page.Name, command[1])
			}
		}
	}
	g.Expect(found).To(BeNumerically(">", 10))
}

// sources returns the program behind a target of make.
func sources(g Gomega, target string) string {
	files, err := filepath.Glob(filepath.Join(root, "hack", target, "*.go"))
	g.Expect(err).NotTo(HaveOccurred())
	g.Expect(files).NotTo(BeEmpty(), "make %s has no program in hack/%s", target, target)
	var all strings.Builder
	for _, file := range files {
		text, err := os.ReadFile(file)
		g.Expect(err).NotTo(HaveOccurred())
		all.Write(text)
	}
	return all.String()
}

// TestEveryReasonIsExplained holds that docs/denied.md says what to do for each reason of a denial that the code has,
// and docs/operations.md what each reason means.
func TestEveryReasonIsExplained(t *testing.T) {
	g := NewWithT(t)
	denied, err := os.ReadFile("denied.md")
	g.Expect(err).NotTo(HaveOccurred())
	operations, err := os.ReadFile("operations.md")
	g.Expect(err).NotTo(HaveOccurred())
	reasons := slices.Concat(constants(g, "pkg/policy/reason.go"), constants(g, "pkg/admission/failure.go"))
	g.Expect(len(reasons)).To(BeNumerically(">=", 15))
	for _, reason := range reasons {
		g.Expect(string(operations)).To(ContainSubstring("`" + reason + "`"))
		if !slices.Contains([]string{"WithinLimit", "NotJudged", "NoChange", "UnresolvedAdmitted", "Overridden", "Gated"}, reason) {
			g.Expect(string(denied)).To(ContainSubstring("`" + reason + "`"))
		}
	}
}

// constants returns the strings that a file declares as constants and that are words of records.
func constants(g Gomega, name string) []string {
	file, err := parser.ParseFile(token.NewFileSet(), filepath.Join(root, name), nil, 0)
	g.Expect(err).NotTo(HaveOccurred())
	var found []string
	ast.Inspect(file, func(node ast.Node) bool {
		if spec, ok := node.(*ast.ValueSpec); ok {
			for _, value := range spec.Values {
				if literal, ok := value.(*ast.BasicLit); ok && literal.Kind == token.STRING {
					text, err := strconv.Unquote(literal.Value)
					g.Expect(err).NotTo(HaveOccurred())
					found = append(found, text)
				}
			}
		}
		return true
	})
	return found
}

func firstLine(text string) string {
	line, _, _ := strings.Cut(text, "\n")
	return line
}
