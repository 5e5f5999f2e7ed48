package rollout_test

import (
	"encoding/json"
	"testing"

	"github.com/onsi/gomega"

	"github.com/seawall-dev/seawall/pkg/rollout"
)

func TestDelta(t *testing.T) {
	before := rollout.Environments{"b": {}, "c": {SuccessRate: "0.9", Source: "Cluster c"}, "d": {}}
	after := rollout.Environments{"a": {}, "b": {SuccessRate: "0.8"}, "d": {}}
	added := rollout.Target{Name: "a", Effect: rollout.Added}
	removed := rollout.Target{Name: "c", Effect: rollout.Removed, SuccessRate: "0.9", Source: "Cluster c"}
	onlyB := func(name string) (rollout.Effect, bool) { return rollout.Released, name == "b" }
	tests := map[string]struct {
		changed func(string) (rollout.Effect, bool)
		want    []rollout.Target
	}{
		"what is in both stays as it is": {nil, []rollout.Target{added, removed}},
		"all of both change": {rollout.Everything(rollout.Changed), []rollout.Target{
			added, {Name: "b", Effect: rollout.Changed, SuccessRate: "0.8"}, removed, {Name: "d", Effect: rollout.Changed},
		}},
		"one of both is released": {onlyB, []rollout.Target{added, {Name: "b", Effect: rollout.Released, SuccessRate: "0.8"}, removed}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			g := gomega.NewWithT(t)
			targets := rollout.Delta(before, after, tt.changed)
			g.Expect(targets).To(gomega.Equal(tt.want))
			staying, gone := rollout.Split(targets)
			g.Expect(gone).To(gomega.Equal([]rollout.Target{removed}))
			g.Expect(staying).To(gomega.HaveLen(len(targets) - 1))
		})
	}
}

func TestStaying(t *testing.T) {
	g := gomega.NewWithT(t)
	changed, removed := rollout.Target{Name: "a", Effect: rollout.Changed}, rollout.Target{Name: "b", Effect: rollout.Removed}
	change := rollout.Change{Environments: 7, Held: 1, Steps: []rollout.Step{
		{Targets: []rollout.Target{changed, removed}, Declared: 2, InFlight: 4},
		{Targets: []rollout.Target{removed}, InFlight: 1},
		{Declared: 3, InFlight: 1},
	}}
	g.Expect(change.Staying()).To(gomega.Equal(rollout.Change{Environments: 7, Held: 1, Steps: []rollout.Step{
		{Targets: []rollout.Target{changed}, Declared: 2, InFlight: 3},
		{Declared: 3, InFlight: 1},
	}}))
	g.Expect(change.Steps[0].Targets).To(gomega.HaveLen(2), "the change itself stays as it was")
}

func TestAStepOfGroups(t *testing.T) {
	g := gomega.NewWithT(t)
	target := func(name string, effect rollout.Effect) rollout.Target {
		return rollout.Target{Name: name, Effect: effect}
	}
	counted := []rollout.Target{target("a", rollout.Changed), target("c", rollout.Removed), target("d", rollout.Changed)}
	step := rollout.Step{
		Targets: []rollout.Target{target("b", rollout.Added)}, Declared: 4, InFlight: 8,
		Groups: []rollout.Group{{Target: counted[0], Count: 2}, {Target: counted[1], Count: 1}},
		Names:  func() []rollout.Target { return counted },
	}
	g.Expect(step.Size()).To(gomega.Equal(8))
	g.Expect(step.All()).To(gomega.Equal([]rollout.Target{counted[0], step.Targets[0], counted[1], counted[2]}))
	staying := rollout.Change{Steps: []rollout.Step{step}}.Staying().Steps[0]
	g.Expect(staying.Size()).To(gomega.Equal(7))
	g.Expect(staying.InFlight).To(gomega.Equal(7))
	g.Expect(staying.All()).To(gomega.Equal([]rollout.Target{counted[0], step.Targets[0], counted[2]}))
	var groups []int
	for group := range staying.Grouped() {
		groups = append(groups, group.Count)
	}
	g.Expect(groups).To(gomega.Equal([]int{2, 1}))
	g.Expect(step.Groups).To(gomega.HaveLen(2), "the step itself stays as it was")
}

func TestSameJSON(t *testing.T) {
	tests := map[string]struct {
		a, b string
		want bool
	}{
		"equal":                             {`{"a":1}`, `{"a":1}`, true},
		"another order of keys":             {`{"a":1,"b":[2]}`, "{\"b\": [2],\n\"a\": 1}", true},
		"another order of elements":         {`[1,2]`, `[2,1]`, false},
		"absent and null":                   {``, `null`, true},
		"absent and empty":                  {``, `{}`, false},
		"large numbers that a float blurs":  {`9007199254740993`, `9007199254740992`, false},
		"what is not JSON":                  {`{`, `{"a":1}`, false},
		"what is not JSON, twice the other": {`{`, `[`, false},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			gomega.NewWithT(t).Expect(rollout.SameJSON(json.RawMessage(tt.a), json.RawMessage(tt.b))).To(gomega.Equal(tt.want))
		})
	}
}

func TestDecode(t *testing.T) {
	var into struct {
		Spec struct {
			Names []string `json:"names"`
			Max   *int     `json:"max"`
			Deep  struct {
				On bool `json:"on"`
			} `json:"deep"`
		} `json:"spec"`
	}
	g := gomega.NewWithT(t)
	g.Expect(rollout.DecodeJSON([]byte(`{"SPEC":{"names":7},"spec":{"names":["a"],"other":1}}`), &into)).To(gomega.Succeed())
	g.Expect(into.Spec.Names).To(gomega.Equal([]string{"a"}))
	for object, want := range map[string]string{
		`{"spec":{"names":"a"}}`:         "spec.names is a JSON string: want an array",
		`{"spec":{"max":"a"}}`:           "spec.max is a JSON string: want a number",
		`{"spec":{"deep":[]}}`:           "spec.deep is a JSON array: want an object",
		`{"spec":{"deep":{"on":"yes"}}}`: "spec.deep.on is a JSON string: want a bool",
		`{`:                              "object cannot be read: \"unexpected end of JSON input\"",
	} {
		t.Run(object, func(t *testing.T) {
			gomega.NewWithT(t).Expect(rollout.DecodeJSON([]byte(object), &into)).To(gomega.MatchError("cannot count its environments: " + want))
		})
	}
}
