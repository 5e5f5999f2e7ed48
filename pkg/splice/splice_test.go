package splice_test

import (
	"strings"
	"testing"

	"github.com/onsi/gomega"

	"github.com/seawall-dev/seawall/pkg/splice"
)

func edit(path string, value any) splice.Edit {
	return splice.Edit{Path: strings.Split(path, "."), Value: value}
}

func TestApply(t *testing.T) {
	step := splice.List{splice.Map{{Name: "maxUpdate", Value: 22}}}
	for name, test := range map[string]struct {
		text string
		edit splice.Edit
		want string
	}{
		"a number, and the comment stays":    {"a: 1 # why\nb: 2\n", edit("a", 22), "a: 22 # why\nb: 2\n"},
		"a quoted percentage":                {"spec:\n    max: \"10%\"  # x\n", edit("spec.max", 3), "spec:\n    max: 3  # x\n"},
		"a percentage in single quotes":      {"max: 'it''s'\n", edit("max", 3), "max: 3\n"},
		"by a string that needs no quotes":   {"type: AllAtOnce\n", edit("type", "RollingSync"), "type: RollingSync\n"},
		"by a string that needs quotes":      {"size: 1\n", edit("size", "1"), "size: \"1\"\n"},
		"an item of a list":                  {"a:\n- x: 1\n- x: 2\n", edit("a.1.x", 9), "a:\n- x: 1\n- x: 9\n"},
		"behind an anchor that nobody uses":  {"a: &here 1\n", edit("a", 2), "a: &here 2\n"},
		"behind a tag":                       {"a: !!int 1\n", edit("a", 2), "a: !!int 2\n"},
		"an alias":                           {"a: &x 1\nb: *x\n", edit("b", 2), "a: &x 1\nb: 2\n"},
		"an explicit null":                   {"a: ~\n", edit("a", 2), "a: 2\n"},
		"nothing":                            {"a: # todo\nb: 1\n", edit("a", 2), "a: 2 # todo\nb: 1\n"},
		"nothing, at the end":                {"b: 1\na:", edit("a", 2), "b: 1\na: 2"},
		"a map for nothing":                  {"s:\n  a:  # todo\n  b: 1\n", edit("s.a.x", 2), "s:\n  a:  # todo\n    x: 2\n  b: 1\n"},
		"a map for an empty one":             {"a: { }\n", edit("a.x", 2), "a: {x: 2}\n"},
		"a list for an empty one":            {"a: []\n", edit("a.0.x", 2), "a: [{x: 2}]\n"},
		"a new field":                        {"s:\n  a: 1\n  # of a\n\nt: 2\n", edit("s.b", 2), "s:\n  a: 1\n  # of a\n  b: 2\n\nt: 2\n"},
		"a new field before what is behind":  {"s:\n  a: 1\n# of t\nt: 2\n", edit("s.b", 2), "s:\n  a: 1\n  b: 2\n# of t\nt: 2\n"},
		"a new field at the end":             {"s:\n  a: 1", edit("s.b", 2), "s:\n  a: 1\n  b: 2"},
		"a new field behind a text":          {"s:\n  a: |\n    # no comment\n\nt: 2\n", edit("s.b", 2), "s:\n  a: |\n    # no comment\n  b: 2\n\nt: 2\n"},
		"a new field in an item":             {"s:\n- a: 1\n- a: 2\n", edit("s.0.b", 2), "s:\n- a: 1\n  b: 2\n- a: 2\n"},
		"a new field behind a list":          {"s:\n  a:\n  - 1\n  - 2\n", edit("s.b", 2), "s:\n  a:\n  - 1\n  - 2\n  b: 2\n"},
		"a new field before an end":          {"a: 1\n...\n", edit("b", 2), "a: 1\nb: 2\n...\n"},
		"a new field in braces":              {"s: {a: 1}\n", edit("s.b", 2), "s: {b: 2, a: 1}\n"},
		"a new field before a loose brace":   {"s:\n  a: {\n  x: 1\n}\n", edit("s.b", 2), "s:\n  b: 2\n  a: {\n  x: 1\n}\n"},
		"several levels in the file's steps": {"s:\n    a: 1\n", edit("s.b.c.d", 2), "s:\n    a: 1\n    b:\n        c:\n            d: 2\n"},
		"a list as the file indents lists":   {"s:\n  l:\n  - 1\n", edit("s.b.steps", step), "s:\n  l:\n  - 1\n  b:\n    steps:\n    - maxUpdate: 22\n"},
		"a list where there is none":         {"s:\n  l: 1\n", edit("s.steps", step), "s:\n  l: 1\n  steps:\n    - maxUpdate: 22\n"},
		"carriage returns":                   {"s:\r\n  a: 1\r\nt: 1\r\n", edit("s.b.c", 2), "s:\r\n  a: 1\r\n  b:\r\n    c: 2\r\nt: 1\r\n"},
		"characters of several bytes":        {"\"größe\": {\"ö\": \"ü\", a: 1}\n", edit("größe.a", 2), "\"größe\": {\"ö\": \"ü\", a: 2}\n"},
		"a mark of byte order":               {"\uFEFFa: 1\n", edit("a", 2), "\uFEFFa: 2\n"},
		"JSON": {
			"{\n  \"s\": {\n    \"a\": 1\n  }\n}\n", edit("s.b.c", 2),
			"{\n  \"s\": {\n    \"b\": {\"c\": 2},\n    \"a\": 1\n  }\n}\n",
		},
		"JSON on one line": {`{"s":{"a":"1"}}`, edit("s.b", "x"), `{"s":{"b": "x", "a":"1"}}`},
		"a word of JSON":   {`{"s":{"a":"1"}}`, edit("s.a", "x"), `{"s":{"a":"x"}}`},
	} {
		t.Run(name, func(t *testing.T) {
			g := gomega.NewWithT(t)
			got, err := splice.Apply([]byte(test.text), test.edit)
			g.Expect(err).NotTo(gomega.HaveOccurred())
			g.Expect(string(got)).To(gomega.Equal(test.want))
		})
	}
}

func TestWhatCannotBeSet(t *testing.T) {
	for name, test := range map[string]struct {
		text string
		edit splice.Edit
		want string
	}{
		"what is repeated elsewhere": {"a: &x 1\nb: *x\n", edit("a", 2), "setting a: it cannot be set without a change elsewhere"},
		"what an alias stands for":   {"a: &x {y: 1}\nb: *x\n", edit("b.y", 2), "setting b.y: it cannot be set without a change elsewhere"},
		"a field of a number":        {"a: 1\n", edit("a.b", 2), "setting a.b: there can be no field b in what is no map"},
		"a further item":             {"a: [1]\n", edit("a.1", 2), "setting a[1]: there is no item 1"},
		"a map that is full":         {"a: {b: 1}\n", edit("a", 2), "setting a: what stands there is more than a number or a word"},
		"a text of several lines":    {"a: |\n  x\n", edit("a", 2), "setting a: what stands there is more than a number or a word"},
		"the map that a merge gives": {"x: &x {a: {b: 1, c: 2}}\ns:\n  <<: *x\n", edit("s.a.b", 2), "setting s.a.b: it cannot be set without a change elsewhere"},
		// sigs.k8s.io/yaml takes it for a name that is there twice.
		"a field that a merge gives": {"x: &x {a: 1}\ns:\n  <<: *x\n", edit("s.a", 2), "setting s.a: it cannot be set without a change elsewhere"},
		"what is no YAML":            {"a: [\n", edit("a", 2), "setting a: "},
		"a name that is there twice": {"a: 1\na: 2\n", edit("a", 2), "setting a: "},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := splice.Apply([]byte(test.text), test.edit)
			gomega.NewWithT(t).Expect(err).To(gomega.MatchError(gomega.HavePrefix(test.want)))
		})
	}
}
