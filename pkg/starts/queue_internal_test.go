package starts

import (
	"testing"
	"time"

	"github.com/onsi/gomega"

	"github.com/seawall-dev/seawall/pkg/gate"
)

func TestCandidate(t *testing.T) {
	now := time.Unix(1_800_000_000, 0)
	for name, test := range map[string]struct {
		standing gate.Standing
		want     bool
	}{
		"one that does not wait":         {},
		"one that waits":                 {standing: gate.Standing{Waits: true}, want: true},
		"one that was called":            {standing: gate.Standing{Waits: true, Called: true, CalledAt: now.Add(-59 * time.Second)}, want: true},
		"one that was called in vain":    {standing: gate.Standing{Waits: true, Called: true, CalledAt: now.Add(-time.Minute)}},
		"called, and nobody knows when":  {standing: gate.Standing{Waits: true, Called: true}},
		"one that was called and is not": {standing: gate.Standing{Called: true, CalledAt: now}},
	} {
		t.Run(name, func(t *testing.T) {
			g := gomega.NewWithT(t)
			test.standing.Looked = now.Add(-time.Hour)
			candidate, callable := candidateOf(gate.Member{Environment: gate.Environment{Name: "a"}}, test.standing, now)
			g.Expect(callable).To(gomega.Equal(test.want))
			g.Expect(candidate.Called).To(gomega.Equal(test.standing.Called))
			g.Expect(candidate.Waiting).To(gomega.Equal(gate.Waiting{
				Environment: gate.Environment{Name: "a"}, Since: now.Add(-time.Hour),
			}))
		})
	}
}
