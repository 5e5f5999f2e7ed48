package fleet

import (
	"context"

	"github.com/seawall-dev/seawall/pkg/budget"
	"github.com/seawall-dev/seawall/pkg/rollout"
)

const clustersRead = "Clusters, ClusterGroups and BundleNamespaceMappings, and the labels of namespaces."

const strategyMeans = "spec.rolloutStrategy as Fleet runs it: the largest number of clusters that are out of date and in flight " +
	"together under maxUnavailable, the partitions and maxUnavailablePartitions, if they become ready in the order in which they " +
	"started. The first deployment to a cluster waits for no window; maxNew only spreads it over a few moments. Partitions are no " +
	"gates, since the next one starts while maxUnavailable clusters of the last are out of date. Clusters in no manual " +
	"partition, paused clusters, and all of a paused rollout or one with maxUnavailable 0 are held."

// Bundle reads Bundles, which Fleet makes of each path of a GitRepo.
func Bundle(inventory *Inventory) rollout.Kind {
	return rollout.Kind{
		Group: group, Versions: []string{"v1alpha1"}, Resource: "bundles", Name: "Bundle", Namespaced: true,
		Reader: reader{inventory: inventory, unrolled: []string{
			"targets", "targetRestrictions", "targetCustomizationMode", "rolloutStrategy", "paused", "dependsOn",
		}},
		Meaning: rollout.Meaning{
			Environments: "Each Cluster that a target matches is one environment: of the Bundle's namespace, and of those that a " +
				"BundleNamespaceMapping opens to it. The criteria of a target must all hold; a target without any matches none.",
			Waves: strategyMeans,
			Delta: "Clusters are added, removed (unless keepResources is set), or changed when what is deployed to all or the options " +
				"of their own target differ. Lifting the pause, a wider window, or a dependsOn that is dropped, releases all clusters " +
				"unless the status of this generation shows them all to be ready.",
			Inventory: clustersRead,
			Unknown: "Which clusters are not ready: those are updated at once whatever the window says, and only their number in " +
				"the status is used. With slow or failing clusters, more partitions can be in flight together. Labels of Clusters and " +
				"selectors of ClusterGroups move clusters without any write of the Bundle.",
		},
	}
}

// HelmOp reads HelmOps.
func HelmOp(inventory *Inventory) rollout.Kind {
	return rollout.Kind{
		Group: group, Versions: []string{"v1alpha1"}, Resource: "helmops", Name: "HelmOp", Namespaced: true,
		Reader: reader{inventory: inventory, defaultTargets: defaultGroup(), unrolled: []string{
			"targets", "targetRestrictions", "targetCustomizationMode", "rolloutStrategy", "paused", "dependsOn",
			"pollingInterval", "labels", "helmSecretName", "insecureSkipTLSVerify",
		}, specLabels: true, nameLabel: "fleet.cattle.io/fleet-helm-name"},
		Meaning: rollout.Meaning{
			Environments: "As for a Bundle; a HelmOp without targets deploys to the ClusterGroup default of its namespace.",
			Waves:        strategyMeans,
			Delta: "As for a Bundle: a new version or new values of the chart change all clusters. The status does not say which " +
				"generation it is of, so lifting the pause, a wider window or a dropped dependsOn always releases all.",
			Inventory: clustersRead,
			Unknown: "A chart's version that is a range is resolved anew when Fleet polls, and whenever it looks at the HelmOp: a new " +
				"chart is deployed without a write that says so. Otherwise as for a Bundle.",
		},
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
		deletion := rollout.TornDown(before.environments, deleteRemedy)
		deletion.Steps = before.keep(deletion.Steps)
		return deletion, nil
	case before != nil:
		after.unavailable = before.unavailable
	}
	rewritten := write.Rewrites(r.unrolled...)
	result, err := change(before, after, rewritten)
	if err == nil && r.estimates && !after.Paused {
		return declared(write, before, after, rewritten, result)
	}
	return result, err
}
