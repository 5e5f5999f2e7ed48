package custom_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/onsi/gomega"

	"github.com/seawall-dev/seawall/pkg/apis/v1alpha1"
	"github.com/seawall-dev/seawall/pkg/inventory"
	"github.com/seawall-dev/seawall/pkg/kinds/custom"
	"github.com/seawall-dev/seawall/pkg/kinds/kindtest"
	"github.com/seawall-dev/seawall/pkg/rollout"
)

// wagons is a kind whose objects say everything in their spec.
func wagons(environments, waves, desired string) *v1alpha1.RolloutKind {
	source := &v1alpha1.RolloutKind{Spec: v1alpha1.RolloutKindSpec{
		Group: "trains.example.com", Versions: []string{"v1"}, Resource: "trains", Kind: "Train",
		Environments: v1alpha1.Expression(environments), Waves: v1alpha1.Expression(waves), DesiredState: v1alpha1.Expression(desired),
	}}
	source.Name = "trains.trains.example.com"
	return source
}

func train(spec string) []byte {
	return []byte("{metadata: {name: t, namespace: ns}, spec: " + spec + "}")
}

// read reads a write of a kind without an inventory; an empty spec stands for no object.
func read(t *testing.T, source *v1alpha1.RolloutKind, operation rollout.Operation, object, old string) (rollout.Change, error) {
	t.Helper()
	kind := newKind(source)(inventory.NewRegistry())
	written, stored := train(object), train(old)
	if object == "" {
		written = nil
	}
	if old == "" {
		stored = nil
	}
	return kind.Reader.Read(t.Context(), kindtest.Write(t, operation, written, stored))
}

func TestWhatExpressionsYield(t *testing.T) {
	tests := map[string]struct {
		environments, waves string
		operation           rollout.Operation
		object, old         string
		want                kindtest.Want
	}{
		"names count once": {"object.spec.names", "", rollout.Create, "{names: [b, a, b]}", "", kindtest.Want{
			Environments: 2, Affected: 2, Steps: []kindtest.Step{{Added: []string{"a", "b"}, InFlight: 2}},
		}},
		"a number": {"object.spec.count", "", rollout.Create, "{count: 40}", "", kindtest.Want{
			Environments: 40, Affected: 40, Steps: []kindtest.Step{{Declared: 40, InFlight: 40}},
			Evidence: "the number that RolloutKind trains.trains.example.com yields",
		}},
		"a larger number in the desired state": {"object.spec.count", "", rollout.Update, "{count: 43}", "{count: 40}", kindtest.Want{
			Environments: 43, Affected: 43, Steps: []kindtest.Step{{Declared: 43, InFlight: 43}},
			Evidence: "the number that RolloutKind trains.trains.example.com yields",
		}},
		"a smaller number tears down": {"object.spec.count", "", rollout.Delete, "", "{count: 40}", kindtest.Want{
			Environments: 40, Affected: 40, Steps: []kindtest.Step{{Gone: 40, InFlight: 40}},
		}},
		"a window of a number": {"object.spec.count", "object.spec.window", rollout.Create, "{count: 40, window: 7}", "", kindtest.Want{
			Environments: 40, Affected: 40, Steps: []kindtest.Step{{Declared: 40, InFlight: 7}},
			Evidence: "the number that RolloutKind trains.trains.example.com yields",
		}},
		"sizes of waves of a number, and the rest at once": {"object.spec.count", "object.spec.sizes", rollout.Create, "{count: 10, sizes: [1, 3]}", "", kindtest.Want{
			Environments: 10, Affected: 10, Steps: []kindtest.Step{{Declared: 1, InFlight: 1}, {Declared: 3, InFlight: 3}, {Declared: 6, InFlight: 6}},
			Evidence: "the number that RolloutKind trains.trains.example.com yields",
		}},
		"a window wider than all": {"object.spec.names", "object.spec.window", rollout.Create, "{names: [a], window: 7}", "", kindtest.Want{
			Environments: 1, Affected: 1, Steps: []kindtest.Step{{Added: []string{"a"}, InFlight: 1}},
		}},
		"sizes of waves of names, and the rest at once": {"object.spec.names", "object.spec.sizes", rollout.Create, "{names: [a, b, c, d], sizes: [1, 2]}", "", kindtest.Want{
			Environments: 4, Affected: 4, Steps: []kindtest.Step{
				{Added: []string{"a"}, InFlight: 1}, {Added: []string{"b", "c"}, InFlight: 2}, {Added: []string{"d"}, InFlight: 1},
			},
		}},
		"waves of names, the first of two counts": {"object.spec.names", "object.spec.waves", rollout.Create, "{names: [a, b, c], waves: [[c], [a, c, x], []]}", "", kindtest.Want{
			Environments: 3, Affected: 3, Steps: []kindtest.Step{
				{Added: []string{"c"}, InFlight: 1}, {Added: []string{"a"}, InFlight: 1}, {Added: []string{"b"}, InFlight: 1},
			},
		}},
		"names, then sizes of what no wave names": {"object.spec.names", "object.spec.waves", rollout.Create, "{names: [a, b, c, d], waves: [1, [a], 1]}", "", kindtest.Want{
			Environments: 4, Affected: 4, Steps: []kindtest.Step{
				{Added: []string{"b"}, InFlight: 1}, {Added: []string{"a"}, InFlight: 1}, {Added: []string{"c"}, InFlight: 1}, {Added: []string{"d"}, InFlight: 1},
			},
		}},
		"a gate, and a window": {"object.spec.names", "object.spec.waves", rollout.Create, "{names: [a, b, c, d], waves: [[a], {inFlight: 2}]}", "", kindtest.Want{
			Environments: 4, Affected: 4, Steps: []kindtest.Step{{Added: []string{"a"}, InFlight: 1}, {Added: []string{"b", "c", "d"}, InFlight: 2}},
		}},
		"gates and windows of a number": {"object.spec.count", "object.spec.waves", rollout.Create, "{count: 40, waves: [{environments: 10, inFlight: 3}, {inFlight: 7}]}", "", kindtest.Want{
			Environments: 40, Affected: 40, Steps: []kindtest.Step{{Declared: 10, InFlight: 3}, {Declared: 30, InFlight: 7}},
			Evidence: "the number that RolloutKind trains.trains.example.com yields",
		}},
		"gates and windows of names": {"object.spec.names", "object.spec.waves", rollout.Create, "{names: [a, b, c], waves: [{environments: [b, c], inFlight: 1}]}", "", kindtest.Want{
			Environments: 3, Affected: 3, Steps: []kindtest.Step{{Added: []string{"b", "c"}, InFlight: 1}, {Added: []string{"a"}, InFlight: 1}},
		}},
		"a name more in a plan without pace": {"object.spec.names", "", rollout.Update, "{names: [a, b, c]}", "{names: [a, b]}", kindtest.Want{
			Environments: 3, Affected: 3, Steps: []kindtest.Step{{Added: []string{"c"}, Changed: []string{"a", "b"}, InFlight: 3}},
		}},
		"what one write adds and drops is one wave": {"object.spec.names", "object.spec.waves", rollout.Update, "{names: [b, c, d], waves: 1}", "{names: [a, x], waves: 1}", kindtest.Want{
			Environments: 3, Affected: 5, Steps: []kindtest.Step{{
				Added: []string{"b", "c", "d"}, Removed: []string{"a", "x"}, InFlight: 3,
				Pace: "make waves of at most {n} environments, and drop environments in writes of their own, at most {n} in each",
			}},
		}},
		"and what it changes and drops of a number": {"object.spec.count", "object.spec.waves", rollout.Update, "{count: 5, waves: [2]}", "{count: 9, waves: [2]}", kindtest.Want{
			Environments: 5, Affected: 9, Steps: []kindtest.Step{{Declared: 2, Gone: 4, InFlight: 6}, {Declared: 3, InFlight: 3}},
			Evidence: "the number that RolloutKind trains.trains.example.com yields",
		}},
		"null waves are none": {"object.spec.names", "object.spec.window", rollout.Create, "{names: [a, b], window: null}", "", kindtest.Want{
			Environments: 2, Affected: 2, Steps: []kindtest.Step{{Added: []string{"a", "b"}, InFlight: 2}},
		}},
		"no names are no environments": {"object.spec.names", "", rollout.Create, "{names: []}", "", kindtest.Want{}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			change, err := read(t, wagons(tt.environments, tt.waves, ""), tt.operation, tt.object, tt.old)
			g := gomega.NewWithT(t)
			g.Expect(err).NotTo(gomega.HaveOccurred())
			tt.want.Expect(g, change)
		})
	}
}

func TestOldObjectIsNullUnlessOneIsReplaced(t *testing.T) {
	g := gomega.NewWithT(t)
	source := wagons(`oldObject == null ? ["new"] : ["of " + oldObject.spec.name]`, "", `"same"`)
	change, err := read(t, source, rollout.Update, "{name: b}", "{name: a}")
	g.Expect(err).NotTo(gomega.HaveOccurred())
	kindtest.Want{Environments: 1, Affected: 2, Steps: []kindtest.Step{
		{Added: []string{"of a"}, Removed: []string{"new"}, InFlight: 2},
	}}.Expect(g, change)
}

func TestWhatCannotBeCounted(t *testing.T) {
	const kind = "cannot count its environments: RolloutKind trains.trains.example.com: "
	const wantWave = "want a size from 1, a list of names, or an object with environments and inFlight"
	tests := map[string]struct{ environments, waves, object, want string }{
		"a field that is missing":       {"object.spec.names", "", "{}", `spec.environments fails: "no such key: names" (it reads spec.names)`},
		"null":                          {"object.spec.names", "", "{names: null}", `spec.environments yields "null": want a list of names or a number (it reads spec.names)`},
		"a name that is no text":        {"object.spec.names", "", "{names: [a, 1]}", `spec.environments yields "[\"a\",1]": want a list of names or a number (it reads spec.names)`},
		"an empty name":                 {"object.spec.names", "", `{names: [""]}`, `spec.environments yields "[\"\"]": want a list of names or a number (it reads spec.names)`},
		"less than none":                {"object.spec.count", "", "{count: -1}", `spec.environments yields -1: want 0 to 1000000 (it reads spec.count)`},
		"more than can be":              {"object.spec.count", "", "{count: 1000001}", `spec.environments yields 1000001: want 0 to 1000000 (it reads spec.count)`},
		"part of an environment":        {"object.spec.count", "", "{count: 1.5}", `spec.environments yields "1.5": want a list of names or a number (it reads spec.count)`},
		"a window of none":              {"object.spec.names", "object.spec.w", "{names: [a], w: 0}", `spec.waves yields 0: want a number from 1 (it reads spec.w)`},
		"a window that is no number":    {"object.spec.names", "object.spec.w", "{names: [a], w: all}", `spec.waves yields "\"all\"": want a number, or a list of waves (it reads spec.w)`},
		"a wave of none":                {"object.spec.names", "object.spec.w", "{names: [a], w: [1, 0]}", `spec.waves yields "0" as wave 1: ` + wantWave + " (it reads spec.w)"},
		"a wave of a wave":              {"object.spec.names", "object.spec.w", "{names: [a], w: [{environments: {inFlight: 1}}]}", `spec.waves yields "{\"environments\":{\"inFlight\":1}}" as wave 0: ` + wantWave + " (it reads spec.w)"},
		"a wave with another member":    {"object.spec.names", "object.spec.w", "{names: [a], w: [{infLight: 1}]}", `spec.waves yields "{\"infLight\":1}" as wave 0: ` + wantWave + " (it reads spec.w)"},
		"a wave with no window":         {"object.spec.names", "object.spec.w", "{names: [a], w: [{inFlight: 0}]}", `spec.waves yields "{\"inFlight\":0}" as wave 0: ` + wantWave + " (it reads spec.w)"},
		"names of waves for a number":   {"object.spec.count", "object.spec.w", "{count: 1, w: [[a]]}", `spec.waves yields "[\"a\"]" as wave 0: ` + wantWave + " (it reads spec.w)"},
		"a selector that is misspelt":   {`{"matchLabel": {"a": "b"}}.selects({}) ? ["a"] : []`, "", "{}", `spec.environments fails: "strict decoding error: unknown field \"selector.matchLabel\""`},
		"labels that are none":          {`{}.selects("a") ? ["a"] : []`, "", "{}", `spec.environments fails: "cannot restore map from string"`},
		"an expression that costs much": {`object.spec.names.map(a, object.spec.names.map(b, object.spec.names.map(c, a + b + c)).flatten()).flatten()`, "", "{names: [" + strings.Repeat("aaaaaaaa, ", 300) + "a]}", `spec.environments fails: "operation cancelled: actual cost limit exceeded" (it reads spec.names)`},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			_, err := read(t, wagons(tt.environments, tt.waves, ""), rollout.Create, tt.object, "")
			gomega.NewWithT(t).Expect(err).To(gomega.MatchError(kind + tt.want))
		})
	}
}

func TestErrorsNameTheFieldsOfTheAuthor(t *testing.T) {
	source := func(environments string) *v1alpha1.RolloutKind {
		source := wagons(environments, "", "object.spec.?v")
		source.Spec.Variables = []v1alpha1.ExpressionVariable{
			{Name: "cars", Expression: "object.spec.cars"},
			{Name: "long", Expression: `variables.cars.filter(c, c.length > 10 && has(object.metadata.labels.long))`},
		}
		return source
	}
	tests := map[string]struct{ environments, want string }{
		"of a variable of a variable":       {"variables.long.map(c, c.name)", `spec.variables[0].expression fails: "no such key: cars" (it reads spec.cars)`},
		"that may be missing":               {`[object.?spec.?names.orValue([])[0] + "x"]`, `spec.environments fails: "index out of bounds: 0" (it reads spec.names)`},
		"of which one is missing":           {"object.spec.a + object.spec.b.c", `spec.environments fails: "no such key: a" (it reads spec.a)`},
		"of which each may be wrong":        {`[object.metadata.name, object.spec.?a.orValue("")]`, `spec.environments yields "[\"t\",\"\"]": want a list of names or a number (it reads metadata.name, spec.a)`},
		"of which there are more than help": {`size([object.spec.?a, object.spec.?b, object.spec.?c, object.?d]) - 9`, `spec.environments yields -5: want 0 to 1000000 (it reads spec.a, spec.b, spec.c and others)`},
		"none":                              {"0 - 1", `spec.environments yields -1: want 0 to 1000000`},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			_, err := read(t, source(tt.environments), rollout.Create, "{}", "")
			gomega.NewWithT(t).Expect(err).To(gomega.MatchError("cannot count its environments: RolloutKind trains.trains.example.com: " + tt.want))
		})
	}
}

func TestAnEvaluationEndsWithItsContext(t *testing.T) {
	g := gomega.NewWithT(t)
	kind := newKind(wagons("object.spec.names.filter(a, object.spec.names.all(b, a != b + a))", "", ""))(inventory.NewRegistry())
	write := kindtest.Write(t, rollout.Create, train("{names: ["+strings.Repeat("aaaaaaaa, ", 2000)+"a]}"), nil)
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Millisecond)
	defer cancel()
	_, err := kind.Reader.Read(ctx, write)
	g.Expect(err).To(gomega.MatchError(context.DeadlineExceeded))
}

func TestWhatIsWrongWithAnExpressionIsShownInIt(t *testing.T) {
	tests := map[string]struct {
		change func(*v1alpha1.RolloutKindSpec)
		want   []string
	}{
		"a syntax error": {func(s *v1alpha1.RolloutKindSpec) { s.Environments = "object.spec." },
			[]string{`spec.environments: Invalid value: "object.spec."`, "ERROR: <input>:1:13: Syntax error", "| object.spec.\n | ............^"}},
		"an unknown variable": {func(s *v1alpha1.RolloutKindSpec) { s.Environments = "targets.map(t, t.metadata.name)" },
			[]string{"spec.environments", "undeclared reference to 'targets'"}},
		"another type": {func(s *v1alpha1.RolloutKindSpec) { s.Environments = `"all"` },
			[]string{`spec.environments: Invalid value: "\"all\"": yields string: want list(string) or int or list(map(string, dyn)) or map(string, dyn)`}},
		"waves of another type": {func(s *v1alpha1.RolloutKindSpec) { s.Waves = `["a"]` },
			[]string{"spec.waves", "yields list(string): want int or list(int) or list(list(string)) or list(map(string, dyn)) or null_type"}},
		"a variable that comes later": {func(s *v1alpha1.RolloutKindSpec) {
			s.Variables = []v1alpha1.ExpressionVariable{{Name: "a", Expression: "variables.b"}, {Name: "b", Expression: "1"}}
		}, []string{"spec.variables[0].expression", "undeclared reference to 'variables'"}},
		"a variable of another type": {func(s *v1alpha1.RolloutKindSpec) {
			s.Variables = []v1alpha1.ExpressionVariable{{Name: "a", Expression: `"text"`}}
			s.Environments = "variables.a"
		}, []string{"spec.environments", "yields string"}},
		"two of them": {func(s *v1alpha1.RolloutKindSpec) { s.Environments, s.DesiredState = "x", "y" },
			[]string{"spec.environments", "spec.desiredState"}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			g := gomega.NewWithT(t)
			source := wagons("object.spec.names", "", "")
			g.Expect(custom.Validate(&source.Spec)).To(gomega.BeEmpty())
			tt.change(&source.Spec)
			err := custom.Validate(&source.Spec).ToAggregate()
			for _, want := range tt.want {
				g.Expect(err).To(gomega.MatchError(gomega.ContainSubstring(want)))
			}
		})
	}
}

func TestABrokenRolloutKindCountsNothingAsNone(t *testing.T) {
	g := gomega.NewWithT(t)
	kind, err := custom.New(wagons("x", "", ""), custom.Inventories{})
	g.Expect(err).To(gomega.HaveOccurred())
	_, err = kind.Reader.Read(t.Context(), kindtest.Write(t, rollout.Create, train("{}"), nil))
	unresolved, is := errors.AsType[*rollout.UnresolvedError](err)
	g.Expect(is).To(gomega.BeTrue())
	g.Expect(unresolved.Error()).To(gomega.Equal(
		"cannot count its environments: RolloutKind trains.trains.example.com is not accepted: see its condition Accepted"))
	change, err := kind.Reader.Read(t.Context(), kindtest.Write(t, rollout.Update, train("{a: 1}"), train("{a: 1}")))
	g.Expect(err).NotTo(gomega.HaveOccurred())
	g.Expect(change.Affected()).To(gomega.BeZero())
}

func BenchmarkTargets(b *testing.B) {
	source := sample(b, "clusterclass.yaml")
	for _, n := range []int{100, 10_000} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			registry := inventory.NewStaticRegistry(inventory.Static{Objects: kindtest.Objects(b, fmt.Appendf(nil, `
apiVersion: cluster.x-k8s.io/v1beta2
kind: Cluster
metadata: {name: c, namespace: ns, annotations: {kindtest.seawall.dev/copies: "%d"}}
spec: {topology: {classRef: {name: t}}}
`, n))})
			kind := newKind(source)(registry)
			write := kindtest.Write(b, rollout.Update, train("{a: 2}"), train("{a: 1}"))
			for b.Loop() {
				change, err := kind.Reader.Read(b.Context(), write)
				if err != nil || change.Affected() != n {
					b.Fatal(change.Affected(), err)
				}
			}
		})
	}
}
