package applicationset_test

import (
	"context"
	"fmt"
	"runtime"
	"strings"
	"testing"
	"time"

	. "github.com/onsi/gomega"

	"github.com/seawall-dev/seawall/pkg/kinds/kindtest"
	"github.com/seawall-dev/seawall/pkg/rollout"
)

// nestedSpec is an ApplicationSet with a template that nests so many levels deep, around text.
func nestedSpec(tb testing.TB, levels int, text string) *rollout.Object {
	tb.Helper()
	return kindtest.Cut(tb, fmt.Appendf(nil, `{"metadata":{"name":"a"},"spec":{"goTemplate":true,"generators":[{"list":{"elements":[{"name":"x"}]}}],
		"template":{"metadata":{"name":"{{.name}}"},"spec":{"source":{"helm":{"valuesObject":%s%s%s}}}}}}`,
		strings.Repeat(`{"k":`, levels), text, strings.Repeat("}", levels)))
}

// TestNestingCostsWhatItIsLong holds that neither time nor memory grows with the square of the
// nesting; an object that nests deeper than this is none to rollout.Cut.
func TestNestingCostsWhatItIsLong(t *testing.T) {
	const levels = 990
	var templates strings.Builder
	for i := range levels {
		fmt.Fprintf(&templates, `{"%0300d{{.name}}":`, i)
	}
	for name, object := range map[string]*rollout.Object{
		"constant":              nestedSpec(t, levels, `"x"`),
		"a template at the end": nestedSpec(t, levels, `"{{.name}}"`),
		"one that fails":        nestedSpec(t, levels, `"{{.missing.x}}{{template \"none\"}}"`),
		"templates on the way":  nestedSpec(t, 1, templates.String()+"1"+strings.Repeat("}", levels)),
	} {
		t.Run(name, func(t *testing.T) {
			g := NewWithT(t)
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			started := time.Now()
			change, err := (&argoCD{}).read(rollout.Write{Operation: rollout.Create, Object: object})
			runtime.ReadMemStats(&after)
			if err == nil {
				g.Expect(change.Affected()).To(Equal(1))
			} else {
				g.Expect(rollout.IsFinding(err)).To(BeTrue(), "%v", err)
			}
			g.Expect(time.Since(started)).To(BeNumerically("<", 10*time.Second))
			g.Expect(after.TotalAlloc-before.TotalAlloc).To(BeNumerically("<", 100<<20), "bytes allocated in all")
			t.Logf("%s, %d MiB", time.Since(started), (after.TotalAlloc-before.TotalAlloc)>>20)
		})
	}
}

// TestADeadlineEndsEveryLoop holds for what takes seconds, and that no declaration makes up for it.
func TestADeadlineEndsEveryLoop(t *testing.T) {
	elements := make([]any, 10_000)
	for i := range elements {
		elements[i] = map[string]any{"name": fmt.Sprint("x", i)}
	}
	expressions := make([]any, 10_000)
	for i := range expressions {
		expressions[i] = map[string]any{"key": fmt.Sprint("key-", i), "operator": "DoesNotExist"}
	}
	wide := map[string]any{}
	for i := range 10_000 {
		wide[fmt.Sprint("key-", i)] = "{{.name}}"
	}
	plain := listed(elements...)
	selecting := fields{"list": plain["list"], "selector": fields{"matchExpressions": expressions}}
	for name, spec := range map[string]spec{
		"selectors over elements": goSpec(selecting),
		"leaves over elements":    with(t, goSpec(plain), any(wide), "template", "spec"),
		"a matrix":                goSpec(matrixOf(listed(elements[:300]...), fields{"list": fields{"elements": elements[:300]}, "selector": fields{"matchExpressions": expressions}})),
		"a matrix of templates":   goSpec(matrixOf(plain, listed(append([]any{map[string]any{"name": "{{.name}}"}}, elements[:9]...)...))),
	} {
		t.Run(name, func(t *testing.T) {
			g := NewWithT(t)
			delete(spec["template"].(map[string]any)["metadata"].(map[string]any), "labels")
			delete(spec["template"].(map[string]any)["spec"].(map[string]any), "source")
			delete(spec["template"].(map[string]any)["spec"].(map[string]any), "destination")
			write := creation(t, spec)
			write.Metadata().Annotations = map[string]string{"seawall.dev/environments": "3"}
			ctx, cancel := context.WithTimeout(t.Context(), 10*time.Millisecond)
			defer cancel()
			started := time.Now()
			_, err := (&argoCD{}).kind().Reader.Read(ctx, write)
			g.Expect(err).To(MatchError(context.DeadlineExceeded))
			g.Expect(rollout.IsFinding(err)).To(BeFalse())
			g.Expect(time.Since(started)).To(BeNumerically("<", 2*time.Second))
		})
	}
}
