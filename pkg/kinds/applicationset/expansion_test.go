package applicationset_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"runtime"
	"strings"
	"testing"
	"time"

	. "github.com/onsi/gomega"
	"pgregory.net/rapid"

	"github.com/seawall-dev/seawall/pkg/kinds/kindtest"
	"github.com/seawall-dev/seawall/pkg/rollout"
)

// plainGenerator is a list, or a matrix or merge of plain generators.
type plainGenerator struct {
	kind     string
	elements []map[string]string
	children []plainGenerator
	keys     []string
}

func drawGenerator(depth int) *rapid.Generator[plainGenerator] {
	return rapid.Custom(func(t *rapid.T) plainGenerator {
		kinds := []string{"list", "matrix", "merge"}
		if depth == 0 {
			kinds = kinds[:1]
		}
		drawn := plainGenerator{kind: rapid.SampledFrom(kinds).Draw(t, "kind")}
		key := rapid.SampledFrom([]string{"a", "b", "c"})
		if drawn.kind == "list" {
			element := rapid.MapOfN(key, rapid.SampledFrom([]string{"", "1", "2"}), 1, 3)
			drawn.elements = rapid.SliceOfN(element, 0, 4).Draw(t, "elements")
			return drawn
		}
		least, most := 2, 2
		if drawn.kind == "merge" {
			most = 3
			drawn.keys = rapid.SliceOfNDistinct(key, 1, 2, rapid.ID).Draw(t, "keys")
		}
		drawn.children = rapid.SliceOfN(drawGenerator(depth-1), least, most).Draw(t, "children")
		return drawn
	})
}

// entry is the generator as an ApplicationSet spells it.
func (p plainGenerator) entry() fields {
	if p.kind == "list" {
		elements := []any{}
		for _, element := range p.elements {
			elements = append(elements, element)
		}
		return fields{"list": fields{"elements": elements}}
	}
	children := []any{}
	for _, child := range p.children {
		children = append(children, child.entry())
	}
	return fields{p.kind: fields{"generators": children, "mergeKeys": p.keys}}
}

var errExpansion = errors.New("no expansion")

// expand is a plain account of what Argo CD's generators/{list,matrix,merge}.go make.
func (p plainGenerator) expand(goTemplate bool) ([]map[string]string, error) {
	if p.kind == "list" {
		return p.elements, nil
	}
	sets := make([][]map[string]string, len(p.children))
	for i, child := range p.children {
		var err error
		if sets[i], err = child.expand(goTemplate); err != nil {
			return nil, err
		}
		if p.kind == "matrix" && len(sets[0]) == 0 {
			return nil, nil // nothing runs the second
		}
	}
	if p.kind == "matrix" {
		return multiply(sets[0], sets[1], goTemplate)
	}
	return p.override(sets)
}

func multiply(firsts, seconds []map[string]string, goTemplate bool) (all []map[string]string, err error) {
	for _, first := range firsts {
		for _, second := range seconds {
			set := maps.Clone(second)
			for key, text := range first {
				if other, found := set[key]; found && other != text && !goTemplate {
					return nil, errExpansion
				}
				set[key] = text
			}
			all = append(all, set)
		}
	}
	return all, nil
}

func (p plainGenerator) override(sets [][]map[string]string) ([]map[string]string, error) {
	keyOf := func(set map[string]string) (key string) {
		for _, name := range p.keys {
			text, found := set[name]
			key += fmt.Sprintf("%q %t, ", text, found)
		}
		return key
	}
	base := map[string]map[string]string{}
	for i, child := range sets {
		seen := map[string]map[string]string{}
		for _, set := range child {
			if _, twice := seen[keyOf(set)]; twice {
				return nil, errExpansion
			}
			seen[keyOf(set)] = maps.Clone(set)
		}
		if i == 0 {
			base = seen
			continue
		}
		for key, set := range seen {
			if below, found := base[key]; found {
				maps.Copy(below, set)
			}
		}
	}
	var all []map[string]string
	for _, set := range base {
		all = append(all, set)
	}
	return all, nil
}

func reference(key string, goTemplate bool) string {
	if goTemplate {
		return `{{default "none" .` + key + `}}`
	}
	return "{{" + key + "}}"
}

// nameOf is what a template of references to all keys renders to.
func nameOf(set map[string]string, goTemplate bool) (name string) {
	for _, key := range []string{"a", "b", "c"} {
		value, found := set[key]
		switch {
		case goTemplate && value == "":
			value = "none"
		case !goTemplate && !found:
			value = reference(key, goTemplate)
		}
		name += value + "."
	}
	return name
}

func checkExpansion(t *rapid.T) {
	generator := drawGenerator(2).Draw(t, "generator")
	goTemplate := rapid.Bool().Draw(t, "goTemplate")
	text := func(key string) string { return reference(key, goTemplate) }
	want := map[string]bool{}
	sets, wantErr := generator.expand(goTemplate)
	for _, set := range sets {
		want[nameOf(set, goTemplate)] = true
	}
	object, err := json.Marshal(fields{"metadata": fields{}, "spec": fields{
		"goTemplate": goTemplate, "generators": []any{generator.entry()},
		"template": fields{"metadata": fields{"name": text("a") + "." + text("b") + "." + text("c") + "."}},
	}})
	if err != nil {
		t.Fatal(err)
	}
	written, err := rollout.Cut(object)
	if err != nil {
		t.Fatal(err)
	}
	change, err := (&argoCD{anyName: true}).read(rollout.Write{Operation: rollout.Create, Object: written})
	if wantErr != nil || err != nil {
		if unresolved, is := errors.AsType[*rollout.UnresolvedError](err); wantErr == nil || !is {
			t.Fatalf("%v, want %v: %v", err, wantErr, unresolved)
		}
		return
	}
	if got := namesOf(change); change.Environments != len(want) || len(got) != len(want) {
		t.Fatalf("%q, want %v", got, want)
	}
	for _, name := range namesOf(change) {
		if !want[name] {
			t.Fatalf("%q is one too many of %v", name, want)
		}
	}
}

// FuzzExpansion compares the expansion of nested matrix and merge generators with a plain
// account of it.
func FuzzExpansion(f *testing.F) {
	for seed := range byte(32) {
		draws := make([]byte, 2048) // what rapid draws from; of fewer it makes nothing
		_, _ = rand.NewChaCha8([32]byte{seed}).Read(draws)
		f.Add(draws)
	}
	f.Fuzz(rapid.MakeFuzz(checkExpansion))
}

func TestExpansion(t *testing.T) { rapid.Check(t, checkExpansion) }

// TestAnExpansionIsBounded holds for everything that a small spec can make much of.
func TestAnExpansionIsBounded(t *testing.T) {
	many := func(n int, more ...fields) []any {
		elements := make([]any, n)
		for i := range elements {
			elements[i] = fields{"k": fmt.Sprint(i)}
			for _, fields := range more {
				maps.Copy(elements[i].(map[string]any), fields)
			}
		}
		return elements
	}
	wide := fields{}
	for i := range 1_000 {
		wide[fmt.Sprintf("p%d", i)] = "x"
	}
	long := strings.Repeat("x", 100_000)
	budget := "expands to more than 32 MiB of parameters"
	for name, test := range map[string]struct {
		fast      bool
		generator fields
		strategy  any
		want      string
	}{
		"sets of constant children":           {false, matrixOf(listed(many(5_000)...), listed(many(5_000)...)), nil, "matrix expands to more than 100000 sets of parameters"},
		"sets of a second child of templates": {false, matrixOf(listed(many(5_000)...), listed(many(5_000, fields{"x": "{{.k}}"})...)), nil, "matrix expands to more than 100000 sets of parameters"},
		"sets of a matrix in a matrix":        {false, matrixOf(listed(many(300)...), matrixOf(listed(many(300)...), listed(many(300)...))), nil, "matrix expands to more than 100000 sets of parameters"},
		"sets that a selector drops again":    {false, matrixOf(listed(many(5_000)...), fields{"list": listed(many(5_000, fields{"x": "{{.k}}"})...)["list"], "selector": fields{"matchLabels": fields{"k": "none"}}}), nil, budget},
		"parameters":                          {false, matrixOf(listed(wide), listed(many(5_000)...)), nil, ""},
		"parameters of fasttemplate":          {true, matrixOf(listed(wide), listed(many(5_000)...)), nil, budget},
		"parameters in depth":                 {false, matrixOf(listed(fields{"v": wide}), listed(many(5_000, fields{"v": fields{"y": "z"}})...)), nil, ""},
		"overriding parameters":               {false, mergeOf([]any{"k"}, matrixOf(listed(wide), listed(many(1_200)...)), listed(many(1_200)...)), nil, budget},
		"merge keys":                          {false, mergeOf([]any{"k", "long"}, matrixOf(listed(fields{"long": long}), listed(many(500)...)), listed(many(1)...)), nil, budget},
		"rendered text":                       {false, matrixOf(listed(fields{"long": long}), listed(many(500, fields{"x": "{{.long}}"})...)), nil, budget},
		"rendered YAML":                       {false, matrixOf(listed(many(500, fields{"more": "x"})...), fields{"list": fields{"elements": []any{}, "elementsYaml": "[{{range until 10000}}{a: b},{{end}}]#{{.k}}"}}), nil, "matrix expands to more than 100000 sets of parameters"},
		"values of clusters": {false, matrixOf(listed(fields{"long": long, "k": "1"}, fields{"long": long, "k": "2"}), fields{"clusters": fields{"values": func() fields {
			values := fields{}
			for i := range 300 {
				values[fmt.Sprint("v", i)] = "{{.long}}"
			}
			return values
		}()}}), nil, budget},
		"labels that steps look at": {false, listed(many(5_000)...), labelStrategy(500), ""},
	} {
		t.Run(name, func(t *testing.T) {
			g := NewWithT(t)
			labels := fields{}
			for i := range 500 {
				labels[fmt.Sprint("l", i)] = "{{.k}}"
			}
			spec := with(t, with(t, goSpec(test.generator), "{{.k}}", "template", "metadata", "name"), fields{}, "template", "spec")
			spec = with(t, spec, labels, "template", "metadata", "labels")
			spec["goTemplate"] = !test.fast
			spec["strategy"] = test.strategy
			write := creation(t, spec)
			write.Metadata().Annotations = map[string]string{"seawall.dev/environments": "3"}
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			started := time.Now()
			change, err := (&argoCD{clusters: []cluster{{Secret: "eu", Name: "eu", Server: "https://eu"}}}).read(write)
			runtime.ReadMemStats(&after)
			if test.want == "" {
				g.Expect(err).NotTo(HaveOccurred(), "nothing of it is kept, so that it can be counted")
				g.Expect(change.Affected() + change.Held).To(Equal(5_000))
			} else {
				g.Expect(err).To(MatchError(ContainSubstring(test.want)), "and no declaration helps")
			}
			if !kindtest.Raced {
				g.Expect(time.Since(started)).To(BeNumerically("<", 20*time.Second))
			}
			g.Expect(after.TotalAlloc-before.TotalAlloc).To(BeNumerically("<", 1<<30), "bytes allocated in all")
			t.Logf("%s, %d MiB", time.Since(started), (after.TotalAlloc-before.TotalAlloc)>>20)
		})
	}
}

// labelStrategy has steps that look at n labels.
func labelStrategy(n int) any {
	steps := make([]any, n)
	for i := range steps {
		steps[i] = matching("In", fmt.Sprint("l", i), "x")
	}
	return rolling(steps...)
}
