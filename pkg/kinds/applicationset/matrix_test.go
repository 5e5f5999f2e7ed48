package applicationset_test

import (
	"errors"
	"testing"

	. "github.com/onsi/gomega"

	"github.com/seawall-dev/seawall/pkg/inventory"
	"github.com/seawall-dev/seawall/pkg/rollout"
)

type fields = map[string]any

func listed(elements ...any) fields { return fields{"list": fields{"elements": elements}} }

func matrixOf(children ...any) fields { return fields{"matrix": fields{"generators": children}} }

func mergeOf(keys []any, children ...any) fields {
	return fields{"merge": fields{"mergeKeys": keys, "generators": children}}
}

func namesOf(change rollout.Change) []string {
	names := []string{}
	for _, step := range change.Steps {
		for _, target := range step.All() {
			names = append(names, target.Name)
		}
	}
	return names
}

// The expectations are those of Argo CD's generators/{matrix,merge}_test.go and of its
// generator_spec_processor.go.
func TestMatrixAndMerge(t *testing.T) {
	argo := &argoCD{anyName: true, clusters: []cluster{
		{Secret: "eu", Name: "eu", Server: "https://eu", Labels: inventory.PairsOf(map[string]string{"env": "prod"})},
		{Secret: "us", Name: "us", Server: "https://us", Labels: inventory.PairsOf(map[string]string{"env": "prod"})},
		{Secret: "dev", Name: "dev", Server: "https://dev", Labels: inventory.PairsOf(map[string]string{"env": "dev"})},
	}}
	a, b := fields{"a": "1"}, fields{"a": "2"}
	tests := map[string]struct {
		goTemplate bool
		name       string
		generator  fields
		want       []string
	}{
		"a matrix of two lists":                         {false, "{{a}}-{{b}}", matrixOf(listed(a, b), listed(fields{"b": "x"}, fields{"b": "y"})), []string{"1-x", "1-y", "2-x", "2-y"}},
		"a matrix with nothing in the first":            {false, "{{a}}", matrixOf(listed(), listed(a)), []string{}},
		"a matrix with nothing in the second":           {false, "{{a}}", matrixOf(listed(a), listed()), []string{}},
		"one value for a key in both":                   {false, "{{a}}", matrixOf(listed(a), listed(a)), []string{"1"}},
		"the first wins with goTemplate":                {true, "{{.a}}", matrixOf(listed(a), listed(b)), []string{"1"}},
		"what is empty wins, too":                       {true, "{{.a}}x", matrixOf(listed(fields{"a": ""}), listed(b)), []string{"x"}},
		"null wins, too":                                {true, "{{.a}}", matrixOf(listed(fields{"a": nil}), listed(b)), []string{"<no value>"}},
		"null in the second is as if it were not there": {true, "{{.k}}-{{len .n}}", matrixOf(listed(fields{"k": "1"}), listed(fields{"n": fields{"a": nil}})), []string{"1-0"}},
		"an empty object is merged":                     {true, "{{.v.a}}", matrixOf(listed(fields{"v": fields{}}), listed(fields{"v": a})), []string{"1"}},
		"what is empty overrides the base":              {true, "{{.k}}-{{.b}}", mergeOf([]any{"k"}, listed(fields{"k": "1", "b": "x"}), listed(fields{"k": "1", "b": ""})), []string{"1-"}},
		"a nested matrix has no template":               {true, "{{.a}}-{{.b}}", matrixOf(listed(a), fields{"matrix": fields{"generators": []any{listed(fields{"b": "x"}), listed(fields{})}, "template": fields{"metadata": fields{"name": "{{.nobody}}"}}}}), []string{"1-x"}},
		"objects are merged in depth":                   {true, "{{.v.a}}-{{.v.b}}", matrixOf(listed(fields{"v": a}), listed(fields{"v": fields{"a": "9", "b": "x"}})), []string{"1-x"}},
		"the second child's own selector":               {false, "{{a}}-{{b}}", matrixOf(listed(a), fields{"list": listed(fields{"b": "x"}, fields{"b": "y"})["list"], "selector": fields{"matchLabels": fields{"b": "y"}}}), []string{"1-y"}},
		"a selector is read before parameters":          {false, "{{a}}-{{b}}", matrixOf(listed(a), fields{"list": listed(fields{"b": "1"}, fields{"b": "{{a}}"})["list"], "selector": fields{"matchLabels": fields{"b": "{{a}}"}}}), []string{}},
		"elementsYaml from the first":                   {true, "{{.a}}-{{.b}}", matrixOf(listed(fields{"a": "1", "more": []any{fields{"b": "x"}, fields{"b": "y"}}}), fields{"list": fields{"elements": []any{}, "elementsYaml": "{{ .more | toJson }}"}}), []string{"1-x", "1-y"}},
		"clusters by a parameter of the first":          {false, "{{name}}", matrixOf(listed(fields{"of": "prod"}), fields{"clusters": fields{"selector": fields{"matchLabels": fields{"env": "{{of}}"}}}}), []string{"eu", "us"}},
		"values of the second from both":                {true, "{{.values.x}}", matrixOf(listed(a), fields{"clusters": fields{"selector": fields{"matchLabels": fields{"env": "dev"}}, "values": fields{"x": "{{.a}}", "y": "{{.name}}"}}}), []string{"1"}},
		"values of the second from its own":             {true, "{{.values.y}}", matrixOf(listed(a), fields{"clusters": fields{"selector": fields{"matchLabels": fields{"env": "dev"}}, "values": fields{"y": "{{.name}}-{{.server | len}}"}}}), []string{"dev-11"}},
		"a key that is a template":                      {true, "{{.k1}}", matrixOf(listed(a), listed(fields{"k{{.a}}": "x"})), []string{"x"}},
		"a matrix in a matrix":                          {false, "{{a}}-{{b}}-{{c}}", matrixOf(matrixOf(listed(a, b), listed(fields{"b": "x"})), listed(fields{"c": "z"})), []string{"1-x-z", "2-x-z"}},
		"a merge in a matrix":                           {false, "{{a}}-{{b}}-{{c}}", matrixOf(mergeOf([]any{"a"}, listed(fields{"a": "1", "b": "x"}), listed(fields{"a": "1", "b": "y"})), listed(fields{"c": "z"})), []string{"1-y-z"}},
		"a merge keeps the base":                        {false, "{{a}}-{{b}}", mergeOf([]any{"a"}, listed(fields{"a": "1", "b": "x"}, fields{"a": "2", "b": "x"}), listed(fields{"a": "2", "b": "y"}, fields{"a": "3", "b": "y"})), []string{"1-x", "2-y"}},
		"a merge of three, the last on top":             {false, "{{a}}-{{b}}", mergeOf([]any{"a"}, listed(fields{"a": "1", "b": "x"}), listed(fields{"a": "1", "b": "y"}), listed(fields{"a": "1", "b": "z"})), []string{"1-z"}},
		"a merge by a value":                            {false, "{{values.a}}-{{b}}", mergeOf([]any{"values.a"}, listed(fields{"values": a, "b": "x"}), listed(fields{"values": a, "b": "y"})), []string{"1-y"}},
		"a key that is missing is null":                 {false, "{{a}}-{{b}}", mergeOf([]any{"other"}, listed(fields{"a": "1", "b": "x"}), listed(fields{"a": "2", "b": "y"})), []string{"2-y"}},
		"goTemplate merges in depth":                    {true, "{{.v.a}}-{{.v.b}}", mergeOf([]any{"k"}, listed(fields{"k": "1", "v": fields{"a": "1", "b": "x"}}), listed(fields{"k": "1", "v": fields{"b": "y"}})), []string{"1-y"}},
		"the selector of the matrix as a whole":         {false, "{{a}}-{{b}}", fields{"matrix": matrixOf(listed(a, b), listed(fields{"b": "x"}))["matrix"], "selector": fields{"matchLabels": fields{"a": "2"}}}, []string{"2-x"}},
		"a list of clusters in one set":                 {true, "{{len .clusters}}-{{.a}}", matrixOf(listed(a), fields{"clusters": fields{"flatList": true}}), []string{"4-1"}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			g := NewWithT(t)
			change, err := argo.read(creation(t, spec{
				"goTemplate": tt.goTemplate, "goTemplateOptions": []any{"missingkey=error"}, "generators": []any{tt.generator},
				"template": fields{"metadata": fields{"name": tt.name}, "spec": fields{}},
			}))
			g.Expect(err).NotTo(HaveOccurred())
			g.Expect(namesOf(change)).To(Equal(tt.want))
		})
	}
}

func TestMatrixAndMergeThatAreWrong(t *testing.T) {
	one := listed(fields{"a": "1"})
	for name, test := range map[string]struct {
		generator fields
		want      string
	}{
		"a matrix of one":                      {matrixOf(one), "matrix.generators holds 1: want exactly 2 generators"},
		"a merge of one":                       {mergeOf([]any{"a"}, one), "merge.generators holds 1: want at least 2 generators"},
		"a merge without keys":                 {mergeOf(nil, one, one), "merge.mergeKeys holds 0: want at least 1 parameter that tells the sets apart"},
		"two generators in one child":          {matrixOf(one, fields{"list": one["list"], "clusters": fields{}}), "matrix.generators[1] holds 2: want exactly 1 generator"},
		"no generator in a child":              {matrixOf(one, fields{}), "matrix.generators[1] holds 0: want exactly 1 generator"},
		"a child that is no object":            {matrixOf(one, "x"), `matrix.generators[1] is "\"x\"": want an object`},
		"three levels":                         {matrixOf(matrixOf(matrixOf(one, one), one), one), "holds no generator: want one other than matrix and merge, which nest one level"},
		"two values for one parameter":         {matrixOf(one, listed(fields{"a": "2"})), `matrix has two values for the parameter "a": "1" and "2"`},
		"a key that two sets of a child share": {mergeOf([]any{"b"}, listed(fields{"a": "1"}, fields{"a": "2"}), one), "makes two sets of parameters with the merge keys"},
		"a child over the network":             {matrixOf(one, fields{"git": fields{}}), "matrix.generators[1].git is resolved over the network"},
		"a base over the network":              {mergeOf([]any{"a"}, fields{"git": fields{}}, one), "merge.generators[0].git is resolved over the network"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := (&argoCD{}).read(creation(t, spec{
				"generators": []any{test.generator}, "template": fields{"metadata": fields{"name": "{{a}}"}, "spec": fields{}},
			}))
			var unresolved *rollout.UnresolvedError
			g := NewWithT(t)
			g.Expect(errors.As(err, &unresolved)).To(BeTrue(), "%v", err)
			g.Expect(err.Error()).To(ContainSubstring(test.want))
		})
	}
}
