package rollout_test

import (
	"encoding/json"
	"errors"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/onsi/gomega"

	"github.com/seawall-dev/seawall/pkg/budget"
	"github.com/seawall-dev/seawall/pkg/rollout"
)

func TestFieldsThatAreTheSame(t *testing.T) {
	tests := map[string]struct {
		before, after string
		harmless      []string
		want          bool
	}{
		"nothing and nothing":             {`{}`, `{}`, nil, true},
		"another order of fields":         {`{"a":1,"b":{"c":1,"d":2}}`, `{"b":{"d":2,"c":1},"a":1}`, nil, true},
		"null and nothing":                {`{"a":null}`, `{}`, nil, true},
		"nothing and null":                {`{}`, `{"a":null}`, nil, true},
		"a new field":                     {`{}`, `{"a":false}`, nil, false},
		"a field that is gone":            {`{"a":false}`, `{}`, nil, false},
		"another value":                   {`{"a":1}`, `{"a":2}`, nil, false},
		"another value that is harmless":  {`{"a":1,"b":1}`, `{"a":2,"b":1}`, []string{"x", "a"}, true},
		"a new field that is harmless":    {`{}`, `{"a":1}`, []string{"a"}, true},
		"a harmless field that is gone":   {`{"a":1}`, `{}`, []string{"a"}, true},
		"one that is harmless, and other": {`{"a":1,"b":1}`, `{"a":2,"b":2}`, []string{"a"}, false},
		"another spelling of a string":    {`{"a":"\u0062"}`, `{"a":"b"}`, nil, true},
		"a string of another":             {`{"a":["b",{"c":"d"}]}`, `{"a":["b",{"c":"e"}]}`, nil, false},
		"more items":                      {`{"a":[1]}`, `{"a":[1,2]}`, nil, false},
		"fewer items":                     {`{"a":[1,2]}`, `{"a":[1]}`, nil, false},
		"no items":                        {`{"a":[ ]}`, `{"a":[]}`, nil, true},
		"an object and an array":          {`{"a":[]}`, `{"a":{}}`, nil, false},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			g := gomega.NewWithT(t)
			before, after := cut(t, `{"metadata":{},"spec":`+tt.before+`}`), cut(t, `{"metadata":{},"spec":`+tt.after+`}`)
			g.Expect(before.Spec.Same(after.Spec, tt.harmless...)).To(gomega.Equal(tt.want))
			write := rollout.Write{Operation: rollout.Update, Object: after, OldObject: before}
			g.Expect(write.Rewrites(tt.harmless...)).To(gomega.Equal(!tt.want))
			g.Expect(write.SameSpec()).To(gomega.Equal(tt.want && len(tt.harmless) == 0))
			write.Rewritten = true
			g.Expect(write.Rewrites(tt.harmless...)).To(gomega.BeTrue())
			g.Expect(write.SameSpec()).To(gomega.BeFalse())
		})
	}
}

func TestSpecsThatAreNoObjects(t *testing.T) {
	g := gomega.NewWithT(t)
	for _, specs := range []struct {
		before, after string
		want          bool
	}{{`7`, `7`, true}, {`7`, `8`, false}, {`7`, `{}`, false}, {`{}`, `null`, false}} {
		write := rollout.Write{
			Operation: rollout.Update, OldObject: cut(t, `{"metadata":{},"spec":`+specs.before+`}`), Object: cut(t, `{"metadata":{},"spec":`+specs.after+`}`),
		}
		g.Expect(write.SameSpec()).To(gomega.Equal(specs.want), "%v", specs)
	}
	g.Expect(rollout.Write{Operation: rollout.Create, Object: cut(t, `{"metadata":{}}`)}.Rewrites()).To(gomega.BeFalse())
}

// Values that nest as deep as an object may, in which only the innermost differ or stand in
// another order, are compared in no time.
func TestNestedValues(t *testing.T) {
	nest := func(innermost string) json.RawMessage {
		return json.RawMessage(strings.Repeat(`{"b":[0,`, 499) + innermost + strings.Repeat(`],"a":1}`, 499))
	}
	long := strings.Repeat("x", 1<<20)
	for name, tt := range map[string]struct {
		a, b string
		want bool
	}{
		"the same":      {`{"a":1,"b":"` + long + `"}`, `{"b":"` + long + `","a":1}`, true},
		"not the same":  {`"` + long + `"`, `"` + long + `y"`, false},
		"another type":  {`{"a":"` + long + `"}`, `["` + long + `"]`, false},
		"more of it":    {`0`, `0,0`, false},
		"white space":   {`0`, ` 0`, true},
		"null in depth": {`null`, `0`, false},
	} {
		t.Run(name, func(t *testing.T) {
			g := gomega.NewWithT(t)
			start := time.Now()
			g.Expect(rollout.SameJSON(nest(tt.a), nest(tt.b))).To(gomega.Equal(tt.want))
			g.Expect(time.Since(start)).To(gomega.BeNumerically("<", 5*time.Second))
		})
	}
}

// 520 KB that nest 100,000 levels deep cost next to nothing, and are no finding.
func TestAnObjectThatNestsTooDeep(t *testing.T) {
	for name, object := range map[string]string{
		"objects": `{"metadata":{},"spec":` + strings.Repeat(`{"a":`, 100_000) + `1` + strings.Repeat(`}`, 100_001) + `}`,
		"arrays":  `{"metadata":` + strings.Repeat(`[`, 260_000) + strings.Repeat(`]`, 260_000) + `}`,
		"no end":  `{"status":` + strings.Repeat(`[`, 520_000),
		"just":    `{"metadata":{},"spec":` + strings.Repeat(`[`, 1_000) + strings.Repeat(`]`, 1_000) + `}`,
	} {
		t.Run(name, func(t *testing.T) {
			g := gomega.NewWithT(t)
			var before, after runtime.MemStats
			text, start := []byte(object), time.Now()
			runtime.ReadMemStats(&before)
			_, err := rollout.Cut(text)
			runtime.ReadMemStats(&after)
			g.Expect(err).To(gomega.MatchError(budget.ErrExceeded))
			g.Expect(err).To(gomega.MatchError(gomega.ContainSubstring("nests deeper than 1000 levels")))
			g.Expect(rollout.IsFinding(err)).To(gomega.BeFalse())
			g.Expect(time.Since(start)).To(gomega.BeNumerically("<", time.Second))
			g.Expect(after.TotalAlloc - before.TotalAlloc).To(gomega.BeNumerically("<", 1<<20))
		})
	}
}

func TestAnObjectThatNestsAsDeepAsItMay(t *testing.T) {
	for _, spec := range []string{
		strings.Repeat(`[`, 999) + strings.Repeat(`]`, 999),
		`"` + strings.Repeat(`[{\"`, 2_000) + `"`,
		`[` + strings.Repeat(`[{"a":"\\"}],`, 2_000) + `0]`,
	} {
		_, err := rollout.Cut([]byte(`{"metadata":{},"spec":` + spec + `}`))
		gomega.NewWithT(t).Expect(err).NotTo(gomega.HaveOccurred())
	}
}

func TestSidesKeepsFailuresOfItsOwn(t *testing.T) {
	object, own := cut(t, `{"metadata":{}}`), errors.New("a failure")
	write := rollout.Write{Operation: rollout.Update, Object: object, OldObject: cut(t, `{"metadata":{"name":"old"}}`)}
	for _, tt := range []struct{ failure, want error }{{own, own}, {rollout.Unresolved("spec", "is dark"), nil}} {
		before, after, err := rollout.Sides(write, func(side *rollout.Object) (*rollout.Object, error) {
			if side != object {
				return side, tt.failure
			}
			return side, nil
		})
		g := gomega.NewWithT(t)
		g.Expect(before).To(gomega.BeNil())
		if tt.want != nil {
			g.Expect(err).To(gomega.MatchError(tt.want))
			continue
		}
		g.Expect(err).NotTo(gomega.HaveOccurred())
		g.Expect(after).To(gomega.BeIdenticalTo(object))
	}
}

func TestDecodeThePartsOfAnObject(t *testing.T) {
	type spec struct {
		Names []string                  `json:"names"`
		Raw   json.RawMessage           `json:"raw"`
		Deep  struct{ Number int }      `json:"deep"`
		Table map[string]map[string]int `json:"table,omitempty"`
		own   int
		Other int
	}
	g := gomega.NewWithT(t)
	object := cut(t, `{"metadata":{},"spec":{"names":["a"],"raw":{"b": 1},"other":7,"NAMES":7,"":1,"Other":1,"table":null},"status":{"n":2,"m":"x"}}`)
	into := spec{own: 1}
	g.Expect(object.DecodeSpec(&into)).To(gomega.Succeed())
	g.Expect(into).To(gomega.Equal(spec{Names: []string{"a"}, Raw: json.RawMessage(`{"b": 1}`), own: 1}))
	var status struct {
		Status struct {
			N int `json:"n"`
		} `json:"status"`
	}
	g.Expect(object.Decode(&status)).To(gomega.Succeed())
	g.Expect(status.Status.N).To(gomega.Equal(2))

	for text, want := range map[string]string{
		`"spec":{"names":"a"}`:              "spec.names is a JSON string: want an array",
		`"spec":{"names":[1]}`:              "spec.names is a JSON number: want a string",
		`"spec":{"deep":{"Number":"a"}}`:    "spec.deep.Number is a JSON string: want a number",
		`"spec":{"table":[]}`:               "spec.table is a JSON array: want an object",
		`"spec":{"table":{"a":{"b":true}}}`: "spec.table is a JSON bool: want a number",
		`"spec":7`:                          "spec is a JSON number: want an object",
		`"spec":[]`:                         "spec is a JSON array: want an object",
		`"spec":null`:                       "",
		`"a":1`:                             "",
	} {
		err := cut(t, `{"metadata":{},`+text+`}`).DecodeSpec(&spec{})
		if want == "" {
			g.Expect(err).NotTo(gomega.HaveOccurred(), text)
			continue
		}
		g.Expect(err).To(gomega.MatchError("cannot count its environments: "+want), text)
	}
	for text, want := range map[string]string{`"x"`: "status is a JSON string: want an object", `{"n":"x"}`: "status.n is a JSON string: want a number"} {
		g.Expect(cut(t, `{"metadata":{},"status":`+text+`}`).Decode(&status)).To(gomega.MatchError("cannot count its environments: " + want))
	}
}

func cut(t *testing.T, text string) *rollout.Object {
	t.Helper()
	object, err := rollout.Cut([]byte(text))
	gomega.NewWithT(t).Expect(err).NotTo(gomega.HaveOccurred())
	return object
}
