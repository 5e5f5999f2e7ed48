package pace

import (
	"strconv"

	"github.com/seawall-dev/seawall/pkg/rollout"
	"github.com/seawall-dev/seawall/pkg/splice"
)

// applicationSet paces by spec.strategy. Without a RollingSync all that can be said without knowing
// labels is one step that selects every Application: Argo CD takes a step without matchExpressions so.
func (e *editor) applicationSet() error {
	const rollingSync = "RollingSync"
	whole := splice.Map{{Name: "steps", Value: splice.List{splice.Map{{Name: "maxUpdate", Value: e.wanted.Largest}}}}}
	if !e.filled("spec", "strategy") {
		e.window = e.wanted.Largest
		e.set(splice.Map{{Name: "type", Value: rollingSync}, {Name: "rollingSync", Value: whole}}, "spec", "strategy")
		return nil
	}
	if e.text("spec", "strategy", "type") != rollingSync {
		e.set(rollingSync, "spec", "strategy", "type")
	}
	if !e.filled("spec", "strategy", "rollingSync", "steps") {
		e.window = e.wanted.Largest
		e.set(whole[0].Value, "spec", "strategy", "rollingSync", "steps")
		return nil
	}
	steps := e.items("spec", "strategy", "rollingSync", "steps")
	for i := range steps {
		e.limit(e.ramp(i, steps), holds, "spec", "strategy", "rollingSync", "steps", strconv.Itoa(i), "maxUpdate")
	}
	return nil
}

// fleet paces by spec.rolloutStrategy, whose maxUnavailable bounds all partitions together.
func (e *editor) fleet() error {
	partitions := e.items("spec", "rolloutStrategy", "partitions")
	for i := range partitions {
		path := []string{"spec", "rolloutStrategy", "partitions", strconv.Itoa(i), "maxUnavailable"}
		if e.at(path...) != nil || e.ramp(i, partitions) < e.wanted.Largest {
			e.limit(e.ramp(i, partitions), holds, path...)
		}
	}
	e.window = 0
	e.limit(e.wanted.Largest, holds, "spec", "rolloutStrategy", "maxUnavailable")
	return nil
}

func (e *editor) replicaSet() error { return e.placements("spec", "placementRefs") }

func (e *editor) addOn() error { return e.placements("spec", "installStrategy", "placements") }

// placements paces by the rolloutStrategy of each placement. They roll out side by side, so they share
// what may be in flight.
func (e *editor) placements(path ...string) error {
	count := e.items(path...)
	if count == 0 {
		return e.none("it names no placement of which the rolloutStrategy could be set")
	}
	share, together := max(1, e.wanted.Largest/count), 0
	for i := range count {
		e.window = 0
		if err := e.rolloutStrategy(share, append(append([]string{}, path...), strconv.Itoa(i), "rolloutStrategy")); err != nil {
			return err
		}
		together += e.window
	}
	e.window = together
	return nil
}

func (e *editor) rolloutStrategy(share int, path []string) error {
	const progressive = "Progressive"
	within := func(names ...string) []string { return append(append([]string{}, path...), names...) }
	switch {
	case !e.filled(path...):
		e.window = share
		e.set(splice.Map{
			{Name: "type", Value: progressive},
			{Name: "progressive", Value: splice.Map{{Name: "maxConcurrency", Value: share}}},
		}, path...)
		return nil
	case e.text(within("type")...) == "ProgressivePerGroup":
		return e.none("its strategy goes by the decision groups of the Placement: " +
			"set spec.decisionStrategy.groupStrategy.clustersPerDecisionGroup of that to " + rollout.PerWave)
	case e.text(within("type")...) != progressive:
		e.set(progressive, within("type")...)
	}
	e.limit(share, bounded, within("progressive", "maxConcurrency")...)
	return nil
}

// placement paces a rolling update; KubeFleet's default is 25%.
func (e *editor) placement() error {
	if e.text("spec", "strategy", "type") == "External" {
		return e.none("staged update runs pace it: set spec.stages[].maxConcurrency of their strategy, with --apply-to and that strategy's file")
	}
	e.limit(e.wanted.Largest, holds, "spec", "strategy", "rollingUpdate", "maxUnavailable")
	return nil
}

// stages paces staged update runs, one cluster at a time where a stage says nothing.
func (e *editor) stages() error {
	count := e.items("spec", "stages")
	if count == 0 {
		return e.none("it has no spec.stages")
	}
	e.window = 1
	for i := range count {
		path := []string{"spec", "stages", strconv.Itoa(i), "maxConcurrency"}
		if e.at(path...) != nil {
			e.limit(e.ramp(i, count), bounded, path...)
		}
	}
	return nil
}

func (e *editor) profile() error {
	e.limit(e.wanted.Largest, bounded, "spec", "maxUpdate")
	return nil
}

func (e *editor) groupUpgrade() error {
	e.limit(e.wanted.Largest, bounded, "spec", "remediationStrategy", "maxConcurrency")
	return nil
}

func (e *editor) imageUpgrade() error {
	count := e.items("spec", "plan")
	if count == 0 {
		return e.none("it has no spec.plan")
	}
	for i := range count {
		e.limit(e.wanted.Largest, bounded, "spec", "plan", strconv.Itoa(i), "rolloutStrategy", "maxConcurrency")
	}
	return nil
}
