package sveltos

import (
	"maps"
	"reflect"
	"time"

	"k8s.io/apimachinery/pkg/util/intstr"
	"k8s.io/apimachinery/pkg/util/sets"

	"github.com/seawall-dev/seawall/pkg/rollout"
)

// deployed returns the clusters of a stored profile. While it is paused it keeps those that its
// status shows, too.
func (p *profile) deployed(namespace string) rollout.Environments {
	all := maps.Clone(p.matching)
	if p.paused {
		for ref := range distinct(namespace, p.Status.MatchingClusters) {
			if _, matches := all[ref.String()]; !matches {
				all[ref.String()] = rollout.Environment{}
			}
		}
	}
	return all
}

// window returns how many of all clusters are updated together (Sveltos'
// controllers/profile_utils.go, getMaxUpdate): all, if there is no limit.
func window(maxUpdate *intstr.IntOrString, total int) (int, error) {
	if maxUpdate == nil {
		return total, nil
	}
	value, err := rollout.Percentages{Up: true, Bare: true}.Of("spec.maxUpdate", *maxUpdate, total)
	if value <= 0 {
		value = total
	}
	return min(value, total), err
}

// rewrites tells whether an update changes what its clusters get, or after which other profiles.
func (p *profile) rewrites(write rollout.Write, before *profile) bool {
	return !sets.New(p.Spec.DependsOn...).Equal(sets.New(before.Spec.DependsOn...)) || write.Rewrites(
		"clusterSelector", "clusterRefs", "setRefs", "maxUpdate", "stopMatchingBehavior", "maxConsecutiveFailures", "dependsOn")
}

func (p *profile) change(write rollout.Write, before *profile) rollout.Change {
	result := rollout.Change{Environments: len(p.matching)}
	if p.Spec.SyncMode == dryRun {
		return result
	}
	if before == nil {
		before = &profile{}
	}
	once := p.Spec.SyncMode == oneTime && before.Spec.SyncMode != dryRun
	rewritten, loosened := !once && p.rewrites(write, before), p.looserThan(before)
	targets := rollout.Delta(before.deployed(write.Namespace), p.matching, func(string) (rollout.Effect, bool) {
		if rewritten {
			return rollout.Changed, true
		}
		return rollout.Released, loosened
	})
	staying, removed := rollout.Split(targets)
	step := rollout.Step{PaceRemedy: paceRemedy, SplitRemedy: splitRemedy}
	for _, target := range staying {
		if p.held[target.Name] {
			result.Held++
		} else {
			step.Targets = append(step.Targets, target)
		}
	}
	step.InFlight = min(p.window+p.prerequisites, len(step.Targets))
	if p.prerequisites > 0 {
		step.PaceRemedy = dependRemedy
	}
	if p.paused {
		result.Held, removed = result.Held+len(removed), nil
	}
	stops := p // Sveltos hands the written profile to a cluster before it withdraws
	if once {
		stops = before
	}
	// Sveltos withdraws from all others at once, while the last of a window are updated
	// (controllers/profile_utils.go, reconcileNormalCommon).
	result.Steps = rollout.Removing(rollout.Steps(step), stops.removal(removed), apartRemedy)
	return result
}

func (p *profile) looserThan(before *profile) bool {
	wider := p.window > before.window && !reflect.DeepEqual(p.Spec.MaxUpdate, before.Spec.MaxUpdate)
	return (wider || before.paused && !p.paused) && !before.updated()
}

// updated tells whether the status shows that no cluster waits: all that match have been updated
// since the spec was last changed. Sveltos does not say in a way that can be compared which spec
// that was.
func (p *profile) updated() bool {
	done := sets.New(p.Status.UpdatedClusters.Clusters...)
	return !p.paused && len(p.Status.MatchingClusters) > 0 && done.HasAll(p.Status.MatchingClusters...) &&
		len(p.Status.UpdatingClusters.Clusters) == 0 && p.Metadata.ManagedFields.StatusLast(time.Now())
}

func (p *profile) removal(removed []rollout.Target) rollout.Step {
	if p.Spec.StopMatchingBehavior == "LeavePolicies" {
		return rollout.Step{}
	}
	return rollout.AtOnce(removed, removeRemedy)
}
