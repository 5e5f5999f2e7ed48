package revision_test

import (
	"os"
	"path/filepath"
	"testing"

	. "github.com/onsi/gomega"

	"github.com/seawall-dev/seawall/pkg/revision"
)

// old checks out what the first commit of a repository with such files is, once they are all gone.
func old(t *testing.T, of checkout) (tree *revision.Tree, read func(path string) (string, error)) {
	t.Helper()
	g := NewWithT(t)
	of.commit("before")
	of.run("branch", "base")
	of.run("rm", "-rq", ".")
	of.commit("after")
	tree, err := revision.CheckOut(t.Context(), of.dir, "base")
	g.Expect(err).NotTo(HaveOccurred())
	t.Cleanup(func() { g.Expect(tree.Remove()).To(Succeed()) })
	return tree, func(path string) (string, error) {
		path, err := tree.Path(filepath.Join(of.dir, path))
		g.Expect(err).NotTo(HaveOccurred())
		text, err := os.ReadFile(path)
		return string(text), err
	}
}

func TestFilesAreThoseOfTheCommitAndOfNoArchive(t *testing.T) {
	g := NewWithT(t)
	of := newCheckout(t, "apps/ignored.yaml", "apps/run", "sp ace/a\nb.yaml")
	put(t, filepath.Join(of.dir, ".gitattributes"), "apps/ignored.yaml export-ignore\napps/subst.yaml export-subst\n")
	put(t, filepath.Join(of.dir, "apps", "subst.yaml"), "$Format:%H$")
	g.Expect(os.Chmod(filepath.Join(of.dir, "apps", "run"), 0o700)).To(Succeed())
	inner := newCheckout(t, "x")
	of.run("-c", "protocol.file.allow=always", "submodule", "--quiet", "add", inner.dir, "vendored")
	tree, read := old(t, of)
	for path, want := range map[string]string{
		"apps/ignored.yaml": "in apps/ignored.yaml", "apps/subst.yaml": "$Format:%H$", "apps/run": "in apps/run", "sp ace/a\nb.yaml": "in sp ace/a\nb.yaml",
	} {
		g.Expect(read(path)).To(Equal(want), path)
	}
	_, err := read("vendored/x")
	g.Expect(err).To(MatchError(os.ErrNotExist))
	g.Expect(tree.Unfollowed).To(BeEmpty())
}

func TestLinksAreFollowedWithinTheRepository(t *testing.T) {
	g := NewWithT(t)
	outside := filepath.Join(t.TempDir(), "secret.yaml")
	put(t, outside, "secret")
	of := newCheckout(t, "base/a.yaml", "tenants/plain.yaml")
	for path, target := range map[string]string{
		"tenants/a.yaml": "../base/a.yaml", "tenants/folder": "../base", "tenants/chain.yaml": "folder/a.yaml", "tenants/round.yaml": "folder/../base/a.yaml", "links/only": "../tenants/folder", "tenants/links": "../links",
		"tenants/absolute.yaml": outside, "tenants/inside.yaml": filepath.Join(of.dir, "base", "a.yaml"), "tenants/up.yaml": "../../x", "tenants/nothing.yaml": "nothing",
		"tenants/loop.yaml": "loop.yaml", "out": "..", "tenants/through.yaml": "../out/x",
	} {
		of.link(target, path)
	}
	tree, read := old(t, of)
	for _, path := range []string{"tenants/a.yaml", "tenants/folder/a.yaml", "tenants/chain.yaml", "tenants/round.yaml", "tenants/links/only/a.yaml"} {
		g.Expect(read(path)).To(Equal("in base/a.yaml"), path)
	}
	unfollowed := make([]string, len(tree.Unfollowed))
	for i, path := range tree.Unfollowed {
		unfollowed[i] = tree.Name(path)
		g.Expect(path).NotTo(BeAnExistingFile())
	}
	g.Expect(unfollowed).To(Equal([]string{
		"out", "tenants/absolute.yaml", "tenants/inside.yaml", "tenants/loop.yaml", "tenants/nothing.yaml", "tenants/through.yaml", "tenants/up.yaml",
	}))
}

func TestALinkThatIsNewLedNowhereBefore(t *testing.T) {
	g := NewWithT(t)
	of := newCheckout(t, "base/a.yaml", "tenants/a.yaml")
	of.run("branch", "base")
	g.Expect(os.Remove(filepath.Join(of.dir, "tenants", "a.yaml"))).To(Succeed())
	g.Expect(os.Symlink("../base/a.yaml", filepath.Join(of.dir, "tenants", "a.yaml"))).To(Succeed())
	of.commit("a link")
	tree, err := revision.CheckOut(t.Context(), of.dir, "base")
	g.Expect(err).NotTo(HaveOccurred())
	path, err := tree.Path(filepath.Join(of.dir, "tenants", "a.yaml"))
	g.Expect(err).NotTo(HaveOccurred())
	g.Expect(tree.Name(path)).To(Equal("tenants/a.yaml"))
	g.Expect(tree.Remove()).To(Succeed())
}

func TestWhatAPartialCloneLeavesOut(t *testing.T) {
	g := NewWithT(t)
	of := newCheckout(t, "apps/a.yaml")
	first := of.run("rev-parse", "HEAD")
	of.run("config", "uploadpack.allowFilter", "true")
	of.run("config", "uploadpack.allowAnySHA1InWant", "true")
	put(t, filepath.Join(of.dir, "apps", "a.yaml"), "changed")
	of.commit("second")
	partial := filepath.Join(t.TempDir(), "partial")
	of.run("clone", "-q", "--filter=blob:none", "file://"+of.dir, partial)

	clones := revision.NewClones(t.Context(), t.TempDir())
	g.Expect(clones.Add(t.Context(), address, partial)).To(Succeed())
	_, err := clones.Files(t.Context(), address, first, "apps/*")
	g.Expect(err).To(MatchError(ContainSubstring("could not fetch")), "nothing is fetched for a git generator")

	tree, err := revision.CheckOut(t.Context(), partial, first)
	g.Expect(err).NotTo(HaveOccurred())
	path, err := tree.Path(filepath.Join(partial, "apps", "a.yaml"))
	g.Expect(err).NotTo(HaveOccurred())
	g.Expect(os.ReadFile(path)).To(BeEquivalentTo("in apps/a.yaml"))
	g.Expect(tree.Remove()).To(Succeed())
}
