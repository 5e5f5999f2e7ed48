package revision_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	. "github.com/onsi/gomega"

	"github.com/seawall-dev/seawall/pkg/revision"
)

const address = "https://example.com/org/fleet"

// checkout is a clone for a test.
type checkout struct {
	*testing.T

	dir string
}

// newCheckout returns a clone of address with files in its first commit, on main.
func newCheckout(t *testing.T, files ...string) checkout {
	t.Helper()
	made := checkout{t, t.TempDir()}
	made.run("init", "-q", "-b", "main")
	made.run("remote", "add", "origin", "git@EXAMPLE.com:org/fleet.git")
	made.write(files...)
	made.commit("first")
	return made
}

func (r checkout) run(arguments ...string) string {
	r.Helper()
	command := exec.CommandContext(r.Context(), "git", append([]string{"-C", r.dir, "-c", "user.name=t", "-c", "user.email=t@example.com"}, arguments...)...)
	said, err := command.CombinedOutput()
	NewWithT(r.T).Expect(err).NotTo(HaveOccurred(), string(said))
	return strings.TrimSpace(string(said))
}

func (r checkout) write(files ...string) {
	r.Helper()
	for _, file := range files {
		path := filepath.Join(r.dir, file)
		NewWithT(r.T).Expect(os.MkdirAll(filepath.Dir(path), 0o700)).To(Succeed())
		NewWithT(r.T).Expect(os.WriteFile(path, []byte("in "+file), 0o600)).To(Succeed())
	}
}

func (r checkout) commit(message string) string {
	r.Helper()
	r.run("add", "-A")
	r.run("commit", "-qm", message)
	return r.run("rev-parse", "HEAD")
}

func TestARepositoryIsKnownByWhateverURL(t *testing.T) {
	clones := revision.NewClones(t.Context(), newCheckout(t, "apps/a/x").dir)
	for url, known := range map[string]bool{
		"https://example.com/org/fleet": true, "https://example.com/org/fleet.git": true, "HTTPS://user:secret@Example.COM:443/org/fleet.git/": true,
		"ssh://git@example.com/org/fleet": true, "ssh://git@example.com:22/org/fleet.git": true, "git@example.com:org/fleet": true,
		"example.com:/org/fleet.git": true, "https://example.com/org/Fleet": false, "https://example.com:8443/org/fleet": false,
		"https://example.org/org/fleet": false, "https://example.com/org/fleet.git.bak": false, "/org/fleet": false, "": false,
	} {
		_, err := clones.Directories(t.Context(), url, "HEAD")
		if known {
			NewWithT(t).Expect(err).NotTo(HaveOccurred(), url)
		} else {
			NewWithT(t).Expect(err).To(MatchError("there is no clone of "+url+" (--repo URL=DIR)"), url)
		}
	}
}

func TestHEADIsTheWorkingTreeAndOtherRevisionsAreCommits(t *testing.T) {
	of := newCheckout(t, "apps/a/x")
	first := of.run("rev-parse", "HEAD")
	of.run("tag", "v1.0.0")
	of.run("update-ref", "refs/remotes/origin/staging", first)
	of.run("checkout", "-qb", "feature")
	of.write("apps/b/x", ".github/workflows/y", "apps/.hidden/deep/z", "ignored/q", ".gitignore")
	NewWithT(t).Expect(os.WriteFile(filepath.Join(of.dir, ".gitignore"), []byte("ignored\n"), 0o600)).To(Succeed())
	clones := revision.NewClones(t.Context(), of.dir)
	was, now := []string{"apps", "apps/a"}, []string{"apps", "apps/a", "apps/b"}
	for name, want := range map[string][]string{
		"HEAD": now, "": now, "main": now, "refs/heads/main": now, "feature": now,
		"v1.0.0": was, "refs/tags/v1.0.0": was, "staging": was, "refs/heads/staging": was, first: was, first[:9]: was,
	} {
		NewWithT(t).Expect(clones.Directories(t.Context(), address, name)).To(Equal(want), name)
	}
	for name, want := range map[string]string{
		"prod": `there is no revision "prod"`, "v1.*": "range of versions", ">=1.0.0": "range of versions", "--all": `there is no revision "--all"`,
	} {
		_, err := clones.Directories(t.Context(), address, name)
		NewWithT(t).Expect(err).To(MatchError(ContainSubstring(want)), name)
	}

	of.run("symbolic-ref", "refs/remotes/origin/HEAD", "refs/remotes/origin/staging")
	of.run("update-ref", "refs/remotes/origin/main", first)
	clones = revision.NewClones(t.Context(), of.dir)
	NewWithT(t).Expect(clones.Directories(t.Context(), address, "staging")).To(Equal(now), "the branch that the remote's HEAD is")
	NewWithT(t).Expect(clones.Directories(t.Context(), address, "main")).To(Equal(was))
}

func TestBeforeIsTheCommitAtWhichTheBranchBegan(t *testing.T) {
	g := NewWithT(t)
	of := newCheckout(t, "apps/a/x")
	of.run("branch", "release")
	of.run("tag", "old")
	of.run("checkout", "-qb", "feature")
	of.write("apps/b/x")
	of.commit("second")
	g.Expect(os.RemoveAll(filepath.Join(of.dir, "apps", "a"))).To(Succeed())
	other := newCheckout(t, "tenants/t/x")
	clones := revision.NewClones(t.Context(), of.dir)
	g.Expect(clones.Add(t.Context(), "https://example.com/org/other", other.dir)).To(Succeed())
	were, err := clones.Before(t.Context(), "release")
	g.Expect(err).NotTo(HaveOccurred())
	for _, branch := range []string{"HEAD", "release"} { // what it is to become part of
		g.Expect(clones.Directories(t.Context(), address, branch)).To(Equal([]string{"apps", "apps/b"}), branch)
		g.Expect(were.Directories(t.Context(), address, branch)).To(Equal([]string{"apps", "apps/a"}), branch)
	}
	g.Expect(were.Directories(t.Context(), "https://example.com/org/other", "HEAD")).To(Equal([]string{"tenants", "tenants/t"}))

	_, err = clones.Before(t.Context(), "old")
	g.Expect(err).NotTo(HaveOccurred())
	g.Expect(clones.Directories(t.Context(), address, "old")).To(Equal([]string{"apps", "apps/a"}), "a tag is no branch")
	_, err = clones.Before(t.Context(), "nowhere")
	g.Expect(err).To(MatchError(ContainSubstring(`there is no revision "nowhere"`)))
	_, err = revision.NewClones(t.Context(), t.TempDir()).Before(t.Context(), "main")
	g.Expect(err).To(MatchError(ContainSubstring("there is no checkout")))
}

func TestFilesAreThoseOfAPathspec(t *testing.T) {
	of := newCheckout(t, "config.json", "a/config.json", "a/b/config.json", "a/b/other.json", "sp ace/ü.json")
	commit := of.run("rev-parse", "HEAD")
	of.run("checkout", "-qb", "main2")
	bare := filepath.Join(t.TempDir(), "bare.git")
	of.run("clone", "-q", "--bare", of.dir, bare)
	clones := revision.NewClones(t.Context(), of.dir)
	NewWithT(t).Expect(clones.Add(t.Context(), "file:///srv/bare.git", bare)).To(Succeed())
	for pattern, want := range map[string][]string{
		"*/config.json": {"a/config.json", "a/b/config.json"}, "config.json": {"config.json"}, "a/b": {"a/b/config.json", "a/b/other.json"},
		"**/other.json": {"a/b/other.json"}, "sp ace/*": {"sp ace/ü.json"}, "none": {}, "": {"config.json", "a/config.json", "a/b/config.json", "a/b/other.json", "sp ace/ü.json"},
	} {
		holding := map[string][]byte{}
		for _, path := range want {
			holding[path] = []byte("in " + path)
		}
		NewWithT(t).Expect(clones.Files(t.Context(), address, "HEAD", pattern)).To(Equal(holding), "working tree, %q", pattern)
		NewWithT(t).Expect(clones.Files(t.Context(), address, commit, pattern)).To(Equal(holding), "commit, %q", pattern)
		NewWithT(t).Expect(clones.Files(t.Context(), "file:///srv/bare", "HEAD", pattern)).To(Equal(holding), "bare, %q", pattern)
	}
	_, err := clones.Files(t.Context(), address, "HEAD", "../x")
	NewWithT(t).Expect(err).To(MatchError(ContainSubstring("outside repository")))
}

// link makes a symbolic link.
func (r checkout) link(target, path string) {
	r.Helper()
	path = filepath.Join(r.dir, path)
	NewWithT(r.T).Expect(os.MkdirAll(filepath.Dir(path), 0o700)).To(Succeed())
	NewWithT(r.T).Expect(os.Symlink(target, path)).To(Succeed())
}

func TestLinksAreFollowedInsideTheRepository(t *testing.T) {
	of := newCheckout(t, "a/config.json", "a/b/other.json", ".gitignore")
	NewWithT(t).Expect(os.WriteFile(filepath.Join(of.dir, ".gitignore"), []byte("/ignored\n"), 0o600)).To(Succeed())
	NewWithT(t).Expect(os.WriteFile(filepath.Join(of.dir, "ignored"), nil, 0o600)).To(Succeed())
	NewWithT(t).Expect(os.WriteFile(filepath.Join(filepath.Dir(of.dir), "outside"), nil, 0o600)).To(Succeed())
	links := map[string]string{
		"links/beside": "../a/config.json", "links/twice": "beside", "to-folder": "a", "links/through": "../to-folder/b/./other.json", "links/up": "../to-folder/b/../config.json",
		"bad/nowhere": "../a/missing", "bad/folder": "../a", "bad/absolute": of.dir + "/a/config.json", "bad/out": "../../outside", "bad/circle": "circle",
		"bad/through": "../a/config.json/x", "bad/ignored": "../ignored", "bad/git": "../.git/HEAD",
	}
	for path, target := range links {
		of.link(target, path)
	}
	commit := of.commit("with links")
	clones := revision.NewClones(t.Context(), of.dir)
	for _, at := range []string{"HEAD", commit} {
		NewWithT(t).Expect(clones.Files(t.Context(), address, at, "links/*")).To(Equal(map[string][]byte{
			"links/beside": []byte("in a/config.json"), "links/twice": []byte("in a/config.json"), "links/up": []byte("in a/config.json"), "links/through": []byte("in a/b/other.json"),
		}), at)
		for path, why := range map[string]string{
			"bad/nowhere": "leads to no file", "bad/folder": "leads to no file", "to-folder": "leads to no file", "bad/absolute": "leads out of the repository", "bad/out": "leads out of the repository",
			"bad/circle": "leads in a circle", "bad/through": "leads nowhere", "bad/ignored": "leads to no file", "bad/git": "leads nowhere",
		} {
			_, err := clones.Files(t.Context(), address, at, path)
			NewWithT(t).Expect(err).To(MatchError(address+": "+path+" is a symbolic link, which "+why), at)
		}
		NewWithT(t).Expect(clones.Directories(t.Context(), address, at)).To(Equal([]string{"a", "a/b", "bad", "links"}), "none is a folder")
	}
}

func TestWhatIsNotFollowedIsSaid(t *testing.T) {
	g := NewWithT(t)
	of := newCheckout(t, "a/config.json")
	inner := newCheckout(t, "x")
	of.run("-c", "protocol.file.allow=always", "submodule", "--quiet", "add", inner.dir, "vendored")
	of.link("vendored", "linked")
	commit := of.commit("with a submodule")
	clones := revision.NewClones(t.Context(), of.dir)
	for _, at := range []string{"HEAD", commit} {
		_, err := clones.Directories(t.Context(), address, at)
		g.Expect(err).To(MatchError(ContainSubstring("vendored is a submodule, which is not followed")))
		_, err = clones.Files(t.Context(), address, at, "vendored")
		g.Expect(err).To(MatchError(ContainSubstring("vendored is a submodule, which is not followed")))
		_, err = clones.Files(t.Context(), address, at, "linked")
		g.Expect(err).To(MatchError(ContainSubstring("linked is a symbolic link, which leads to vendored, which is a submodule")))
	}
}

func TestASparseCheckoutHidesNothing(t *testing.T) {
	g := NewWithT(t)
	of := newCheckout(t, "apps/a/x", "apps/b/x")
	of.run("sparse-checkout", "set", "apps/a")
	clones := revision.NewClones(t.Context(), of.dir)
	g.Expect(clones.Directories(t.Context(), address, "HEAD")).To(Equal([]string{"apps", "apps/a", "apps/b"}))
	_, err := clones.Files(t.Context(), address, "HEAD", "apps/*")
	g.Expect(err).To(MatchError(ContainSubstring("apps/b/x is left out by a sparse checkout")))
}

func TestARepoHasToBeAClone(t *testing.T) {
	g := NewWithT(t)
	clones := revision.NewClones(t.Context(), t.TempDir())
	g.Expect(clones.Add(t.Context(), address, t.TempDir())).To(MatchError(ContainSubstring("it is in no git repository")))
	g.Expect(clones.Add(t.Context(), address, "/nowhere")).NotTo(Succeed())
}
