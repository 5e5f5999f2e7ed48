package custom_test

import (
	"fmt"
	"testing"

	"github.com/onsi/gomega"

	"github.com/seawall-dev/seawall/pkg/rollout"
)

func TestPacing(t *testing.T) {
	const version = "object.spec.?version"
	tests := map[string]struct {
		object, old string
		released    []string
	}{
		"a wave merged releases who waited":     {"{names: [a, b, c], waves: [[a, b], [c]]}", "{names: [a, b, c], waves: [[a], [b], [c]]}", []string{"b"}},
		"an empty wave less releases none":      {"{names: [a, b], waves: [[a, b]]}", "{names: [a, b], waves: [[a, b], []]}", nil},
		"a narrower wave releases none":         {"{names: [a, b, c], waves: [[a], [b], [c]]}", "{names: [a, b, c], waves: [[a, b], [c]]}", nil},
		"another order releases who waited":     {"{names: [a, b], waves: [[b], [a]]}", "{names: [a, b], waves: [[a], [b]]}", []string{"b"}},
		"one that was in no wave was in a last": {"{names: [a, b, c], waves: [[a, b], [c]]}", "{names: [a, b, c], waves: [[a, b]]}", nil},
		"the pacing taken off":                  {"{names: [a, b]}", "{names: [a, b], waves: [[a], [b]]}", []string{"b"}},
		"a wider window releases all":           {"{names: [a, b, c], waves: 2}", "{names: [a, b, c], waves: 1}", []string{"a", "b", "c"}},
		"a window taken off releases all":       {"{names: [a, b, c]}", "{names: [a, b, c], waves: 2}", []string{"a", "b", "c"}},
		"a narrower window releases none":       {"{names: [a, b, c], waves: 1}", "{names: [a, b, c], waves: 2}", nil},
		"a wider window for all was wide":       {"{names: [a, b, c], waves: 9}", "{names: [a, b, c], waves: 3}", nil},
		"a gate that became a window":           {"{names: [a, b, c], waves: 1}", "{names: [a, b, c], waves: [1, 1, 1]}", []string{"b", "c"}},
		"a canary dropped":                      {"{names: [a, b, c], waves: [{inFlight: 2}]}", "{names: [a, b, c], waves: [[a], {inFlight: 2}]}", []string{"b", "c"}},
		"a pacing put on releases none":         {"{names: [a, b], waves: [[a], [b]]}", "{names: [a, b]}", nil},
		"a pacing that was unreadable was none": {"{names: [a, b], waves: [[a], [b]]}", "{names: [a, b], waves: [0]}", nil},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			source := wagons("object.spec.names", "has(object.spec.waves) ? object.spec.waves : dyn(null)", version)
			change, err := read(t, source, rollout.Update, tt.object, tt.old)
			g := gomega.NewWithT(t)
			g.Expect(err).NotTo(gomega.HaveOccurred())
			var released []string
			for _, step := range change.Steps {
				for _, target := range step.Targets {
					g.Expect(target.Effect).To(gomega.Equal(rollout.Released))
					released = append(released, target.Name)
				}
			}
			g.Expect(released).To(gomega.Equal(tt.released))
		})
	}
}

func TestGrowthCountsTheNewOnly(t *testing.T) {
	names := func(n int, waves string) string { return fmt.Sprintf("{many: %d, waves: %s, version: 1}", n, waves) }
	tests := map[string]struct {
		object, old        string
		affected, inFlight int
	}{
		"without pace":                        {names(101, "null"), names(100, "null"), 1, 1},
		"many without pace":                   {names(130, "null"), names(100, "null"), 30, 30},
		"with a window":                       {names(101, "10"), names(100, "10"), 1, 1},
		"a window that grows with all":        {names(111, "12"), names(100, "10"), 11, 11},
		"a window that grows faster than all": {names(101, "20"), names(100, "10"), 101, 20},
		"with gates":                          {names(101, "[1, 9, 90]"), names(100, "[1, 9, 90]"), 1, 1},
	}
	for _, environments := range []string{"lists.range(object.spec.many).map(i, 'tenant-' + string(1000 + i))", "object.spec.many"} {
		for name, tt := range tests {
			t.Run(name+" of "+environments, func(t *testing.T) {
				g := gomega.NewWithT(t)
				change, err := read(t, wagons(environments, "object.spec.waves", "object.spec.version"), rollout.Update, tt.object, tt.old)
				g.Expect(err).NotTo(gomega.HaveOccurred())
				g.Expect(change.Affected()).To(gomega.Equal(tt.affected))
				g.Expect(change.Steps).To(gomega.HaveLen(1))
				g.Expect(change.Steps[0].InFlight).To(gomega.Equal(tt.inFlight))
			})
		}
	}
}
