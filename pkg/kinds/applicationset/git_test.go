package applicationset_test

import (
	"context"
	"errors"
	"maps"
	"slices"
	"strings"
	"testing"

	. "github.com/onsi/gomega"
	"sigs.k8s.io/yaml"

	"github.com/seawall-dev/seawall/pkg/inventory"
	"github.com/seawall-dev/seawall/pkg/inventory/argocd"
	"github.com/seawall-dev/seawall/pkg/kinds/applicationset"
	"github.com/seawall-dev/seawall/pkg/rollout"
)

// repository is one of which patterns are paths, or folders with a star behind.
type repository map[string]string

var errUnknown = errors.New("there is no clone of it")

func (r repository) Directories(_ context.Context, url, _ string) ([]string, error) {
	if url != "https://known" {
		return nil, errUnknown
	}
	found := map[string]bool{}
	for path := range r {
		for at, char := range path {
			if char == '/' {
				found[path[:at]] = true
			}
		}
	}
	return slices.Sorted(maps.Keys(found)), nil
}

func (r repository) Files(_ context.Context, url, _, pattern string) (map[string][]byte, error) {
	if url != "https://known" {
		return nil, errUnknown
	}
	found := map[string][]byte{}
	for path, text := range r {
		if folder, all := strings.CutSuffix(pattern, "*"); path == pattern || all && strings.HasPrefix(path, folder) {
			found[path] = []byte(text)
		}
	}
	return found, nil
}

// readGit reads a write against repositories as they are, and as they were.
func readGit(write rollout.Write, now, were applicationset.Repositories) (rollout.Change, error) {
	registry := inventory.NewStaticRegistry(inventory.Static{})
	argoCD := argocd.New(registry, "argocd", argocd.ProgressiveSyncsDisabled)
	kind := applicationset.Kind(applicationset.Inventory{
		Clusters: argoCD, Switches: argoCD, Decisions: argoCD, Applications: argocd.NewApplications(registry), Repositories: now, Were: were,
	})
	return applicationset.TakeAnyName(kind).Reader.Read(context.Background(), write)
}

// gitOf is a git generator of the known repository.
func gitOf(text string) fields {
	config := fields{"repoURL": "https://known", "revision": "HEAD"}
	if err := yaml.Unmarshal([]byte(text), &config); err != nil {
		panic(err)
	}
	return fields{"git": config}
}

func gitSpec(goTemplate bool, name string, generators ...any) spec {
	return spec{"goTemplate": goTemplate, "generators": generators, "template": fields{
		"metadata": fields{"name": name}, "spec": fields{"project": "default", "destination": fields{"name": "x"}},
	}}
}

// The expectations are those of Argo CD's generators/git_test.go.
func TestGitGeneratorsAreResolved(t *testing.T) {
	holds := repository{
		"apps/One_app/x": "", "apps/two/x": "", "apps/two/sub/x": "", "p1/app3/x": "",
		"cluster/a/config.json": `{"key": {"sub": "v1", "n": 1.5, "list": ["x", {"y": true}]}, "name": "one"}`,
		"cluster/b/config.yaml": "- name: two\n  key: {sub: v2}\n- name: three\n", "cluster/empty.yaml": "", "cluster/b/text": "just text",
		"root.yaml": "name: root\n",
	}
	for name, test := range map[string]struct {
		goTemplate bool
		name       string
		generator  fields
		want       []string
	}{
		"folders":                          {false, "{{path.basename}}", gitOf(`directories: [{path: apps/*}]`), []string{"One_app", "two"}},
		"of one level":                     {false, "{{path}}", gitOf(`directories: [{path: "*"}]`), []string{"apps", "cluster", "p1"}},
		"of a list of patterns, once":      {true, "{{.path.path}}", gitOf(`directories: [{path: apps/*}, {path: "*/two"}, {path: p1/app3}]`), []string{"apps/One_app", "apps/two", "p1/app3"}},
		"what excludes wins":               {true, "{{.path.basename}}", gitOf(`directories: [{path: apps/*, exclude: true}, {path: apps/two}, {path: p1/*}]`), []string{"app3"}},
		"exclusions alone match none":      {true, "{{.path.path}}", gitOf(`directories: [{path: apps/*, exclude: true}]`), []string{}},
		"a pattern that is none is passed": {true, "{{.path.path}}", gitOf(`directories: [{path: "a[b"}, {path: p1/*}]`), []string{"p1/app3"}},
		"parameters of a path":             {false, "{{path}}|{{path[0]}}|{{path[1]}}|{{path[2]}}|{{path.basenameNormalized}}", gitOf(`directories: [{path: apps/One*}]`), []string{"apps/One_app|apps|One_app|{{path[2]}}|one-app"}},
		"the same with goTemplate":         {true, "{{.path.path}}|{{index .path.segments 1}}|{{.path.basenameNormalized}}|{{len .path.segments}}", gitOf(`directories: [{path: apps/One*}]`), []string{"apps/One_app|One_app|one-app|2"}},
		"with a prefix":                    {false, "{{in.path}}|{{in.path[1]}}|{{in.path.basename}}", gitOf(`{pathParamPrefix: in, directories: [{path: apps/two}]}`), []string{"apps/two|two|two"}},
		"a prefix with goTemplate":         {true, "{{.in.path.basename}}|{{.path}}", gitOf(`{pathParamPrefix: in, directories: [{path: apps/two}]}`), []string{"two|<no value>"}},
		"values":                           {false, "{{values.a}}|{{values.b}}", gitOf(`{directories: [{path: apps/two}], values: {a: "x-{{path.basename}}", b: "{{values.a}}"}}`), []string{"x-two|{{values.a}}"}},
		"values with goTemplate":           {true, "{{.values.a}}", gitOf(`{directories: [{path: apps/two}], values: {a: "{{.path.basename | upper}}"}}`), []string{"TWO"}},
		"objects of files":                 {false, "{{name}}|{{key.sub}}|{{key.n}}|{{key.list.0}}|{{key.list.1.y}}", gitOf(`files: [{path: cluster/a/config.json}]`), []string{"one|v1|1.5|x|true"}},
		"the same as they are":             {true, "{{.name}}|{{.key.sub}}|{{index .key.list 0}}", gitOf(`files: [{path: cluster/a/*}]`), []string{"one|v1|x"}},
		"each object of a list":            {true, "{{.name}}|{{.path.filename}}|{{.path.basename}}", gitOf(`files: [{path: cluster/b/config.yaml}]`), []string{"two|config.yaml|b", "three|config.yaml|b"}},
		"an empty file":                    {true, "{{.path.path}}|{{.path.filenameNormalized}}", gitOf(`files: [{path: cluster/empty.yaml}]`), []string{"cluster|empty.yaml"}},
		"a file at the root":               {false, "{{name}}|{{path}}|{{path[0]}}|{{path.basename}}|{{path.basenameNormalized}}|", gitOf(`files: [{path: root.yaml}]`), []string{"root|.|.|.||"}},
		"files that exclude":               {true, "{{.name}}", gitOf(`files: [{path: cluster/b/*, exclude: true}, {path: cluster/empty.yaml, exclude: true}, {path: cluster/*}]`), []string{"one"}},
		"folders before files":             {true, "{{.path.path}}", gitOf(`{directories: [{path: p1/*}], files: [{path: root.yaml}]}`), []string{"p1/app3"}},
		"in a matrix": {
			true, "{{.path.basename}}-{{.name}}",
			matrixOf(gitOf(`directories: [{path: apps/*}]`), gitOf(`{pathParamPrefix: of, files: [{path: "cluster/{{if eq .path.basename \"two\"}}a{{else}}b{{end}}/config*"}]}`)), []string{"One_app-two", "One_app-three", "two-one"},
		},
		"filtered": {true, "{{.path.path}}", fields{"git": gitOf(`directories: [{path: apps/*}]`)["git"], "selector": fields{"matchLabels": fields{"path.basename": "two"}}}, []string{"apps/two"}},
	} {
		t.Run(name, func(t *testing.T) {
			g := NewWithT(t)
			change, err := readGit(creation(t, gitSpec(test.goTemplate, test.name, test.generator)), holds, nil)
			g.Expect(err).NotTo(HaveOccurred())
			g.Expect(namesOf(change)).To(ConsistOf(test.want))
		})
	}
	for name, test := range map[string]struct {
		generator fields
		want      string
	}{
		"a repository that nobody knows": {fields{"git": fields{"repoURL": "https://other", "revision": "", "directories": []any{fields{"path": "*"}}}}, "spec.generators[0].git is resolved over the network: there is no clone of it"},
		"neither folders nor files":      {gitOf(`{}`), "spec.generators[0].git has neither directories nor files"},
		"a file of text":                 {gitOf(`files: [{path: cluster/b/text}]`), `spec.generators[0].git reads "cluster/b/text", which holds neither an object nor a list of objects`},
		"a pattern of another type":      {gitOf(`directories: [{path: 3}]`), `spec.generators[0].git.directories[0].path is "3": want a string`},
		"a flag of another type":         {gitOf(`files: [{path: x, exclude: "yes"}]`), `spec.generators[0].git.files[0].exclude is "\"yes\"": want true or false`},
		"a value that does not render":   {gitOf(`{directories: [{path: apps/two}], values: {a: "{{fail \"no\"}}"}}`), "spec.generators[0].git.values.a does not render for folder apps/two"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := readGit(creation(t, gitSpec(true, "{{.path.basename}}", test.generator)), holds, nil)
			NewWithT(t).Expect(err).To(MatchError(ContainSubstring(test.want)))
		})
	}
}

func TestWhatWasInARepositoryIsWhatTheStoredObjectStandsFor(t *testing.T) {
	g := NewWithT(t)
	before, after := repository{"apps/a/x": "", "apps/b/x": ""}, repository{"apps/b/x": "", "apps/c/x": "", "apps/d/x": ""}
	of := gitSpec(true, "{{.path.basename}}", gitOf(`directories: [{path: apps/*}]`))
	write := update(t, of, of)
	change, err := readGit(write, after, before)
	g.Expect(err).NotTo(HaveOccurred())
	g.Expect(namesOf(change)).To(ConsistOf("a", "c", "d"), "one that is gone, and two that are new")
	for name, were := range map[string]applicationset.Repositories{"the same": after, "unsaid": nil} {
		change, err = readGit(write, after, were)
		g.Expect(err).NotTo(HaveOccurred())
		g.Expect(change.Affected()).To(BeZero(), name)
	}
	// Without clones nobody knows, and an entry that stays as it is changes nothing.
	change, err = readGit(write, nil, nil)
	g.Expect(err).NotTo(HaveOccurred())
	g.Expect(change.Affected()).To(BeZero())
}

func TestADeclarationIsNotBelievedWhereAGitGeneratorIsCounted(t *testing.T) {
	g := NewWithT(t)
	holds := repository{"apps/a/x": "", "apps/b/x": "", "apps/c/x": ""}
	write := creation(t, gitSpec(true, "{{.path.basename}}", gitOf(`directories: [{path: apps/*}]`)))
	change, err := readGit(write, holds, nil)
	g.Expect(err).NotTo(HaveOccurred())
	g.Expect(change.Warnings).To(ConsistOf(ContainSubstring(`set annotation seawall.dev/environments to "3"`)))
	for _, declared := range []string{"1", "9"} {
		write.Object.Metadata.Annotations = map[string]string{"seawall.dev/environments": declared}
		change, err = readGit(write, holds, nil)
		g.Expect(err).NotTo(HaveOccurred())
		g.Expect(change.Affected()).To(Equal(3))
		g.Expect(change.Warnings).To(ConsistOf(ContainSubstring("says " + declared + ", but exactly 3 environments were counted")))
	}
}
