package kubefleet

import (
	"context"
	"slices"

	"k8s.io/apimachinery/pkg/util/intstr"
	"k8s.io/apimachinery/pkg/util/sets"
	"k8s.io/utils/ptr"

	"github.com/seawall-dev/seawall/pkg/budget"
	"github.com/seawall-dev/seawall/pkg/rollout"
)

const (
	external      = "External"
	rollingUpdate = "RollingUpdate"

	rollingPath  = "spec.strategy.rollingUpdate"
	paceRemedy   = "set " + rollingPath + ".maxUnavailable to " + rollout.PerWave
	surgeRemedy  = "set maxUnavailable and maxSurge of " + rollingPath + " to " + rollout.PerWave + " in all"
	pickRemedy   = "let spec.policy pick at most " + rollout.PerWave + " more clusters in one write"
	stagedRemedy = "set spec.strategy.type to External and roll out in staged update runs"
	apartRemedy  = ", and drop clusters in writes of their own, at most " + rollout.PerWave + " in each"
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
		Reads: reader.inventory.placing(reader.scope), Reader: reader,
	}
}

type placementFields struct {
	Metadata struct {
		Generation int64 `json:"generation"`
	} `json:"metadata"`
	Spec struct {
		Policy   *policy `json:"policy"`
		Strategy struct {
			Type           string  `json:"type"`
			RollingUpdate  rolling `json:"rollingUpdate"`
			DeleteStrategy struct {
				PropagationPolicy string `json:"propagationPolicy"`
			} `json:"deleteStrategy"`
		} `json:"strategy"`
	} `json:"spec"`
	Status placementStatus `json:"status"`
}

// placement is a side of a write.
type placement struct {
	placementFields

	// policy and strategy are all fields of both. As long as the policy stays but for the
	// number of clusters, so do the clusters that are placed on.
	policy, strategy rollout.Fields
	clusters         rollout.Environments
	// rewritten says that what is placed is taken to be other than before.
	rewritten bool
}

// rolling is spec.strategy.rollingUpdate.
type rolling struct {
	MaxUnavailable *intstr.IntOrString `json:"maxUnavailable"`
	MaxSurge       *intstr.IntOrString `json:"maxSurge"`
}

func readPlacement(object *rollout.Object) (*placement, error) {
	side := &placement{policy: object.Spec.Within("policy"), strategy: object.Spec.Within("strategy")}
	return side, object.Decode(&side.placementFields)
}

type placementReader struct {
	inventory *Inventory
	scope     scope
}

// Read implements rollout.Reader.
func (r placementReader) Read(ctx context.Context, write rollout.Write) (rollout.Change, error) {
	if write.SameSpec() {
		return rollout.Change{}, nil
	}
	before, after, err := rollout.Sides(write, readPlacement)
	if err != nil {
		return rollout.Change{}, err
	}
	account := budget.From(ctx)
	var placed, dropped []string
	if before != nil {
		if placed, dropped, err = r.placed(account, write, before); err != nil {
			return rollout.Change{}, err
		}
		if before.clusters, err = r.inventory.members.Environments(slices.Concat(placed, dropped)); err != nil {
			return rollout.Change{}, err
		}
	}
	if after == nil {
		return before.deletion(), nil
	}
	after.rewritten = before == nil || write.Rewrites("policy", "strategy", "revisionHistoryLimit", "statusReportingScope")
	return r.place(account, after, before, placed, dropped)
}

// place returns what a write does that makes a placement of the stored one, which may be nil.
func (r placementReader) place(
	account *budget.Account, after, before *placement, placed, dropped []string,
) (rollout.Change, error) {
	stays := before != nil && before.policy.Same(after.policy, "numberOfClusters")
	chosen, err := r.inventory.choose(account, after.Spec.Policy, sets.New(placed...), stays)
	if err != nil {
		return rollout.Change{}, err
	}
	if after.clusters, err = r.inventory.members.Environments(chosen); err != nil {
		return rollout.Change{}, err
	}
	if stays && ptr.Equal(before.Spec.Policy.orDefault().NumberOfClusters, after.Spec.Policy.orDefault().NumberOfClusters) {
		// The write moves no cluster.
		if before.clusters, err = r.inventory.members.Environments(slices.Concat(chosen, dropped)); err != nil {
			return rollout.Change{}, err
		}
	}
	return after.change(before)
}

// placed returns the clusters that the stored placement is on: by its bindings, by its status
// or, while those say nothing, by its policy. Those that it has dropped are of interest where
// they wait for a staged update run to be removed.
func (r placementReader) placed(
	account *budget.Account, write rollout.Write, before *placement,
) (placed, dropped []string, err error) {
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
		placed, err = r.inventory.choose(account, before.Spec.Policy, nil, false)
		if rollout.IsFinding(err) && write.Operation == rollout.Update {
			return nil, dropped, nil // KubeFleet schedules nothing by it, either
		}
	}
	return placed, dropped, err
}

func (p *placement) deletion() rollout.Change {
	change := rollout.TornDown(p.clusters, removeRemedy)
	if p.Spec.Strategy.DeleteStrategy.PropagationPolicy == "Abandon" {
		change.Steps = nil
	}
	return change
}
