package rollout_test

import (
	"testing"

	"github.com/onsi/gomega"

	"github.com/seawall-dev/seawall/pkg/rollout"
)

func TestLeaving(t *testing.T) {
	g := gomega.NewWithT(t)
	stays, goes := rollout.Target{Name: "a", Effect: rollout.Changed}, rollout.Target{Name: "b", Effect: rollout.Removed}
	named := []rollout.Target{{Name: "c", Effect: rollout.Added}, {Name: "d", Effect: rollout.Removed}, {Name: "e", Effect: rollout.Removed}}
	left := rollout.Change{Steps: []rollout.Step{
		{
			Targets: []rollout.Target{stays, goes},
			Groups:  []rollout.Group{{Target: named[0], Count: 1}, {Target: named[1], Count: 2}},
			Names:   func() []rollout.Target { return named },
			Gone:    4, Declared: 5, InFlight: 14,
		},
		{Targets: []rollout.Target{stays}, InFlight: 1},
	}}.Leaving()
	g.Expect(left.Steps).To(gomega.HaveLen(1), "nothing goes in the other")
	step := left.Steps[0]
	g.Expect(step.Size()).To(gomega.Equal(7))
	g.Expect(step.InFlight).To(gomega.Equal(7))
	g.Expect(step.All()).To(gomega.Equal([]rollout.Target{goes, named[1], named[2]}))
	g.Expect(step.Staying().Size()).To(gomega.BeZero())
}
