package docs_test

import (
	"context"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	. "github.com/onsi/gomega"
	"sigs.k8s.io/yaml"

	"github.com/seawall-dev/seawall/hack/pages"
)

// The recipes of docs/ci.md, as far as they are run here.
type recipe struct {
	// Jobs are those of GitHub Actions.
	Jobs map[string]struct {
		Steps []workflowStep `json:"steps"`
	} `json:"jobs"`
	// Repos are those of pre-commit.
	Repos []struct {
		Hooks []struct {
			Entry string `json:"entry"`
		} `json:"hooks"`
	} `json:"repos"`
	// Seawall and Rendered are jobs of GitLab CI.
	Seawall  gitLabJob `json:"seawall"`
	Rendered gitLabJob `json:"rendered"`
}

type workflowStep struct {
	Name string            `json:"name"`
	Uses string            `json:"uses"`
	Run  string            `json:"run"`
	With map[string]any    `json:"with"`
	Env  map[string]string `json:"env"`
}

type gitLabJob struct {
	BeforeScript []string          `json:"before_script"`
	Script       []string          `json:"script"`
	Variables    map[string]string `json:"variables"`
}

// recipes returns those that are there, in their order: GitHub Actions, GitLab CI, pre-commit, the job that refreshes
// the snapshot, and that of rendered manifests.
func recipes(g Gomega) []recipe {
	page, err := pages.Read(root, "docs/ci.md")
	g.Expect(err).NotTo(HaveOccurred())
	var found []recipe
	for _, block := range page.Blocks {
		g.Expect(block.Language).To(Equal("yaml"), "line %d", block.Line)
		var one recipe
		g.Expect(yaml.Unmarshal([]byte(block.Text), &one)).To(Succeed(), "line %d", block.Line)
		found = append(found, one)
	}
	g.Expect(found).To(HaveLen(5))
	return found
}

// checkout is a clone of a repository in which a branch releases to all tenants, as a runner has it.
type checkout struct {
	ctx                    context.Context //nolint:containedctx // it is the test's
	g                      Gomega
	dir, runner, bin, base string
	env                    map[string]string
}

func newCheckout(t *testing.T, g Gomega) *checkout {
	t.Helper()
	dir := t.TempDir()
	c := &checkout{
		ctx: t.Context(), g: g, dir: filepath.Join(dir, "builds", "work"), runner: filepath.Join(dir, "builds"), bin: filepath.Join(dir, "tools"),
		base: filepath.Join(dir, "origin"),
	}
	for _, folder := range []string{c.runner, c.bin, c.base} {
		g.Expect(os.MkdirAll(folder, 0o755)).To(Succeed())
	}
	c.env = map[string]string{
		"PATH": c.bin + ":" + os.Getenv("PATH"), "HOME": dir, "GIT_CONFIG_GLOBAL": "/dev/null", "GIT_AUTHOR_NAME": "jane", "GIT_AUTHOR_EMAIL": "j@example.com",
		"GIT_COMMITTER_NAME": "jane", "GIT_COMMITTER_EMAIL": "j@example.com", "NO_COLOR": "1",
	}
	policy, err := os.ReadFile("../config/samples/wavepolicy.yaml")
	g.Expect(err).NotTo(HaveOccurred())
	set, err := os.ReadFile("../config/samples/applicationset-100.yaml")
	g.Expect(err).NotTo(HaveOccurred())
	for name, text := range map[string]string{
		"seawall/policies/default.yaml": string(policy), "seawall/fleet.yaml": progressiveSyncs, "apps/tenants.yaml": string(set),
	} {
		file := filepath.Join(c.base, name)
		g.Expect(os.MkdirAll(filepath.Dir(file), 0o755)).To(Succeed())
		g.Expect(os.WriteFile(file, []byte(text), 0o600)).To(Succeed())
	}
	// The author loosens the policy in the same change, which must not count.
	c.in(c.base, `git init -q -b main && git add . && git commit -q -m base && git switch -q -c release &&
sed -i 's/targetRevision: v1.0.0/targetRevision: v1.1.0/' apps/tenants.yaml &&
sed -i 's/maxWaveFailureProbability: "0.2"/maxWaveFailureProbability: "1"/' seawall/policies/default.yaml && git commit -q -a -m release &&
git switch -q main`)
	c.in(c.runner, fmt.Sprintf("git clone -q --branch release %s work", c.base))
	return c
}

func (c *checkout) in(dir, script string) {
	printed, code := c.run(dir, script, nil)
	c.g.Expect(code).To(BeZero(), printed)
}

func (c *checkout) run(dir, script string, more map[string]string) (string, int) {
	command := exec.CommandContext(c.ctx, "bash", "-eo", "pipefail", "-c", script) // as both run theirs
	command.Dir = dir
	env := maps.Clone(c.env)
	maps.Copy(env, more)
	for name, value := range env {
		command.Env = append(command.Env, name+"="+value)
	}
	printed, err := command.CombinedOutput()
	if err != nil {
		c.g.Expect(command.ProcessState).NotTo(BeNil(), "%v", err)
	}
	return string(printed), command.ProcessState.ExitCode()
}

// buildPlugin returns the path of the plugin, and its digest.
func buildPlugin(t *testing.T, g Gomega) (file, digest string) {
	t.Helper()
	file = filepath.Join(t.TempDir(), "kubectl-seawall")
	printed, err := exec.CommandContext(t.Context(), "go", "build", "-o", file, "../cmd/kubectl-seawall").CombinedOutput()
	g.Expect(err).NotTo(HaveOccurred(), string(printed))
	sum, err := exec.CommandContext(t.Context(), "sha256sum", file).Output()
	g.Expect(err).NotTo(HaveOccurred())
	return file, strings.Fields(string(sum))[0]
}

// gh is GitHub's program as far as the recipe uses it: it lists a comment if there is one, and keeps how it was called.
const gh = `#!/bin/sh
echo "$@" >> "$HOME/gh.log"
case "$2" in --paginate) cat "$HOME/comments" 2>/dev/null || true ;; esac
`

func TestTheRecipesOfCI(t *testing.T) {
	if testing.Short() {
		t.Skip("builds the plugin")
	}
	g := NewWithT(t)
	plugin, digest := buildPlugin(t, g)
	all := recipes(g)
	t.Run("GitHub Actions", func(t *testing.T) { playGitHub(t, all[0], plugin, digest) })
	t.Run("GitLab CI", func(t *testing.T) { playGitLab(t, all[1], plugin, digest) })
	t.Run("pre-commit", func(t *testing.T) { playPreCommit(t, all[2], plugin) })
	t.Run("rendered manifests", func(t *testing.T) { playRendered(t, all[4], plugin) })
}

func playGitHub(t *testing.T, recipe recipe, plugin, digest string) {
	t.Helper()
	g := NewWithT(t)
	c := newCheckout(t, g)
	g.Expect(os.WriteFile(filepath.Join(c.bin, "gh"), []byte(gh), 0o755)).To(Succeed())
	maps.Copy(c.env, map[string]string{
		"RUNNER_TEMP": filepath.Join(c.runner, "temp"), "GITHUB_PATH": filepath.Join(c.runner, "path"), "GITHUB_BASE_REF": "main",
		"GITHUB_REPOSITORY": "example/fleet", "SEAWALL_URL": "file://" + plugin, "SEAWALL_SHA256": digest, "NUMBER": "7", "GH_TOKEN": "none",
	})
	ran := map[string]int{}
	for _, step := range recipe.Jobs["check"].Steps {
		if step.Run == "" {
			g.Expect(step.Uses).To(MatchRegexp(`^[a-z-]+/[a-z-]+(/[a-z-]+)?@v\d+$`))
			continue
		}
		for name, value := range step.Env { // what the recipe sets is what its script is given here
			g.Expect(c.env).To(HaveKey(name), value)
		}
		if path, err := os.ReadFile(c.env["GITHUB_PATH"]); err == nil {
			c.env["PATH"] = strings.TrimSpace(string(path)) + ":" + c.env["PATH"]
		}
		printed, code := c.run(c.dir, step.Run, nil)
		ran[step.Name] = code
		switch step.Name {
		case "Check":
			g.Expect(code).To(Equal(1), printed)
			g.Expect(printed).To(ContainSubstring("::error file=apps/tenants.yaml,line=128,"))
			c.holds("seawall.md", "<!-- seawall check -->\n")
			c.holds("seawall.md", `policy "default" allows 20%`)
			c.holds("seawall.sarif", `"apps/tenants.yaml"`)
		case "Comment":
			g.Expect(code).To(BeZero(), printed)
			c.called("--method POST repos/example/fleet/issues/7/comments -F body=@seawall.md")
			g.Expect(os.WriteFile(filepath.Join(c.env["HOME"], "comments"), []byte("4711\n"), 0o600)).To(Succeed())
			c.in(c.dir, step.Run)
			c.called("--method PATCH repos/example/fleet/issues/comments/4711 -F body=@seawall.md")
		}
	}
	g.Expect(ran).To(Equal(map[string]int{"Install": 0, "Check": 1, "Comment": 0}))
	g.Expect(recipe.Jobs["check"].Steps[0].With).To(HaveKeyWithValue("fetch-depth", float64(0)))
	sarif := recipe.Jobs["check"].Steps[len(recipe.Jobs["check"].Steps)-1]
	g.Expect(sarif.With).To(HaveKeyWithValue("sarif_file", "seawall.sarif"))
}

// holds expects that a file of the checkout has a text.
func (c *checkout) holds(name, want string) {
	text, err := os.ReadFile(filepath.Join(c.dir, name))
	c.g.Expect(err).NotTo(HaveOccurred())
	c.g.Expect(string(text)).To(ContainSubstring(want))
}

func (c *checkout) called(want string) {
	text, err := os.ReadFile(filepath.Join(c.env["HOME"], "gh.log"))
	c.g.Expect(err).NotTo(HaveOccurred())
	c.g.Expect(string(text)).To(ContainSubstring(want))
}

func playGitLab(t *testing.T, recipe recipe, plugin, digest string) {
	t.Helper()
	g := NewWithT(t)
	c := newCheckout(t, g)
	g.Expect(recipe.Seawall.Variables).To(HaveKeyWithValue("GIT_DEPTH", "0"))
	maps.Copy(c.env, map[string]string{
		"CI_BUILDS_DIR": filepath.Join(c.runner, "of-gitlab"), "CI_MERGE_REQUEST_TARGET_BRANCH_NAME": "main",
		"SEAWALL_URL": "file://" + plugin, "SEAWALL_SHA256": digest,
	})
	script := func(lines []string) string { return strings.Join(lines, "\n") }
	c.in(c.dir, script(recipe.Seawall.BeforeScript))
	for range 2 { // a runner keeps its folder
		printed, code := c.run(c.dir, script(recipe.Seawall.Script), nil)
		g.Expect(code).To(Equal(1), printed)
		g.Expect(printed).To(ContainSubstring("1 rollout, 1 denied"))
	}
	c.holds("seawall.xml", "<failure")
	c.holds("seawall.md", "63.4%")
	printed, code := c.run(c.dir, script(recipe.Seawall.BeforeScript), map[string]string{"SEAWALL_SHA256": strings.Repeat("0", 64)})
	g.Expect(code).NotTo(BeZero(), "another program: %s", printed)
}

func playPreCommit(t *testing.T, recipe recipe, plugin string) {
	t.Helper()
	g := NewWithT(t)
	c := newCheckout(t, g)
	g.Expect(os.Symlink(plugin, filepath.Join(c.bin, "kubectl-seawall"))).To(Succeed())
	entry := recipe.Repos[0].Hooks[0].Entry
	printed, code := c.run(c.dir, entry, nil)
	g.Expect(code).To(BeZero(), "by the author's own policy, which is loose: %s", printed)
	c.in(c.dir, "git checkout -q origin/main -- seawall/policies")
	printed, code = c.run(c.dir, entry, nil)
	g.Expect(code).To(Equal(1), printed)
}

func playRendered(t *testing.T, recipe recipe, plugin string) {
	t.Helper()
	g := NewWithT(t)
	c := newCheckout(t, g)
	g.Expect(os.Symlink(plugin, filepath.Join(c.bin, "kubectl-seawall"))).To(Succeed())
	helm, err := exec.CommandContext(t.Context(), "../hack/tools/build.sh", "helm").Output()
	g.Expect(err).NotTo(HaveOccurred())
	g.Expect(os.Symlink(strings.TrimSpace(string(helm)), filepath.Join(c.bin, "helm"))).To(Succeed())
	// The rollout as a template of a chart: its braces are those of Argo CD.
	c.in(c.base, `mkdir -p chart/templates && printf 'apiVersion: v2\nname: fleet\nversion: 0.1.0\n' > chart/Chart.yaml &&
printf 'version: v1.0.0\n' > chart/values.yaml &&
sed "s/'{{\.\([a-z]*\)}}'/'{{\"{{\"}}.\1}}'/; s/targetRevision: v1.0.0/targetRevision: {{ .Values.version }}/" apps/tenants.yaml > chart/templates/tenants.yaml &&
git add chart && git commit -q -m chart`)
	c.in(c.dir, `git fetch -q origin && git reset -q --hard origin/main && sed -i 's/v1.0.0/v1.1.0/' chart/values.yaml && git commit -q -a -m release`)
	printed, code := c.run(c.dir, strings.Join(recipe.Rendered.Script, "\n"), nil)
	g.Expect(code).To(Equal(1), printed)
	g.Expect(printed).To(ContainSubstring("syncs 100 environments at 0.99 each"))
}
