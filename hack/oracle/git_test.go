package oracle

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/seawall-dev/seawall/pkg/kinds/applicationset"
	"github.com/seawall-dev/seawall/pkg/revision"
)

// writesOfOne is how many writes there are for one repository.
const writesOfOne = 10

// TestSeawallReadsGitAsArgoCDDoes compares git generators on random trees, which Argo CD's own repo-server
// reads on one side, and Seawall on the other in a clone.
func TestSeawallReadsGitAsArgoCDDoes(t *testing.T) {
	if testing.Short() {
		t.Skip("builds Argo CD")
	}
	folders := map[uint64]map[string]string{}
	compare(t, func(yield func(write) bool) {
		for number := range *count / writesOfOne {
			of := number / writesOfOne
			if folders[of] == nil {
				folders[of] = repositories(t, &chance{Rand: rand.New(rand.NewPCG(*seed, of))})
			}
			if (*only < 0 || uint64(*only) == number) && !yield(gitWrite(number, folders[of])) {
				return
			}
		}
	})
}

// clones are what Seawall asks of the repositories.
func (w write) clones(t *testing.T) applicationset.Repositories {
	t.Helper()
	if len(w.Repositories) == 0 {
		return nil
	}
	clones := revision.NewClones(t.Context(), t.TempDir())
	for url, folder := range w.Repositories {
		if err := clones.Add(t.Context(), url, folder); err != nil {
			t.Fatal(err)
		}
	}
	return clones
}

// repositories makes up two of them.
func repositories(t *testing.T, c *chance) map[string]string {
	t.Helper()
	made := map[string]string{}
	for _, url := range []string{"https://one", "https://two"} {
		dir := t.TempDir()
		run(t, dir, "init", "-q", "-b", "main")
		for range c.some(10, 40) {
			c.file(t, dir)
		}
		run(t, dir, "add", "-A")
		run(t, dir, "commit", "-q", "--allow-empty", "-m", "all")
		made[url] = dir
	}
	return made
}

func run(t *testing.T, dir string, arguments ...string) {
	t.Helper()
	command := exec.CommandContext(t.Context(), "git", append([]string{"-C", dir, "-c", "user.name=t", "-c", "user.email=t@example.com"}, arguments...)...)
	said, err := command.CombinedOutput()
	if err != nil {
		t.Fatalf("git %v: %v: %s", arguments, err, said)
	}
}

// file writes one, unless there is a folder where it would be, or a file where its folder would.
func (c *chance) file(t *testing.T, dir string) {
	t.Helper()
	parts := []string{dir}
	for range c.some(0, 2) {
		parts = append(parts, pick(c, "apps", "apps", "a", "b", "One_two", ".hidden", "x y", "c.d", "é"))
	}
	folder := filepath.Join(parts...)
	if os.MkdirAll(folder, 0o700) != nil {
		return
	}
	name := pick(c, "config.json", "config.yaml", "data.yml", ".gitkeep", "Name_A.yaml", "a")
	_ = os.WriteFile(filepath.Join(folder, name), []byte(c.content()), 0o600)
}

// content is what a file holds, seldom what no generator reads.
func (c *chance) content() string {
	if c.in(40) {
		return pick(c, "just text", "- a\n- b\n", "a: b: c\n", "[1, 2]")
	}
	if c.in(8) {
		return pick(c, "", "null", "# nothing\n", "[]", "{}")
	}
	one := func() object {
		return object{
			"name": fmt.Sprint("n", c.IntN(50)), "path": pick[any](c, "own", nil), "values": pick[any](c, object{"v": "own"}, "text"),
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

// gitWrite makes up the creation of an ApplicationSet of git generators.
func gitWrite(number uint64, folders map[string]string) write {
	c := &chance{Rand: rand.New(rand.NewPCG(*seed+1, number))}
	c.goTemplate = c.in(2)
	entry := object{"git": c.git()}
	if c.in(4) {
		second := c.git()
		second["pathParamPrefix"] = "second"
		if c.in(2) {
			second["directories"], second["files"] = nil, list{object{"path": c.ref("path.path") + "/config.*"}}
			if !c.goTemplate {
				second["files"] = list{object{"path": "{{path}}/config.*"}}
			}
		}
		entry = object{"matrix": object{"generators": list{entry, object{"git": second}}}}
	}
	if c.in(8) {
		entry["selector"] = object{"matchLabels": object{"path.basename": pick(c, "a", "b", "apps")}}
	}
	name := "n-{{name}}-{{path[0]}}-{{path.basenameNormalized}}-{{key.sub}}-{{key.list.1.y}}"
	switch {
	case c.goTemplate:
		name = `n{{ toJson . | sha256sum | trunc 20 }}`
	case c.in(2):
		name = "n-{{path.basenameNormalized}}-{{path[1]}}-{{values.v}}"
	}
	spec := object{"goTemplate": c.goTemplate, "generators": list{entry}, "template": object{
		"metadata": object{"name": name},
		"spec":     object{"project": "default", "destination": object{"server": "https://x", "namespace": "y"}, "source": object{"repoURL": "z", "path": "."}},
	}}
	return write{number: number, New: applicationSet(spec), Repositories: folders}
}

// git is a git generator.
func (c *chance) git() object {
	config := object{"repoURL": pick(c, "https://one", "https://two"), "revision": pick(c, "HEAD", "", "main")}
	patterns := func(of ...string) list {
		items := list{}
		for range c.some(1, 3) {
			item := object{"path": pick(c, of...)}
			if c.in(4) {
				item["exclude"] = true
			}
			items = append(items, item)
		}
		return items
	}
	if c.in(2) {
		config["directories"] = patterns("*", "apps/*", "*/*", "*/*/*", "apps", "[ab]", "a*", "a[b", "apps/a/", "**", ".*", "x y", "c.?", "*é*", "")
	} else {
		config["files"] = patterns("*", "apps/*/config.json", "**/config.yaml", "*.json", "apps", "config.*", "*/Name_?.yaml", "a", "x y/*",
			":(glob)apps/*/config.json", ":!apps", "[", "*.[jy]*", "é/*", ".hidden/*", "", "apps/../a/*")
	}
	if c.in(4) {
		config["pathParamPrefix"] = pick(c, "in", "name", "second")
	}
	if c.in(3) {
		config["values"] = object{"v": pick(c, "fixed", c.ref("path.basename")), "w": pick(c, c.ref("name"), c.ref("values.v"), c.ref("missing"))}
	}
	return config
}
