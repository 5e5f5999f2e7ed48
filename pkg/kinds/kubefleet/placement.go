package kubefleet

import (
	"context"
	"encoding/json"
	"errors"
	"slices"

	"k8s.io/apimachinery/pkg/util/intstr"
	"k8s.io/apimachinery/pkg/util/sets"
	"k8s.io/utils/ptr"

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
	return placementKind(placementReader{inventory, inventory.clusterScope}, "clusterresourceplacements", "ClusterResourcePlacement", false)
}

// ResourcePlacement reads ResourcePlacements.
func ResourcePlacement(inventory *Inventory) rollout.Kind {
	return placementKind(placementReader{inventory, inventory.inNamespaces}, "resourceplacements", "ResourcePlacement", true)
}

func placementKind(reader placementReader, resource, name string, namespaced bool) rollout.Kind {
	return rollout.Kind{
		Group: placementGroup, Versions: versions(), Resource: resource, Name: name, Namespaced: namespaced,
		Reader: reader,
		Meaning: rollout.Meaning{
			Environments: "The MemberClusters that spec.policy picks: PickFixed by name, PickAll and PickN by affinity terms (any of " +
				"them), properties and taints, of the clusters that have joined, answer and are healthy. Where the policy stays, a " +
				"cluster that is placed on stays, too, whatever becomes of it.",
			Waves: "With RollingUpdate new clusters sync at once, and so do those that have failed; of the others an update has " +
				"maxUnavailable clusters in flight (25% rounded up), and with 0 it never starts. With External nothing syncs before " +
				"a staged update run: all is held.",
			Delta: "Clusters that are picked or dropped, against those of the bindings or, without any, in status.placementStatuses; all " +
				"are changed by another selection of resources or, at once, by another applyStrategy. Leaving External releases all " +
				"at once; a larger maxUnavailable or maxSurge releases all unless the placement is available.",
			Inventory: "MemberClusters, ClusterResourceBindings and ResourceBindings.",
			Unknown: "Edits of the selected resources roll out without any write of the placement. Which clusters PickN picks among " +
				"more: those that are placed on are taken to stay, or to be left where another policy prefers clusters or spreads over " +
				"them. Which clusters lack the namespace of a ResourcePlacement: they are counted.",
		},
	}
}

type placementFields struct {
	Metadata struct {
		Generation int64 `json:"generation"`
	} `json:"metadata"`
	Spec struct {
		Policy *policy `json:"policy"`
	} `json:"spec"`
	Status placementStatus `json:"status"`
}

// placement is a side of a write.
type placement struct {
	Metadata struct {
		Generation int64 `json:"generation"`
	} `json:"metadata"`
	Spec struct {
		Policy            *policy         `json:"policy"`
		ResourceSelectors json.RawMessage `json:"resourceSelectors"`
		Strategy          struct {
			Type           string          `json:"type"`
			RollingUpdate  rolling         `json:"rollingUpdate"`
			ApplyStrategy  json.RawMessage `json:"applyStrategy"`
			DeleteStrategy struct {
				PropagationPolicy string `json:"propagationPolicy"`
			} `json:"deleteStrategy"`
		} `json:"strategy"`
	} `json:"spec"`
	Status placementStatus `json:"status"`

	// schedulesBy is the policy without the number of clusters: as long as it stays, so do
	// the clusters that are placed on.
	schedulesBy json.RawMessage
	clusters    rollout.Environments
	// rewritten says that what is placed is taken to be other than before.
	rewritten bool
}

// rolling is spec.strategy.rollingUpdate.
type rolling struct {
	MaxUnavailable *intstr.IntOrString `json:"maxUnavailable"`
	MaxSurge       *intstr.IntOrString `json:"maxSurge"`
}

func readPlacement(object *rollout.Object) (*placement, error) {
	side := &placement{}
	if err := rollout.Decode(object, side); err != nil {
		return nil, err
	}
	var raw struct {
		Spec struct {
			Policy map[string]json.RawMessage `json:"policy"`
		} `json:"spec"`
	}
	if err := rollout.Decode(object, &raw); err != nil {
		return nil, err
	}
	delete(raw.Spec.Policy, "numberOfClusters")
	var err error
	side.schedulesBy, err = json.Marshal(raw.Spec.Policy)
	return side, err //nolint:wrapcheck // what was just unmarshalled marshals
}

type placementReader struct {
	inventory *Inventory
	scope     scope
}

// Read implements rollout.Reader.
func (r placementReader) Read(_ context.Context, write rollout.Write) (rollout.Change, error) {
	if write.SameSpec() {
		return rollout.Change{}, nil
	}
	before, after, err := rollout.Sides(write, readPlacement)
	if err != nil {
		return rollout.Change{}, err
	}
	if before == nil {
		return r.place(after, nil, nil, nil)
	}
	placed, dropped, err := r.load(write, before)
	if err != nil {
		return rollout.Change{}, err
	}
	if after == nil {
		return before.deletion(), nil
	}
	after.rewritten = write.Rewritten
	return r.place(after, before, placed, dropped)
}

// place returns what a write does that makes a placement of the stored one, which may be nil.
func (r placementReader) place(after, before *placement, placed, dropped []string) (rollout.Change, error) {
	stays := before != nil && rollout.SameJSON(before.schedulesBy, after.schedulesBy)
	chosen, err := r.inventory.choose(after.Spec.Policy, sets.New(placed...), stays)
	if err != nil {
		return rollout.Change{}, err
	}
	if after.clusters, err = r.inventory.environments(chosen); err != nil {
		return rollout.Change{}, err
	}
	if stays && ptr.Equal(before.Spec.Policy.orDefault().NumberOfClusters, after.Spec.Policy.orDefault().NumberOfClusters) {
		// The write moves no cluster.
		if before.clusters, err = r.inventory.environments(slices.Concat(chosen, dropped)); err != nil {
			return rollout.Change{}, err
		}
	}
	return after.change(before)
}

// load finds the clusters of the stored placement: those that are placed on, and those that
// are dropped and wait.
func (r placementReader) load(write rollout.Write, before *placement) (placed, dropped []string, err error) {
	if placed, dropped, err = r.placed(write, before); err != nil {
		return nil, nil, err
	}
	before.clusters, err = r.inventory.environments(slices.Concat(placed, dropped))
	return placed, dropped, err
}

// placed returns the clusters that the stored placement is on: by its bindings, by its status
// or, while those say nothing, by its policy. Those that it has dropped are of interest where
// they wait for a staged update run to be removed.
func (r placementReader) placed(write rollout.Write, before *placement) (placed, dropped []string, err error) {
	placed, dropped, err = r.scope.bound(write.Namespace, write.Name)
	if err != nil {
		return nil, nil, err
	}
	if write.Operation == rollout.Update && before.Spec.Strategy.Type != external {
		dropped = nil // they leave because of an earlier write
	}
	if len(placed) == 0 {
		placed = before.Status.placed()
	}
	if len(placed) == 0 {
		placed, err = r.inventory.choose(before.Spec.Policy, nil, false)
		if _, unresolved := errors.AsType[*rollout.UnresolvedError](err); unresolved && write.Operation == rollout.Update {
			return nil, dropped, nil // KubeFleet schedules nothing by it, either
		}
	}
	return placed, dropped, err
}

func (p *placement) deletion() rollout.Change {
	change := rollout.Change{Environments: len(p.clusters)}
	if p.Spec.Strategy.DeleteStrategy.PropagationPolicy != "Abandon" {
		change.Steps = rollout.Steps(rollout.AtOnce(rollout.Delta(p.clusters, nil, nil), removeRemedy))
	}
	return change
}
