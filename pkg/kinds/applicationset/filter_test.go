package applicationset_test

import (
	"testing"

	. "github.com/onsi/gomega"

	"github.com/seawall-dev/seawall/pkg/inventory"
)

// The rules are those of Argo CD's applicationset/utils/selector.go over what
// generator_spec_processor.go flattens.
func TestFilters(t *testing.T) {
	expression := func(operator, key string, values ...any) fields {
		return fields{"matchExpressions": []any{fields{"key": key, "operator": operator, "values": values}}}
	}
	rich := listed(
		fields{"k": "1", "url": "https://a:80/b", "deep": fields{"env": "prod", "a.b": "c"}, "n": 3, "yes": true, "list": []any{"x", fields{"y": "z"}}, "none": nil},
		fields{"k": "2", "deep": fields{"env": "dev"}, "deep.env": "other"},
	)
	for name, test := range map[string]struct {
		selector fields
		want     []string
	}{
		"an empty one drops nothing":        {fields{}, []string{"1", "2"}},
		"a label":                           {fields{"matchLabels": fields{"k": "1"}}, []string{"1"}},
		"any value, such as a URL":          {fields{"matchLabels": fields{"url": "https://a:80/b"}}, []string{"1"}},
		"labels and expressions are joined": {fields{"matchLabels": fields{"k": "1"}, "matchExpressions": expression("In", "k", "2")["matchExpressions"]}, []string{}},
		"what is nested, by its path":       {fields{"matchLabels": fields{"deep.env": "prod"}}, []string{"1"}},
		"a key that holds dots itself":      {fields{"matchLabels": fields{"deep.a.b": "c"}}, []string{"1"}},
		"a path that is a key as well":      {fields{"matchLabels": fields{"deep.env": "other"}}, []string{"2"}},
		"an object has no text":             {expression("Exists", "deep"), []string{}},
		"a number":                          {fields{"matchLabels": fields{"n": "3"}}, []string{"1"}},
		"a truth":                           {fields{"matchLabels": fields{"yes": "true"}}, []string{"1"}},
		"null is something":                 {expression("Exists", "none"), []string{"1"}},
		"an item of a list":                 {fields{"matchLabels": fields{"list.0": "x"}}, []string{"1"}},
		"a member of an item":               {fields{"matchLabels": fields{"list.1.y": "z"}}, []string{"1"}},
		"no item of a list":                 {expression("Exists", "list.2"), []string{}},
		"an item by another spelling":       {expression("Exists", "list.00"), []string{}},
		"In":                                {expression("In", "k", "2", "3"), []string{"2"}},
		"In of a key that is missing":       {expression("In", "url", ""), []string{}},
		"NotIn":                             {expression("NotIn", "k", "2"), []string{"1"}},
		"NotIn of a key that is missing":    {expression("NotIn", "url", "https://a:80/b"), []string{"2"}},
		"Exists":                            {expression("Exists", "url"), []string{"1"}},
		"DoesNotExist":                      {expression("DoesNotExist", "url"), []string{"2"}},
		"DoesNotExist of what all have":     {expression("DoesNotExist", "k"), []string{}},
	} {
		t.Run(name, func(t *testing.T) {
			g := NewWithT(t)
			change, err := (&argoCD{}).read(creation(t, spec{
				"goTemplate": true, "generators": []any{with(t, rich, test.selector, "selector")},
				"template": fields{"metadata": fields{"name": "{{.k}}"}, "spec": fields{}},
			}))
			g.Expect(err).NotTo(HaveOccurred())
			g.Expect(namesOf(change)).To(Equal(test.want))
		})
	}
}

func TestFiltersOfClusters(t *testing.T) {
	argo := &argoCD{clusters: []cluster{
		{Secret: "eu", Name: "eu", Server: "https://eu", Labels: inventory.PairsOf(map[string]string{"env": "prod", "example.com/tier": "1"})},
		{Secret: "dev", Name: "dev", Server: "https://dev", Labels: inventory.PairsOf(map[string]string{"env": "dev"})},
	}}
	for _, goTemplate := range []bool{true, false} {
		for key, want := range map[string][]string{
			"metadata.labels.env":              {"eu"},
			"metadata.labels.example.com/tier": {},
		} {
			g := NewWithT(t)
			change, err := argo.read(creation(t, spec{
				"goTemplate": goTemplate,
				"generators": []any{fields{"clusters": fields{}, "selector": fields{"matchLabels": fields{key: "prod"}}}},
				"template":   fields{"metadata": fields{"name": map[bool]string{true: "{{.name}}", false: "{{name}}"}[goTemplate]}, "spec": fields{}},
			}))
			g.Expect(err).NotTo(HaveOccurred())
			g.Expect(namesOf(change)).To(Equal(want))
		}
	}
}
