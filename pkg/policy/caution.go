package policy

import (
	"fmt"
	"slices"

	"github.com/seawall-dev/seawall/pkg/risk"
)

// ExceededByOne tells whether even one start exceeds the limit at a success rate: it passes all the same while
// nothing else is in flight.
func (g *Gate) ExceededByOne(rate risk.Probability) bool {
	return g.policy.wave.Exceeded(risk.Uniform(1, rate))
}

// DefaultRate returns the chance that a start succeeds of which nothing is claimed, and whether the policy says so.
func (g *Gate) DefaultRate() (risk.Probability, bool) {
	if g.policy.defaultRate == nil {
		return 0, false
	}
	return min(*g.policy.defaultRate, g.policy.maxRate), true
}

// Alone says what it means that one start exceeds the limit, which has a rate for a reason.
func (g *Gate) Alone(rate risk.Probability, reason string) string {
	return fmt.Sprintf("even one start, at %s (%s), exceeds spec.maxWaveFailureProbability %s: "+
		"starts of a group pass one at a time, each above the limit",
		rate, reason, g.policy.wave.Max)
}

// cautions are what the author of the policy should know of its gate.
func (g *Gate) cautions() []string {
	var said []string
	if rate, known := g.DefaultRate(); known && g.ExceededByOne(rate) {
		said = append(said, "spec.syncGate: "+g.Alone(rate, "spec.successRate.default"))
	}
	if g.SettledWhenOperation {
		said = append(said, "spec.syncGate.settledWhen: Operation counts a start as done about a second after it began, "+
			"so that the limit hardly holds any; Healthy waits until the environment is well")
	} else if slices.Contains(g.policy.kinds, kustomizations()) {
		said = append(said, "spec.match.kinds: a Kustomization with neither spec.wait nor spec.healthChecks counts as done as soon as it is "+
			"applied, so that the limit hardly holds any of these")
	}
	return said
}
