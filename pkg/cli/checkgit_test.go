package cli_test

import (
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"

	. "github.com/onsi/gomega"
)

// perTenant is an ApplicationSet of the folders of a repository.
const perTenant = `apiVersion: argoproj.io/v1alpha1
kind: ApplicationSet
metadata: {name: tenants, namespace: argocd}
spec:
  goTemplate: true
  generators:
    - git:
        repoURL: https://git.example.com/org/fleet.git
        revision: HEAD
        directories: [{path: tenants/*}, {path: tenants/retired, exclude: true}]
  template:
    metadata: {name: 'tenant-{{.path.basename}}'}
    spec:
      project: default
      destination: {name: one, namespace: '{{index .path.segments 1}}'}
      source: {repoURL: https://git.example.com/org/fleet.git, path: '{{.path.path}}', targetRevision: HEAD}
`

// inGit makes a folder a checkout of the repository, with all that is in it committed.
func inGit(t *testing.T, dir string) (run func(arguments ...string)) {
	t.Helper()
	run = func(arguments ...string) {
		t.Helper()
		command := exec.CommandContext(t.Context(), "git", append([]string{"-C", dir, "-c", "user.name=t", "-c", "user.email=t@example.com"}, arguments...)...)
		said, err := command.CombinedOutput()
		NewWithT(t).Expect(err).NotTo(HaveOccurred(), string(said))
	}
	run("init", "-q", "-b", "main")
	run("remote", "add", "origin", "git@git.example.com:org/fleet")
	run("add", "-A")
	run("commit", "-qm", "base")
	return run
}

// tenantFolders are files of so many tenants.
func tenantFolders(from, to int) map[string]string {
	files := map[string]string{}
	for i := from; i < to; i++ {
		files["tenants/t"+strconv.Itoa(i)+"/app.yaml"] = "a: b\n"
	}
	return files
}

func TestAPullRequestThatAddsATenantsFolderIsCounted(t *testing.T) {
	g := NewWithT(t)
	files := tenantFolders(0, 40)
	files["apps/set.yaml"], files["tenants/retired/app.yaml"] = perTenant, "a: b\n"
	dir := folder(t, files)
	run := inGit(t, dir)
	against := []string{"check", "apps", "--against", "git:main", "--argocd-progressive-syncs=Disabled"}

	run("checkout", "-qb", "more")
	code, out, said := seawall(t, dir, against...)
	g.Expect(code).To(BeZero(), out+said)
	g.Expect(out).To(MatchRegexp(`Allowed +ApplicationSet argocd/tenants +UPDATE +- `), "nothing changes")

	for path, text := range tenantFolders(40, 41) {
		g.Expect(os.MkdirAll(filepath.Dir(filepath.Join(dir, path)), 0o700)).To(Succeed())
		g.Expect(os.WriteFile(filepath.Join(dir, path), []byte(text), 0o600)).To(Succeed())
	}
	code, out, _ = seawall(t, dir, against...)
	g.Expect(code).To(BeZero(), out)
	g.Expect(out).To(MatchRegexp(`Allowed +ApplicationSet argocd/tenants +UPDATE +1 +1 `))
	g.Expect(out).To(ContainSubstring(`a git generator was resolved from a clone, which the webhook does not have: set annotation seawall.dev/environments to "41"`))

	for path, text := range tenantFolders(41, 70) {
		g.Expect(os.MkdirAll(filepath.Dir(filepath.Join(dir, path)), 0o700)).To(Succeed())
		g.Expect(os.WriteFile(filepath.Join(dir, path), []byte(text), 0o600)).To(Succeed())
	}
	run("add", "-A")
	run("commit", "-qm", "thirty tenants")
	code, out, _ = seawall(t, dir, against...)
	g.Expect(code).To(Equal(1), out)
	g.Expect(out).To(ContainSubstring("wave 1 syncs 30 environments"))
	code, out, _ = seawall(t, dir, "check", "apps", "--argocd-progressive-syncs=Disabled")
	g.Expect(code).To(Equal(1), out)
	g.Expect(out).To(ContainSubstring("wave 1 syncs 70 environments"), "each is new where nothing is compared")
}

func TestWhatWasThereIsReadAsItWas(t *testing.T) {
	g := NewWithT(t)
	dir := folder(t, map[string]string{
		"base/set.yaml": appSet("v1"), "fleet.yaml": clusters(), "apps/.gitkeep": "", ".gitattributes": "base/* export-ignore\n",
	})
	outside := folder(t, map[string]string{"values.yaml": "a: b\n"})
	for link, target := range map[string]string{
		"apps/set.yaml": "../base/set.yaml", "apps/out.yaml": filepath.Join(outside, "values.yaml"), "linked": "apps",
	} {
		g.Expect(os.Symlink(target, filepath.Join(dir, link))).To(Succeed())
	}
	inGit(t, dir)
	for _, path := range []string{"apps", "linked", "apps/set.yaml"} {
		code, out, said := seawall(t, dir, "check", path, "--inventory", "fleet.yaml", "--against", "git:main", "--argocd-progressive-syncs=Disabled")
		g.Expect(code).To(BeZero(), out+said)
		g.Expect(out).To(MatchRegexp(`Allowed +ApplicationSet argocd/web +UPDATE +- `), "%s: nothing changes", path)
		g.Expect(strings.Contains(said, "apps/out.yaml was a symbolic link out of the repository")).To(Equal(path == "apps"), said)
	}
}

func TestClonesAreNamed(t *testing.T) {
	g := NewWithT(t)
	files := tenantFolders(0, 30)
	clone := folder(t, files)
	inGit(t, clone)
	dir := folder(t, map[string]string{"set.yaml": perTenant})
	judge := []string{"check", "set.yaml", "--argocd-progressive-syncs=Disabled"}
	code, out, _ := seawall(t, dir, judge...)
	g.Expect(code).To(Equal(1), out)
	g.Expect(out).To(ContainSubstring("spec.generators[0].git is resolved over the network: " +
		"there is no clone of https://git.example.com/org/fleet.git (--repo URL=DIR)"))
	code, out, _ = seawall(t, dir, append(judge, "--repo", "https://git.example.com/org/fleet="+clone)...)
	g.Expect(code).To(Equal(1), out)
	g.Expect(out).To(ContainSubstring("wave 1 syncs 30 environments"))
	for _, wrong := range [][2]string{
		{"fleet", `--repo is "fleet": want URL=DIR`}, {"https://x=", `--repo is "https://x=": want URL=DIR`},
		{"https://x=" + dir, "it is in no git repository"},
	} {
		code, _, said := seawall(t, dir, append(judge, "--repo", wrong[0])...)
		g.Expect(code).To(Equal(2))
		g.Expect(said).To(ContainSubstring(wrong[1]))
	}
}

func TestNoClusterIsAskedUntilOneIsAskedFor(t *testing.T) {
	g := NewWithT(t)
	var requests atomic.Int32
	server := httptest.NewServer(http.HandlerFunc(func(out http.ResponseWriter, _ *http.Request) {
		requests.Add(1)
		http.Error(out, "no", http.StatusInternalServerError)
	}))
	defer server.Close()
	dir := folder(t, map[string]string{"apps/set.yaml": appSet("v1"), "fleet.yaml": clusters(), "config": `{
		"apiVersion": "v1", "kind": "Config", "current-context": "only", "contexts": [{"name": "only", "context": {"cluster": "only"}}],
		"clusters": [{"name": "only", "cluster": {"server": "` + server.URL + `"}}]}`})
	judge := []string{"check", "apps", "--inventory", "fleet.yaml"}
	for _, config := range []string{filepath.Join(dir, "config"), filepath.Join(dir, "nowhere")} {
		t.Setenv("KUBECONFIG", config)
		code, out, said := seawall(t, dir, judge...)
		g.Expect(code).To(Equal(1), out+said)
	}
	g.Expect(requests.Load()).To(BeZero())
	code, _, said := seawall(t, dir, append(judge, "--live")...)
	g.Expect(code).To(Equal(2))
	g.Expect(said).To(ContainSubstring("asking http://localhost:8080"), "KUBECONFIG points nowhere, for which kubectl has this server")
	t.Setenv("KUBECONFIG", filepath.Join(dir, "config"))
	for _, flags := range [][]string{{"--live"}, {"--context=only"}, {"--kubeconfig=config"}, {"--server=" + server.URL}} {
		requests.Store(0)
		code, _, said := seawall(t, dir, append(judge, flags...)...)
		g.Expect(code).To(Equal(2), "%v", flags)
		g.Expect(said).To(ContainSubstring("asking "+server.URL), "%v", flags)
		g.Expect(requests.Load()).To(BeNumerically(">", 0), "%v", flags)
	}
}
