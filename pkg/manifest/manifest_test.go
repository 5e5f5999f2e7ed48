package manifest_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	. "github.com/onsi/gomega"

	"github.com/seawall-dev/seawall/pkg/manifest"
)

func names(parsed manifest.Parsed) (all []string) {
	for _, document := range parsed.Documents {
		all = append(all, document.String())
	}
	return all
}

func problems(parsed manifest.Parsed) (all []string) {
	for _, problem := range parsed.Problems {
		all = append(all, problem.Error())
	}
	return all
}

func TestParse(t *testing.T) {
	for name, test := range map[string]struct {
		text     string
		want     []string
		lines    []int
		problems []string
	}{
		"several documents": {
			"# first\n---\napiVersion: v1\nkind: A\nmetadata: {name: a}\n--- # second\napiVersion: v1\nkind: B\nmetadata: {name: b, namespace: ns}\n",
			[]string{"A a", "B ns/b"}, []int{5, 9}, nil,
		},
		"on the line of the separator": {"--- {apiVersion: v1, kind: A, metadata: {name: a}}\n", []string{"A a"}, []int{1}, nil},
		"with the line ends of Windows": {
			"apiVersion: v1\r\nkind: A\r\nmetadata:\r\n  name: a\r\n---\r\napiVersion: v1\r\nkind: B\r\nmetadata:\r\n  name: b\r\n",
			[]string{"A a", "B b"}, []int{3, 8}, nil,
		},
		"JSON, one after the other": {
			"{\"apiVersion\": \"v1\", \"kind\": \"A\",\n \"metadata\": {\"name\": \"a\"}}\n{\"apiVersion\":\"v1\",\"kind\":\"B\",\"metadata\":{\"generateName\":\"b-\"}}",
			[]string{"A a", "B b-"}, []int{2, 3}, nil,
		},
		"a List": {
			"apiVersion: v1\nkind: List\nitems:\n- apiVersion: v1\n  kind: A\n  metadata:\n    name: a\n- apiVersion: v1\n  kind: B\n  metadata: {name: b}\n",
			[]string{"A a", "B b"}, []int{6, 10}, nil,
		},
		"what cannot be read, and the rest": {
			"apiVersion: v1\nkind: A\nmetadata: {name: a}\n---\na: b: c\n---\napiVersion: v1\nkind: B\n",
			[]string{"A a"}, []int{3}, []string{"f:5: it is no YAML: mapping values are not allowed in this context", "f:7: B has no metadata.name: want the name of an object"},
		},
		"a key twice": {"apiVersion: v1\nkind: A\nkind: B\nmetadata: {name: a}\n", nil, nil, []string{"f:3: it is no YAML: key \"kind\" already set in map"}},
		"what YAML takes for a boolean": {
			"apiVersion: v1\nkind: A\nmetadata: {name: a, namespace: n}\n", nil, nil,
			[]string{"f:1: metadata.namespace is a bool: want a string (a string that YAML takes for something else has to be quoted)"},
		},
		"no object": {"a: b\n", nil, nil, nil},
	} {
		t.Run(name, func(t *testing.T) {
			g := NewWithT(t)
			parsed := manifest.Parse("f", []byte(test.text))
			g.Expect(names(parsed)).To(Equal(test.want))
			g.Expect(problems(parsed)).To(Equal(test.problems))
			for i, document := range parsed.Documents {
				g.Expect(document.LineOf("metadata")).To(Equal(test.lines[i]), document.String())
			}
		})
	}
}

func TestLineOf(t *testing.T) {
	g := NewWithT(t)
	text := "# comment\napiVersion: v1\nkind: A\nmetadata:\n  name: a\n  annotations:\n    a.b/c: d\nspec:\n  steps:\n  - x: 1\n  - x: 2\n    y: 3\n"
	document := manifest.Parse("f", []byte(text)).Documents[0]
	for path, line := range map[string]int{
		"spec.steps[1].y": 12, "spec.steps[1].z": 11, "spec.steps[7]": 9, `metadata.annotations["a.b/c"]`: 7, "spec": 8, "nothing": 2,
	} {
		g.Expect(document.LineOf(path)).To(Equal(line), path)
	}
}

func TestRead(t *testing.T) {
	g := NewWithT(t)
	folder := t.TempDir()
	for path, text := range map[string]string{
		"a.yaml":                     "apiVersion: v1\nkind: A\nmetadata: {name: a}\n",
		"values.yaml":                "x: 1\n",
		"README.md":                  "apiVersion: v1\n",
		".git/b.yaml":                "apiVersion: v1\nkind: Hidden\nmetadata: {name: a}\n",
		"chart/Chart.yaml":           "name: c\n",
		"chart/templates/x.yaml":     "{{ nothing }}\n",
		"base/kustomization.yaml":    "resources: [b.yaml]\n",
		"base/b.yaml":                "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: b}\n",
		"overlay/kustomization.yaml": "resources: [../base]\nnamePrefix: prod-\n",
	} {
		g.Expect(os.MkdirAll(filepath.Dir(filepath.Join(folder, path)), 0o700)).To(Succeed())
		g.Expect(os.WriteFile(filepath.Join(folder, path), []byte(text), 0o600)).To(Succeed())
	}
	var notes []string
	reader := manifest.Reader{Stdin: strings.NewReader("apiVersion: v1\nkind: C\nmetadata: {name: c}\n"), Note: func(text string) { notes = append(notes, text) }}
	parsed := reader.Read(folder, "-")
	g.Expect(problems(parsed)).To(BeEmpty())
	g.Expect(names(parsed)).To(Equal([]string{"A a", "ConfigMap prod-b", "C c"}))
	g.Expect(parsed.Others).To(Equal(1), "values.yaml")
	g.Expect(notes).To(ConsistOf(ContainSubstring("is a Helm chart")))
	g.Expect(problems(reader.Read(filepath.Join(folder, "values.yaml"), "nowhere.yaml"))).To(HaveExactElements(
		ContainSubstring("it holds no Kubernetes object"), "nowhere.yaml: no such file or directory"))
}

func FuzzParse(f *testing.F) {
	f.Add("apiVersion: v1\nkind: List\nitems: [{apiVersion: v1, kind: A, metadata: {name: a}}]\n")
	f.Add("{\"apiVersion\":\"v1\"}{")
	f.Add("--- a\n---\n")
	f.Fuzz(func(t *testing.T, text string) {
		for _, document := range manifest.Parse("f", []byte(text)).Documents {
			if line := document.LineOf("spec.a[0]"); line < 1 || line > 1+strings.Count(text, "\n") {
				t.Errorf("line %d of %q", line, text)
			}
		}
	})
}
