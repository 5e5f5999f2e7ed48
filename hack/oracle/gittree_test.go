package oracle

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// repository is one of random files. Writes ask for what it has on its main branch, mostly; an older commit
// has a tag, and a branch beside has some other files.
type repository struct {
	dir string
	// folders and files are the paths of those on the main branch that are not hidden.
	folders, files []string
	// revisions are names of its commits.
	revisions []string
}

// repositories makes up two of them.
func repositories(t *testing.T, c *chance) map[string]*repository {
	t.Helper()
	made := map[string]*repository{}
	for _, url := range []string{"https://one", "https://two"} {
		of := &repository{dir: t.TempDir()}
		of.run(t, "init", "-q", "-b", "main")
		for at, branch := range []string{"main", "beside", "main"} {
			if at > 0 {
				of.run(t, "checkout", "-q", "-B", branch, "v1.0.0")
			}
			for range c.some(8, 24) {
				c.file(t, of.dir)
			}
			of.run(t, "add", "-A")
			of.run(t, "commit", "-q", "--allow-empty", "-m", branch)
			if at == 0 {
				of.run(t, "tag", "v1.0.0")
			}
		}
		of.revisions = []string{"HEAD", "", "main", "refs/heads/main", "beside", "v1.0.0", of.run(t, "rev-parse", "v1.0.0")}
		of.survey(t)
		made[url] = of
	}
	return made
}

func (r *repository) run(t *testing.T, arguments ...string) string {
	t.Helper()
	command := exec.CommandContext(t.Context(), "git", append([]string{"-C", r.dir, "-c", "user.name=t", "-c", "user.email=t@example.com"}, arguments...)...)
	said, err := command.CombinedOutput()
	if err != nil {
		t.Fatalf("git %v: %v: %s", arguments, err, said)
	}
	return strings.TrimSpace(string(said))
}

// survey notes what is there to ask for.
func (r *repository) survey(t *testing.T) {
	t.Helper()
	found := map[string]bool{}
	for path := range strings.SplitSeq(r.run(t, "ls-files", "-z"), "\x00") {
		if path == "" || strings.HasPrefix(path, ".") || strings.Contains(path, "/.") {
			continue
		}
		r.files = append(r.files, path)
		for at, char := range path {
			if folder := path[:at]; char == '/' && !found[folder] {
				found[folder] = true
				r.folders = append(r.folders, folder)
			}
		}
	}
	slices.Sort(r.folders)
}

// file writes one, unless there is a folder where it would be, or a file where its folder would.
func (c *chance) file(t *testing.T, dir string) {
	t.Helper()
	parts := []string{dir}
	for depth := range c.some(0, 3) {
		name := pick(c, "apps", "apps", "clusters", "a", "One_two", ".hidden", "x y", "c.d", "é")
		if depth > 0 || c.in(3) {
			name = pick(c, fmt.Sprint("t", c.IntN(40)), fmt.Sprint("t", c.IntN(40)), fmt.Sprint("T_", c.IntN(40)), name)
		}
		parts = append(parts, name)
	}
	folder := filepath.Join(parts...)
	if os.MkdirAll(folder, 0o700) != nil {
		return
	}
	path := filepath.Join(folder, pick(c, "config.json", "config.json", "config.yaml", "data.yml", ".gitkeep", "Name_A.yaml", "a"))
	_ = os.Remove(path) // a link there would be written through
	if target := c.target(t, dir, folder); c.in(12) && target != "" {
		_ = os.Symlink(target, path)
		return
	}
	_ = os.WriteFile(path, []byte(c.content()), 0o600)
}

// target is where a symbolic link leads: to a file that is there, maybe by another link, seldom to a folder or
// nowhere. It is empty if there is no such file.
func (c *chance) target(t *testing.T, dir, folder string) string {
	t.Helper()
	if c.in(60) {
		return pick(c, "missing", ".", "../..", "a")
	}
	inside, err := filepath.Rel(dir, folder)
	if err != nil {
		t.Fatal(err)
	}
	found, err := filepath.Glob(filepath.Join(dir, pick(c, "*", "*/*", "*/*", inside), pick(c, "config.*", "*.y*ml", "Name*", "a")))
	found = slices.DeleteFunc(found, func(path string) bool {
		info, err := os.Stat(path)
		return err != nil || !info.Mode().IsRegular()
	})
	if err != nil || len(found) == 0 {
		return ""
	}
	target, err := filepath.Rel(folder, pick(c, found...))
	if err != nil {
		t.Fatal(err)
	}
	return target
}

// content is what a file holds, seldom what no generator reads.
func (c *chance) content() string {
	if c.in(150) {
		return pick(c, "just text", "- a\n- b\n", "a: b: c\n", "[1, 2]")
	}
	if c.in(20) {
		return pick(c, "", "null", "# nothing\n", "[]", "{}")
	}
	one := func() object {
		return object{
			"name": fmt.Sprint("n", c.IntN(5000)), "path": pick[any](c, "own", nil), "values": pick[any](c, object{"v": "own"}, "text"),
			"key": object{"sub": pick[any](c, "v1", 3, 1.5, true, nil, 1e21, 1234567), "list": list{"x", object{"y": c.IntN(9)}}, "none": object{}},
		}
	}
	var holds any = one()
	if c.in(4) {
		holds = list{one(), one()}
	}
	text, err := json.Marshal(holds)
	if err != nil {
		panic(err)
	}
	return string(text) + pick(c, "", "\n", "\n---\n{}\n")
}
