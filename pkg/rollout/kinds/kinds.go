// Package kinds lists the kinds of rollouts that Seawall reads.
package kinds

import (
	"github.com/seawall-dev/seawall/pkg/inventory"
	"github.com/seawall-dev/seawall/pkg/rollout"
	"github.com/seawall-dev/seawall/pkg/rollout/applicationset"
	"github.com/seawall-dev/seawall/pkg/rollout/fleet"
	"github.com/seawall-dev/seawall/pkg/rollout/kargo"
	"github.com/seawall-dev/seawall/pkg/rollout/karmada"
	"github.com/seawall-dev/seawall/pkg/rollout/kubefleet"
	"github.com/seawall-dev/seawall/pkg/rollout/ocm"
	"github.com/seawall-dev/seawall/pkg/rollout/resourceset"
	"github.com/seawall-dev/seawall/pkg/rollout/sveltos"
)

// ArgoCD is what the kinds of Argo CD ask about an installation of it.
type ArgoCD interface {
	applicationset.Clusters
	applicationset.Switches
}

// Inventories say which environments exist.
type Inventories struct {
	ArgoCD ArgoCD
	// Decisions may be nil.
	Decisions applicationset.Decisions
	// ArgoCDNamespace is where Argo CD runs.
	ArgoCDNamespace string
	// Registry gets the collections of everything else that the kinds read.
	Registry *inventory.Registry
}

// All returns every kind, one line each; webhook rules, RBAC and docs/kinds.md are
// generated from it.
func All(inventories Inventories) []rollout.Kind {
	applications := inventory.NewApplications(inventories.Registry)
	rancher := fleet.NewInventory(inventories.Registry)
	hub := ocm.NewInventory(inventories.Registry)
	azure := kubefleet.NewInventory(inventories.Registry)
	federation := karmada.NewInventory(inventories.Registry)
	addons := sveltos.NewInventory(inventories.Registry)
	return []rollout.Kind{
		applicationset.Kind(applicationset.Inventory{
			Clusters: inventories.ArgoCD, Switches: inventories.ArgoCD, Applications: applications, Decisions: inventories.Decisions,
		}),
		fleet.Bundle(rancher),
		fleet.HelmOp(rancher),
		fleet.GitRepo(rancher),
		ocm.ManifestWorkReplicaSet(hub),
		ocm.ClusterManagementAddOn(hub),
		ocm.Placement(hub),
		kubefleet.ClusterStagedUpdateRun(azure),
		kubefleet.StagedUpdateRun(azure),
		kubefleet.ClusterResourcePlacement(azure),
		kubefleet.ResourcePlacement(azure),
		karmada.PropagationPolicy(federation),
		karmada.ClusterPropagationPolicy(federation),
		sveltos.ClusterProfile(addons),
		sveltos.Profile(addons),
		kargo.Promotion(kargo.NewInventory(inventories.Registry, applications, inventories.ArgoCDNamespace)),
		resourceset.ResourceSet(resourceset.NewInventory(inventories.Registry)),
	}
}

// Named returns every kind and what they read, for those who want to name them only.
func Named() ([]rollout.Kind, []inventory.Source) {
	registry := inventory.NewRegistry()
	all := All(Inventories{Registry: registry})
	return all, registry.Sources()
}
