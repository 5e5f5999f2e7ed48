package oracle

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/seawall-dev/seawall/pkg/rollout"
)

// finding is a disagreement; of those of a class the names differ.
type finding struct{ class, detail string }

// judge compares what Seawall counts with what Argo CD does.
func judge(of write, argo answer, change rollout.Change, err error) *finding {
	switch {
	case argo.Written.Error != "":
		return silence(argo, change, err)
	case err != nil && !rollout.IsFinding(err):
		return &finding{"failed: Seawall itself", err.Error()}
	case err != nil && argo.Before != "":
		return nil // nobody knows what the stored object stands for
	case err != nil:
		return &finding{"refused: Seawall cannot count what Argo CD makes", err.Error()}
	}
	counted := effects(change)
	if missing := without(needed(of, argo), counted); len(missing) > change.Held {
		return &finding{"missed: " + reason(argo, missing[0]), fmt.Sprint(missing)}
	}
	if found := rounds(argo.Written.Rounds, change); found != nil {
		return found
	}
	return excess(of, argo, change, counted)
}

// silence is that nothing is said of a write on which Argo CD fails. Where it failed before the write
// nothing is true: it goes on doing nothing.
func silence(argo answer, change rollout.Change, err error) *finding {
	if argo.Before == "" && err == nil && change.Affected()+change.Held == 0 && len(change.Warnings) == 0 {
		return &finding{"silent: Argo CD fails, and Seawall counts none", argo.Written.Error}
	}
	return nil
}

// effects are those of a change, by the names of Applications.
func effects(change rollout.Change) map[string]rollout.Effect {
	counted := map[string]rollout.Effect{}
	for _, step := range change.Steps {
		for _, target := range step.All() {
			counted[target.Name] = target.Effect
		}
	}
	return counted
}

// excess is what Seawall counts and Argo CD leaves alone.
func excess(of write, argo answer, change rollout.Change, counted map[string]rollout.Effect) *finding {
	if argo.Before != "" || len(argo.Written.Refused) > 0 || duplicates(change) {
		// What exists is not what the stored object says, a name keeps Argo CD from going on, or
		// Seawall counts what older versions of it create.
		return nil
	}
	maps.DeleteFunc(counted, func(name string, effect rollout.Effect) bool {
		gone := effect == rollout.Removed && !slices.Contains(argo.Applications, name) // the API server has refused it
		return gone || effect == rollout.Released && (permits(of) || rolls(of.New) && !rolls(of.Old))
	})
	if extra := without(counted, allowed(argo)); len(extra) > 0 {
		return &finding{fmt.Sprintf("extra: %s, which Argo CD leaves alone", counted[extra[0]]), fmt.Sprint(extra)}
	}
	return nil
}

func without[V, W any](these map[string]V, others map[string]W) (rest []string) {
	for _, name := range slices.Sorted(maps.Keys(these)) {
		if _, found := others[name]; !found {
			rest = append(rest, name)
		}
	}
	return rest
}

func duplicates(change rollout.Change) bool {
	return slices.ContainsFunc(change.Warnings, func(warning string) bool { return strings.Contains(warning, "creates none of them") })
}

// needed are the Applications that a write affects.
func needed(of write, argo answer) map[string]bool {
	names := map[string]bool{}
	for _, name := range slices.Concat(argo.Written.Created, argo.Written.Deleted) {
		names[name] = true
	}
	for name, patch := range argo.Written.Patched {
		// That automated syncs come back where the strategy goes starts none that is in sync.
		if patch.Spec || patch.Automated && patch.Stays || patch.On && !rolls(of.Old) {
			names[name] = true
		}
	}
	for _, name := range argo.Written.Started {
		// What has synced by itself is no sooner under a new strategy.
		if !slices.Contains(argo.Kept.Started, name) && !argo.Written.Patched[name].Off {
			names[name] = true
		}
	}
	return names
}

func rolls(set object) bool {
	spec, _ := set["spec"].(object)
	strategy, _ := spec["strategy"].(object)
	rolling, _ := strategy["rollingSync"].(object)
	steps, _ := rolling["steps"].(list)
	return len(steps) > 0
}

// allowed are the Applications that a write does anything to, or that wait for their syncs.
func allowed(argo answer) map[string]bool {
	names := map[string]bool{}
	for _, name := range slices.Concat(argo.Written.Created, argo.Written.Refused, argo.Written.Deleted, argo.waiting()) {
		names[name] = true
	}
	for name, patch := range argo.Written.Patched {
		if patch.Spec || patch.Automated || patch.On || patch.Off {
			names[name] = true
		}
	}
	return names
}

// permits says whether the controller may change again what it left alone before: what people have
// changed meanwhile, of which a question knows nothing. Of what waits for a new strategy Seawall knows
// as little.
func permits(of write) bool {
	if of.Old == nil {
		return false
	}
	old, _ := of.Old["spec"].(object)
	policy, _ := old["syncPolicy"].(object)
	return old["ignoreApplicationDifferences"] != nil || policy["applicationsSync"] != nil
}

// reason says why an Application is affected.
func reason(argo answer, name string) string {
	patch := argo.Written.Patched[name]
	switch {
	case slices.Contains(argo.Written.Created, name):
		return "created"
	case slices.Contains(argo.Written.Deleted, name):
		return "torn down"
	case patch.Spec:
		return "changed"
	case patch.On:
		return "automated syncs switched on"
	case patch.Automated:
		return "automated syncs changed"
	default:
		return "started"
	}
}

// rounds compares who syncs together with the steps and what is in flight in them.
func rounds(rounds [][]string, change rollout.Change) *finding {
	steps := map[string]int{}
	for i, step := range change.Steps {
		for _, target := range step.All() {
			steps[target.Name] = i
		}
	}
	for _, round := range rounds {
		at, found := steps[round[0]]
		for _, name := range round {
			if step, counted := steps[name]; counted != found || step != at {
				return &finding{"rounds: Applications of several steps sync together", fmt.Sprint(round)}
			}
		}
		if !found {
			return &finding{"rounds: what is not affected syncs", fmt.Sprint(round)}
		}
		if flying := change.Steps[at].InFlight; len(round) > flying {
			return &finding{"rounds: more sync together than are in flight", fmt.Sprintf("%v: %d in flight", round, flying)}
		}
	}
	return nil
}

// waiting are the Applications that a RollingSync has not brought to health before the write.
func (a answer) waiting() (names []string) {
	var status struct {
		ApplicationStatus []struct {
			Application string `json:"application"`
			Status      string `json:"status"`
		} `json:"applicationStatus"`
	}
	if json.Unmarshal(a.Status, &status) != nil {
		return nil
	}
	for _, application := range status.ApplicationStatus {
		if application.Status != "Healthy" {
			names = append(names, application.Application)
		}
	}
	return names
}
