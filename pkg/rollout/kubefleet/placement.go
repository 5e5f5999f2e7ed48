package kubefleet

import (
	"context"
	"encoding/json"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/intstr"

	"github.com/seawall-dev/seawall/pkg/rollout"
)

const (
	external      = "External"
	rollingUpdate = "RollingUpdate"

	rollingPath  = "spec.strategy.rollingUpdate"
	paceRemedy   = "set " + rollingPath + ".maxUnavailable to " + rollout.PerWave
	pickRemedy   = "let spec.policy pick at most " + rollout.PerWave + " more clusters in one write"
	stagedRemedy = "set spec.strategy.type to External and roll out in staged update runs"
	removeRemedy = "let spec.policy drop at most " + rollout.PerWave + " clusters in one write"
)

// ClusterResourcePlacement reads ClusterResourcePlacements.
func ClusterResourcePlacement(inventory *Inventory) rollout.Kind {
	return placementKind(inventory, "clusterresourceplacements", "ClusterResourcePlacement", false)
}

// ResourcePlacement reads ResourcePlacements.
func ResourcePlacement(inventory *Inventory) rollout.Kind {
	return placementKind(inventory, "resourceplacements", "ResourcePlacement", true)
}

func placementKind(inventory *Inventory, resource, name string, namespaced bool) rollout.Kind {
	return rollout.Kind{
		Group: placementGroup, Versions: versions(), Resource: resource, Name: name, Namespaced: namespaced,
		Reader: placementReader{inventory},
		Meaning: rollout.Meaning{
			Environments: "The MemberClusters that spec.policy picks: PickFixed by name, PickAll and PickN by affinity terms (any of " +
				"them), properties and taints, of the clusters that have joined, answer and are healthy.",
			Waves: "With RollingUpdate new clusters sync at once; an update has maxUnavailable clusters in flight (25% rounded up), and " +
				"never starts with 0. With External nothing syncs before a staged update run: all is held.",
			Delta: "Clusters that are picked or dropped, against those in status.placementStatuses; all are changed by another " +
				"selection of resources or, at once, by another applyStrategy. Leaving External releases all at once; a larger " +
				"maxUnavailable releases all unless the placement is available.",
			Inventory: "MemberClusters.",
			Unknown: "Edits of the selected resources roll out without any write of the placement. Which clusters PickN picks among " +
				"more: those that are placed on are taken to stay.",
		},
	}
}

type placementFields struct {
	Spec struct {
		Policy *policy `json:"policy"`
	} `json:"spec"`
	Status placementStatus `json:"status"`
}

type placementStatus struct {
	PlacementStatuses []struct {
		ClusterName string `json:"clusterName"`
	} `json:"placementStatuses"`
	Conditions []metav1.Condition `json:"conditions"`
}

func (s placementStatus) placed() []string {
	var names []string
	for _, status := range s.PlacementStatuses {
		if status.ClusterName != "" { // one that is not scheduled has none
			names = append(names, status.ClusterName)
		}
	}
	return names
}

// placement is a side of a write.
type placement struct {
	Spec struct {
		Policy            *policy         `json:"policy"`
		ResourceSelectors json.RawMessage `json:"resourceSelectors"`
		Strategy          struct {
			Type          string `json:"type"`
			RollingUpdate struct {
				MaxUnavailable *intstr.IntOrString `json:"maxUnavailable"`
				MaxSurge       *intstr.IntOrString `json:"maxSurge"`
			} `json:"rollingUpdate"`
			ApplyStrategy  json.RawMessage `json:"applyStrategy"`
			DeleteStrategy struct {
				PropagationPolicy string `json:"propagationPolicy"`
			} `json:"deleteStrategy"`
		} `json:"strategy"`
	} `json:"spec"`
	Status placementStatus `json:"status"`

	clusters rollout.Environments
	// unavailable and surge are how many clusters may be missing and in excess.
	unavailable, surge int
}

type placementReader struct{ inventory *Inventory }

// Read implements rollout.Reader.
func (r placementReader) Read(_ context.Context, write rollout.Write) (rollout.Change, error) {
	if write.SameSpec() {
		return rollout.Change{}, nil
	}
	before, after, err := rollout.Sides(write, func(object []byte) (*placement, error) {
		side := &placement{}
		return side, rollout.Decode(object, side)
	})
	if err != nil {
		return rollout.Change{}, err
	}
	var placed []string
	if before != nil {
		if placed, err = r.placed(before); err != nil {
			return rollout.Change{}, err
		}
	}
	if after == nil {
		return before.deletion(), nil
	}
	chosen, err := r.inventory.choose(after.Spec.Policy, placed)
	if err != nil {
		return rollout.Change{}, err
	}
	if err := r.place(after, chosen); err != nil {
		return rollout.Change{}, err
	}
	return after.change(write, before)
}

// placed returns the clusters that the stored placement is on: by its status or, while that
// says nothing, by its policy.
func (r placementReader) placed(before *placement) ([]string, error) {
	names := before.Status.placed()
	if len(names) == 0 {
		var err error
		if names, err = r.inventory.choose(before.Spec.Policy, nil); err != nil {
			return nil, err
		}
	}
	return names, r.place(before, names)
}

func (r placementReader) place(side *placement, names []string) error {
	var err error
	if side.clusters, err = r.inventory.environments(names); err != nil {
		return err
	}
	rolling := side.Spec.Strategy.RollingUpdate
	if side.unavailable, err = scaled(rollingPath+".maxUnavailable", rolling.MaxUnavailable, len(names)); err != nil {
		return err
	}
	side.surge, err = scaled(rollingPath+".maxSurge", rolling.MaxSurge, len(names))
	return err
}

// scaled returns what a size makes of a total: 25% by default, rounded up.
func scaled(path string, size *intstr.IntOrString, total int) (int, error) {
	quarter := intstr.FromString("25%")
	value, err := intstr.GetScaledValueFromIntOrPercent(intstr.ValueOrDefault(size, quarter), total, true)
	if err != nil || value < 0 {
		return 0, rollout.Unresolved(path, "is %s: want an integer of at least 0 or a percentage such as 10%%", rollout.Quote(size.String()))
	}
	return value, nil
}

func (p *placement) available() bool {
	for _, condition := range p.Status.Conditions {
		if condition.Type == "ClusterResourcePlacementAvailable" || condition.Type == "ResourcePlacementAvailable" {
			return condition.Status == metav1.ConditionTrue
		}
	}
	return false
}

func (p *placement) deletion() rollout.Change {
	change := rollout.Change{Environments: len(p.clusters)}
	if p.Spec.Strategy.DeleteStrategy.PropagationPolicy != "Abandon" {
		change.Steps = rollout.Steps(rollout.AtOnce(rollout.Delta(p.clusters, nil, nil), removeRemedy))
	}
	return change
}
