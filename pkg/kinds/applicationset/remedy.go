package applicationset

import (
	"fmt"

	"github.com/seawall-dev/seawall/pkg/rollout"
)

const (
	removalRemedy = "remove at most " + rollout.PerWave + " environments in one write"
	// What goes in one reconcile with what syncs is paced by no strategy.
	besideRemedy = ", and remove environments in writes of their own, at most " + rollout.PerWave + " in each"
	enableRemedy = "enable progressive syncs on the ApplicationSet controller " +
		"(key applicationsetcontroller.enable.progressive.syncs of ConfigMap argocd-cmd-params-cm) and "
	// A step without matchExpressions selects every Application.
	strategyRemedy = "set spec.strategy to {type: RollingSync, rollingSync: {steps: [{maxUpdate: " + rollout.PerWave + "}]}}"
	divideRemedy   = "set spec.strategy to {type: RollingSync} with rollingSync.steps of at most " + rollout.PerWave + " Applications each"
	deletionRemedy = "delete at most " + rollout.PerWave + " environments at once: take them out of the ApplicationSet first"
)

// remedies say where a step stands, and how to make its window, and the step itself, smaller.
func (d *delta) remedies(step int) (name, pace, split string) {
	switch {
	case d.paces(d.after):
		path := fmt.Sprintf("spec.strategy.rollingSync.steps[%d]", step)
		return path, fmt.Sprintf("set %s.maxUpdate to %s", path, rollout.PerWave),
			fmt.Sprintf("split %s into steps of at most %s Applications each", path, rollout.PerWave)
	case d.enabled:
		return "", strategyRemedy, divideRemedy
	default:
		return "", enableRemedy + strategyRemedy, enableRemedy + divideRemedy
	}
}
