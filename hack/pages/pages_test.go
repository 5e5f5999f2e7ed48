package pages_test

import (
	"os"
	"path/filepath"
	"testing"

	. "github.com/onsi/gomega"

	"github.com/seawall-dev/seawall/hack/pages"
)

const page = "# A page\n\n" +
	"See [there](other.md#it) and ![a picture](images/a.svg).\n\n" +
	"## It has `code`, and 1 − *p*\n\n" +
	"- In a list:\n\n  ```sh\n  one\n  two\n  ```\n\n" +
	"```console\nnothing\n$ jq '\n    .a' file |\n  wc\n3\n$ echo \\\n  made\n4\n```\n\n" +
	"## A page\n"

func TestRead(t *testing.T) {
	g := NewWithT(t)
	dir := t.TempDir()
	g.Expect(os.WriteFile(filepath.Join(dir, "page.md"), []byte(page), 0o600)).To(Succeed())
	found, err := pages.All(dir)
	g.Expect(err).NotTo(HaveOccurred())
	g.Expect(found).To(HaveLen(1))
	g.Expect(found[0].Links).To(Equal([]pages.Link{{Target: "other.md#it", Line: 3}, {Target: "images/a.svg", Line: 3}}))
	g.Expect(found[0].Anchors).To(Equal([]string{"a-page", "it-has-code-and-1--p", "a-page-1"}))
	g.Expect(found[0].Blocks).To(HaveLen(2))

	script, session := found[0].Blocks[0], found[0].Blocks[1]
	g.Expect(script.Steps()).To(Equal([]pages.Step{{Command: "one\ntwo", Line: 10}}))
	g.Expect(session.Steps()).To(Equal([]pages.Step{
		{Command: "jq '\n    .a' file |\n  wc", Output: "3\n", Line: 16, Shown: true},
		{Command: "echo \\\n  made", Output: "4\n", Line: 20, Shown: true},
	}))
}

func TestMatches(t *testing.T) {
	const printed = "NAME   AGE\nfirst  12s\nsecond at 2026-11-29T09:00:00Z, which is long\n"
	for shown, want := range map[string]bool{
		"NAME AGE\nfirst 3m4s\nsecond at 2020-01-01T00:00:00Z, which\nis long": true,
		"NAME AGE\n... which is long":                                          true,
		"NAME AGE\n...":                                                        true,
		"NAME AGE\nthird ...":                                                  false,
		"NAME AGE\nfirst 3s":                                                   false,
		"":                                                                     false,
	} {
		NewWithT(t).Expect(pages.Matches(printed, shown)).To(Equal(want), shown)
	}
}
