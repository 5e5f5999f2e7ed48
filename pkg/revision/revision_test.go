package revision_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	. "github.com/onsi/gomega"

	"github.com/seawall-dev/seawall/pkg/revision"
)

func git(t *testing.T, dir string, arguments ...string) {
	t.Helper()
	command := exec.CommandContext(t.Context(), "git", append([]string{
		"-C", dir, "-c", "user.name=t", "-c", "user.email=t@example.com", "-c", "commit.gpgsign=false", "-c", "protocol.file.allow=always",
	}, arguments...)...)
	said, err := command.CombinedOutput()
	NewWithT(t).Expect(err).NotTo(HaveOccurred(), "git %v: %s", arguments, said)
}

func put(t *testing.T, path, text string) {
	t.Helper()
	NewWithT(t).Expect(os.MkdirAll(filepath.Dir(path), 0o700)).To(Succeed())
	NewWithT(t).Expect(os.WriteFile(path, []byte(text), 0o600)).To(Succeed())
}

// repository has a commit on main, one more there, and one on the branch that is checked out.
func repository(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	git(t, dir, "init", "-q", "-b", "main")
	put(t, filepath.Join(dir, "apps", "a.yaml"), "one")
	git(t, dir, "add", "-A")
	git(t, dir, "commit", "-qm", "one")
	git(t, dir, "checkout", "-qb", "change")
	put(t, filepath.Join(dir, "apps", "a.yaml"), "changed")
	git(t, dir, "commit", "-qam", "changed")
	git(t, dir, "checkout", "-q", "main")
	put(t, filepath.Join(dir, "apps", "a.yaml"), "main went on")
	git(t, dir, "commit", "-qam", "two")
	git(t, dir, "checkout", "-q", "change")
	return dir
}

func TestFilesAreThoseOfWhereTheBranchBegan(t *testing.T) {
	g, dir := NewWithT(t), repository(t)
	tree, err := revision.CheckOut(t.Context(), filepath.Join(dir, "apps"), "main")
	g.Expect(err).NotTo(HaveOccurred())
	path, err := tree.Path(filepath.Join(dir, "apps", "a.yaml"))
	g.Expect(err).NotTo(HaveOccurred())
	text, err := os.ReadFile(path)
	g.Expect(err).NotTo(HaveOccurred())
	g.Expect(string(text)).To(Equal("one"))
	g.Expect(tree.Name(path)).To(Equal("apps/a.yaml"))
	_, err = tree.Path(t.TempDir())
	g.Expect(err).To(MatchError(ContainSubstring("is not in the repository")))
	g.Expect(tree.Remove()).To(Succeed())
	g.Expect(path).NotTo(BeAnExistingFile())
}

func TestWhatCannotBeCheckedOut(t *testing.T) {
	g, dir := NewWithT(t), repository(t)
	shallow := filepath.Join(t.TempDir(), "shallow")
	git(t, dir, "clone", "-q", "--depth", "1", "file://"+dir, shallow)
	for _, test := range []struct{ dir, revision, want string }{
		{dir, "nowhere", `there is no revision "nowhere"`},
		{dir, "--output=x", "is no revision"},
		{shallow, "origin/main", "fetch-depth: 0"},
		{t.TempDir(), "main", "not a git repository"},
	} {
		_, err := revision.CheckOut(t.Context(), test.dir, test.revision)
		g.Expect(err).To(MatchError(ContainSubstring(test.want)))
	}
}
