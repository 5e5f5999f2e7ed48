package manifest_test

import (
	"os"
	"path/filepath"
	"testing"

	. "github.com/onsi/gomega"

	"github.com/seawall-dev/seawall/pkg/manifest"
)

const (
	bom = "\ufeff"
	a   = "apiVersion: v1\nkind: A\nmetadata:\n  name: a\nspec:\n  steps:\n  - max: 1\n"
	b   = "apiVersion: v1\nkind: B\nmetadata:\n  name: b\n"
)

// TestForms reads what editors, templates and tools write that is YAML all the same.
func TestForms(t *testing.T) {
	for name, test := range map[string]struct {
		text  string
		want  []string
		lines []int // of spec, or else of the object
	}{
		"a byte order mark":                       {bom + a, []string{"A a"}, []int{5}},
		"one before a separator":                  {bom + "---\n" + a + "---\n" + b, []string{"A a", "B b"}, []int{6, 10}},
		"one before JSON":                         {bom + "{\"apiVersion\": \"v1\", \"kind\": \"A\",\n \"metadata\": {\"name\": \"a\"}}", []string{"A a"}, []int{1}},
		"no newline at the end":                   {"apiVersion: v1\nkind: A\nmetadata: {name: a}", []string{"A a"}, []int{1}},
		"directives and ends":                     {"%YAML 1.2\n---\n" + a + "...\n---\n" + b, []string{"A a", "B b"}, []int{7, 12}},
		"nothing between separators":              {"---\n---\n# nothing\n---\n" + a + "---\n", []string{"A a"}, []int{9}},
		"a separator inside of a text":            {"apiVersion: v1\nkind: A\nmetadata: {name: a}\ntext: |\n  ---\n  kind: C\nspec: {}\n", []string{"A a"}, []int{7}},
		"JSON over several lines":                 {"{\n  \"apiVersion\": \"v1\",\n  \"kind\": \"A\",\n  \"metadata\": {\"name\": \"a\"},\n  \"spec\": {}\n}\n", []string{"A a"}, []int{5}},
		"flow style, which is no JSON":            {"{apiVersion: v1, kind: A, metadata: {name: a},\nspec: {}}\n", []string{"A a"}, []int{2}},
		"JSON between separators":                 {"{\"apiVersion\": \"v1\", \"kind\": \"A\", \"metadata\": {\"name\": \"a\"}}\n---\n" + b, []string{"A a", "B b"}, []int{1, 3}},
		"a List in JSON":                          {"{\"apiVersion\": \"v1\", \"kind\": \"List\", \"items\": [\n{\"apiVersion\": \"v1\", \"kind\": \"A\", \"metadata\": {\"name\": \"a\"},\n\"spec\": {}}]}", []string{"A a"}, []int{3}},
		"a List without items":                    {"{apiVersion: v1, kind: List, items: []}", nil, nil},
		"an anchor":                               {"apiVersion: v1\nkind: A\nmetadata: &m\n  name: a\ncopy: *m\nspec: {}\n", []string{"A a"}, []int{6}},
		"a spec that is an alias":                 {"apiVersion: v1\nkind: A\nmetadata: {name: a}\nbase: &s\n  steps: []\nspec: *s\n", []string{"A a"}, []int{6}},
		"a merged map":                            {"x: &x {namespace: ns}\napiVersion: v1\nkind: A\nmetadata:\n  <<: *x\n  name: a\nspec: {}\n", []string{"A ns/a"}, []int{7}},
		"the line ends of Windows, with comments": {"# a\r\napiVersion: v1\r\nkind: A\r\nmetadata: {name: a}\r\nspec: {}\r\n---\r\n# b\r\n{apiVersion: v1, kind: B, metadata: {name: b}}\r\n", []string{"A a", "B b"}, []int{5, 8}},
	} {
		t.Run(name, func(t *testing.T) {
			g := NewWithT(t)
			parsed := manifest.Parse("f", []byte(test.text))
			g.Expect(problems(parsed)).To(BeEmpty())
			g.Expect(names(parsed)).To(Equal(test.want))
			for i, document := range parsed.Documents {
				g.Expect(document.LineOf("spec")).To(Equal(test.lines[i]), document.String())
			}
		})
	}
}

// TestBadForms holds that what cannot be read is said, with its line, and keeps nothing else from being read.
func TestBadForms(t *testing.T) {
	for name, test := range map[string]struct {
		text, want string
		rest       []string
	}{
		"a tab":                    {b + "---\nkind: A\nspec:\n\tx: 1\n", "f:8: it is no YAML: found character that cannot start any token", []string{"B b"}},
		"what is not closed":       {b + "---\nmetadata: {name: a\n", "it is no YAML: did not find expected ',' or '}'", []string{"B b"}},
		"an anchor that is not":    {"kind: A\nspec: *nothing\n---\n" + b, "it is no YAML: unknown anchor 'nothing' referenced", []string{"B b"}},
		"a template":               {"kind: A\nmetadata: {name: {{ .Values.name }}}\n---\n" + b, "it is no YAML: ", []string{"B b"}},
		"JSON that ends too early": {"{\"apiVersion\": \"v1\", \"kind\": \"A\",\n", "it is no YAML: ", nil},
		"an item of a List":        {"apiVersion: v1\nkind: List\nitems:\n- 5\n- {apiVersion: v1, kind: B, metadata: {name: b}}\n", "f:4: items[0]: it is no Kubernetes object", []string{"B b"}},
		"a kind that is a number":  {"apiVersion: v1\nkind: 5\nmetadata: {name: a}\n---\n" + b, "f:1: kind is a number: want a string", []string{"B b"}},
		"a name that is a boolean": {"apiVersion: v1\nkind: A\nmetadata: {name: on}\n---\n" + b, "f:1: metadata.name is a bool: want a string", []string{"B b"}},
		"metadata that is a list":  {"apiVersion: v1\nkind: A\nmetadata: []\n---\n" + b, "f:1: metadata is a array: want a ", []string{"B b"}},
	} {
		t.Run(name, func(t *testing.T) {
			g := NewWithT(t)
			parsed := manifest.Parse("f", []byte(test.text))
			g.Expect(problems(parsed)).To(HaveExactElements(And(HavePrefix("f:"), ContainSubstring(test.want))))
			g.Expect(names(parsed)).To(Equal(test.rest))
		})
	}
}

func TestKustomizations(t *testing.T) {
	const configMap = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: b}\n"
	for name, test := range map[string]struct {
		files map[string]string
		want  []string
		// wrong is what is said of what cannot be built.
		wrong string
	}{
		"names and namespace": {
			map[string]string{"kustomization.yaml": "resources: [b.yaml]\nnamespace: prod\nnameSuffix: -x\n", "b.yaml": configMap}, []string{"ConfigMap prod/b-x"}, "",
		},
		"a patch": {
			map[string]string{"kustomization.yml": "resources: [b.yaml]\npatches: [{patch: '[{\"op\": \"add\", \"path\": \"/metadata/namespace\", \"value\": \"ns\"}]', target: {kind: ConfigMap}}]\n", "b.yaml": configMap},
			[]string{"ConfigMap ns/b"}, "",
		},
		"two overlays of one base, which is not counted itself": {
			map[string]string{
				"base/kustomization.yaml": "resources: [b.yaml]\n", "base/b.yaml": configMap,
				"one/kustomization.yaml": "resources: [../base]\nnamePrefix: one-\n", "two/Kustomization": "resources: [../base]\nnamePrefix: two-\n",
			},
			[]string{"ConfigMap one-b", "ConfigMap two-b"}, "",
		},
		"a component": {
			map[string]string{
				"overlay/kustomization.yaml": "resources: [b.yaml]\ncomponents: [../more]\n", "overlay/b.yaml": configMap,
				"more/kustomization.yaml": "apiVersion: kustomize.config.k8s.io/v1alpha1\nkind: Component\nnamePrefix: more-\n",
			},
			[]string{"ConfigMap more-b"}, "",
		},
		"a file that is missing": {map[string]string{"kustomization.yaml": "resources: [nothing.yaml]\n"}, nil, "kustomization.yaml: building it: "},
		"a field that is not":    {map[string]string{"kustomization.yaml": "resource: [b.yaml]\n"}, nil, "kustomization.yaml: building it: "},
		"a file outside": {
			map[string]string{"in/kustomization.yaml": "resources: [../b.yaml]\n", "b.yaml": configMap}, []string{"ConfigMap b"}, "is not in or below",
		},
		"a chart, which would have to be run": {
			map[string]string{"kustomization.yaml": "helmCharts: [{name: c, repo: 'https://example.com'}]\n"}, nil, "must specify --enable-helm",
		},
	} {
		t.Run(name, func(t *testing.T) {
			g := NewWithT(t)
			folder := t.TempDir()
			for path, text := range test.files {
				g.Expect(os.MkdirAll(filepath.Dir(filepath.Join(folder, path)), 0o700)).To(Succeed())
				g.Expect(os.WriteFile(filepath.Join(folder, path), []byte(text), 0o600)).To(Succeed())
			}
			parsed := manifest.Reader{}.Read(folder)
			g.Expect(names(parsed)).To(Equal(test.want))
			for _, document := range parsed.Documents {
				g.Expect(document.LineOf("metadata")).To(BeNumerically(">=", 1))
				if name != "a file outside" { // which is read by itself
					g.Expect(document.Node()).To(BeNil(), "where it stands is not known")
				}
			}
			if test.wrong == "" {
				g.Expect(problems(parsed)).To(BeEmpty())
				return
			}
			g.Expect(problems(parsed)).To(HaveExactElements(ContainSubstring(test.wrong)))
		})
	}
}
