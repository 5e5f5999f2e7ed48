// Package kinds lists the kinds of rollouts that Seawall reads.
package kinds

import (
	"slices"

	"github.com/seawall-dev/seawall/pkg/inventory"
	"github.com/seawall-dev/seawall/pkg/inventory/argocd"
	"github.com/seawall-dev/seawall/pkg/kinds/applicationset"
	"github.com/seawall-dev/seawall/pkg/kinds/fleet"
	"github.com/seawall-dev/seawall/pkg/kinds/kargo"
	"github.com/seawall-dev/seawall/pkg/kinds/karmada"
	"github.com/seawall-dev/seawall/pkg/kinds/kubefleet"
	"github.com/seawall-dev/seawall/pkg/kinds/ocm"
	"github.com/seawall-dev/seawall/pkg/kinds/resourceset"
	"github.com/seawall-dev/seawall/pkg/kinds/sveltos"
	"github.com/seawall-dev/seawall/pkg/rollout"
)

// ArgoCD is what the kinds of Argo CD ask about an installation of it.
type ArgoCD interface {
	applicationset.Clusters
	applicationset.Switches
	Decisions
}

// Decisions answers of what ConfigMaps of Argo CD name what others decide.
type Decisions interface {
	applicationset.Decisions
	ocm.DecisionResources
}

// Repositories answers what is in git repositories.
type Repositories interface{ applicationset.Repositories }

// Inventories say which environments exist.
type Inventories struct {
	ArgoCD ArgoCD
	// ArgoCDNamespace is where Argo CD runs.
	ArgoCDNamespace string
	// Repositories may be nil, and then tells nothing of git repositories. Were, if not nil, is what stored
	// objects are read against in its place.
	Repositories, Were Repositories
	// Registry gets the collections of everything else that the kinds read.
	Registry *inventory.Registry
}

// All returns every kind, one line each; webhook rules, RBAC and docs/kinds.md are
// generated from it. Those that are not Declarable here read the annotation themselves.
func All(inventories Inventories) []rollout.Kind {
	applications := argocd.NewApplications(inventories.Registry)
	rancher := fleet.NewInventory(inventories.Registry)
	hub := ocm.NewInventory(inventories.Registry).FollowedBy(inventories.ArgoCD, inventories.ArgoCDNamespace)
	azure := kubefleet.NewInventory(inventories.Registry)
	federation := karmada.NewInventory(inventories.Registry)
	addons := sveltos.NewInventory(inventories.Registry)
	return []rollout.Kind{
		applicationset.Kind(applicationset.Inventory{
			Clusters: inventories.ArgoCD, Switches: inventories.ArgoCD, Decisions: inventories.ArgoCD, Applications: applications,
			Resources:    slices.Concat(inventory.Resources(applications), argocd.Resources(), hub.Decisions()),
			Repositories: inventories.Repositories, Were: inventories.Were,
		}),
		rollout.Declarable(fleet.Bundle(rancher)),
		rollout.Declarable(fleet.HelmOp(rancher)),
		rollout.Declarable(fleet.GitRepo(rancher)),
		rollout.Declarable(ocm.ManifestWorkReplicaSet(hub)),
		rollout.Declarable(ocm.ClusterManagementAddOn(hub)),
		rollout.Declarable(ocm.Placement(hub)),
		rollout.Declarable(ocm.Policy(hub)),
		rollout.Declarable(ocm.PolicySet(hub)),
		rollout.Declarable(ocm.PlacementBinding(hub)),
		rollout.Declarable(kubefleet.ClusterStagedUpdateRun(azure)),
		rollout.Declarable(kubefleet.StagedUpdateRun(azure)),
		rollout.Declarable(kubefleet.ClusterResourcePlacement(azure)),
		rollout.Declarable(kubefleet.ResourcePlacement(azure)),
		rollout.Declarable(kubefleet.ClusterResourceOverride(azure)),
		rollout.Declarable(kubefleet.ResourceOverride(azure)),
		rollout.Declarable(karmada.PropagationPolicy(federation)),
		rollout.Declarable(karmada.ClusterPropagationPolicy(federation)),
		rollout.Declarable(karmada.OverridePolicy(federation)),
		rollout.Declarable(karmada.ClusterOverridePolicy(federation)),
		rollout.Declarable(sveltos.ClusterProfile(addons)),
		rollout.Declarable(sveltos.Profile(addons)),
		rollout.Declarable(sveltos.ClusterSet(addons)),
		rollout.Declarable(sveltos.Set(addons)),
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
