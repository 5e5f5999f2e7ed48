package main

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/onsi/gomega"
)

// TestThreatsAreHeldByTestsThatExist holds that each test which docs/threat-model.md names is one.
func TestThreatsAreHeldByTestsThatExist(t *testing.T) {
	g := gomega.NewWithT(t)
	root := filepath.Join("..", "..")
	page, err := os.ReadFile(filepath.Join(root, "docs", "threat-model.md"))
	g.Expect(err).NotTo(gomega.HaveOccurred())
	var tests strings.Builder
	g.Expect(filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || !strings.HasSuffix(path, "_test.go") || entry.IsDir() {
			return err
		}
		text, err := os.ReadFile(filepath.Clean(path))
		tests.Write(text)
		return err
	})).To(gomega.Succeed())
	named := 0
	for row := range strings.SplitSeq(string(page), "\n") {
		if !regexp.MustCompile(`^\| [TS][0-9]`).MatchString(row) {
			continue
		}
		for _, match := range regexp.MustCompile("`(Test[A-Za-z0-9]+)`").FindAllStringSubmatch(row, -1) {
			named++
			g.Expect(tests.String()).To(gomega.ContainSubstring("func " + match[1] + "(t *testing.T)"))
		}
		for _, match := range regexp.MustCompile(`"([^"]+)"`).FindAllStringSubmatch(row, -1) {
			named++
			g.Expect(tests.String()).To(gomega.ContainSubstring(`It("` + match[1] + `"`))
		}
	}
	g.Expect(named).To(gomega.BeNumerically(">", 40))
}
