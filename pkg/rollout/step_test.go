package rollout_test

import (
	"testing"

	"github.com/onsi/gomega"

	"github.com/seawall-dev/seawall/pkg/rollout"
)

func TestBeside(t *testing.T) {
	g := gomega.NewWithT(t)
	named := func(name string, effect rollout.Effect) rollout.Target {
		return rollout.Target{Name: name, Effect: effect}
	}
	added := []rollout.Target{named("b", rollout.Added), named("d", rollout.Added)}
	paced := rollout.Step{
		Groups: []rollout.Group{{Target: added[0], Count: 2}}, Names: func() []rollout.Target { return added },
		Declared: 3, InFlight: 1, PaceRemedy: "less at once",
	}
	gone := rollout.Step{Targets: []rollout.Target{named("a", rollout.Removed), named("c", rollout.Removed)}, Gone: 4, InFlight: 6}

	both := paced.Beside(gone)
	g.Expect(both.Size()).To(gomega.Equal(11))
	g.Expect(both.InFlight).To(gomega.Equal(7), "nothing paces what goes")
	g.Expect(both.PaceRemedy).To(gomega.Equal("less at once"))
	g.Expect(both.All()).To(gomega.Equal([]rollout.Target{
		named("a", rollout.Removed), added[0], named("c", rollout.Removed), added[1],
	}))

	staying := both.Staying()
	g.Expect(staying.Size()).To(gomega.Equal(5))
	g.Expect(staying.InFlight).To(gomega.Equal(1), "without what goes the others are paced as before")
	g.Expect(staying.All()).To(gomega.Equal(added))
}
