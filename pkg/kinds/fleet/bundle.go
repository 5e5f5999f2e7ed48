package fleet

import (
	"context"

	"github.com/seawall-dev/seawall/pkg/budget"
	"github.com/seawall-dev/seawall/pkg/rollout"
)

// Bundle reads Bundles, which Fleet makes of each path of a GitRepo.
func Bundle(inventory *Inventory) rollout.Kind {
	return rollout.Kind{
		Group: group, Versions: []string{"v1alpha1"}, Resource: "bundles", Name: "Bundle", Namespaced: true,
		Reads: inventory.resources(), Reader: reader{inventory: inventory, unrolled: []string{
			"targets", "targetRestrictions", "targetCustomizationMode", "rolloutStrategy", "paused", "dependsOn",
		}},
	}
}

// HelmOp reads HelmOps.
func HelmOp(inventory *Inventory) rollout.Kind {
	return rollout.Kind{
		Group: group, Versions: []string{"v1alpha1"}, Resource: "helmops", Name: "HelmOp", Namespaced: true,
		Reads: inventory.resources(), Reader: reader{inventory: inventory, defaultTargets: defaultGroup(), unrolled: []string{
			"targets", "targetRestrictions", "targetCustomizationMode", "rolloutStrategy", "paused", "dependsOn",
			"pollingInterval", "labels", "helmSecretName", "insecureSkipTLSVerify",
		}, specLabels: true, nameLabel: "fleet.cattle.io/fleet-helm-name"},
	}
}

// defaultGroup is what a GitRepo or a HelmOp without targets deploys to.
func defaultGroup() []target {
	return []target{{criteria: criteria{ClusterGroup: "default"}}}
}

// reader reads a kind of rollouts.
type reader struct {
	inventory      *Inventory
	defaultTargets []target
	// unrolled are the fields of the spec that deploy nothing by themselves.
	unrolled []string
	// specLabels says that the Bundles get the labels in the spec, not those of the rollout,
	// and nameLabel is one that they get beside them; empty where the rollout is a Bundle.
	specLabels bool
	nameLabel  string
	// estimates says that the strategy, and more targets, are not in the object.
	estimates bool
}

// deletion tears all down, unless the resources are kept.
func (s *side) deletion() rollout.Change {
	deletion := rollout.TornDown(s.environments, deleteRemedy)
	if s.KeepResources {
		deletion.Steps = nil
	}
	return deletion
}

// Read implements rollout.Reader.
func (r reader) Read(ctx context.Context, write rollout.Write) (rollout.Change, error) {
	// The labels of a Bundle choose BundleNamespaceMappings.
	if write.SameSpec() && write.SameLabels() {
		return rollout.Change{}, nil
	}
	before, after, err := rollout.Sides(write, func(object *rollout.Object) (*side, error) {
		return r.side(budget.From(ctx), write.Namespace, object)
	})
	switch {
	case err != nil:
		return rollout.Change{}, err
	case after == nil:
		return before.deletion(), nil
	case before != nil:
		after.unavailable = before.unavailable
	}
	rewritten := write.Rewrites(r.unrolled...)
	result, gone, err := change(before, after, rewritten)
	if err != nil {
		return rollout.Change{}, err
	}
	if r.estimates && !after.Paused {
		everywhere := before == nil || before.Paused || rewritten
		result, err = declared(write, after, everywhere, result.Affected()+gone.Size(), result)
	}
	result.Steps = rollout.Removing(result.Steps, gone, apartRemedy)
	return result, err
}
