package kubefleet

import (
	"strings"

	"github.com/seawall-dev/seawall/pkg/rollout"
)

// removing returns a step and the one that removes clusters. If there are both, they are one, since
// one reconcile does both, and has so many in flight together.
func removing(step, gone rollout.Step, together int) []rollout.Step {
	if step.Size() == 0 || gone.Size() == 0 {
		return rollout.Steps(step, gone)
	}
	both := step.Beside(gone)
	both.InFlight = min(both.Size(), max(together, step.InFlight, gone.InFlight))
	both.Unpaced = both.InFlight - step.InFlight
	both.PaceRemedy, both.SplitRemedy = apart(step.PaceRemedy), apart(step.SplitRemedy)
	return rollout.Steps(both)
}

// apart says how to pace what is removed, too; a staged run removes in a stage of its own.
func apart(remedy string) string {
	if !strings.Contains(remedy, rollout.PerWave) {
		return remedy
	}
	return remedy + apartRemedy
}

// tearDown returns the step that removes clusters. Those that are gone make room for others,
// which must be ready before more may go.
func (p pace) tearDown(write moves, removed []rollout.Target) rollout.Step {
	step := rollout.AtOnce(removed, removeRemedy)
	step.InFlight = min(len(removed), max(1, p.removable(write), p.unavailable+p.surge))
	return step
}

// removable is how many clusters may be removed or updated in one reconcile.
func (p pace) removable(write moves) int {
	return max(0, write.present-write.failing-p.target+p.unavailable)
}

// together returns how many clusters the reconcile that removes some has in flight (KubeFleet's
// pkg/controllers/rollout, determineBindingsToUpdate): those that are removed and updated share the
// room that maxUnavailable leaves, and as long as none is gone those that are added have what maxSurge
// leaves.
func (p pace) together(write moves) int {
	leaving := min(write.removed+write.updated-write.failed.Len(), p.removable(write))
	joining := min(write.added, max(0, p.target+p.surge-write.present+write.failing))
	return leaving + joining + write.waiting + write.failed.Len()
}
