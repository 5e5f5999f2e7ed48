package ocm_test

import (
	"testing"

	"github.com/seawall-dev/seawall/pkg/inventory"
	"github.com/seawall-dev/seawall/pkg/inventory/argocd"
	"github.com/seawall-dev/seawall/pkg/kinds/kindtest"
	"github.com/seawall-dev/seawall/pkg/kinds/ocm"
	"github.com/seawall-dev/seawall/pkg/rollout"
)

func replicaSet(r *inventory.Registry) rollout.Kind {
	return ocm.ManifestWorkReplicaSet(ocm.NewInventory(r))
}

func TestManifestWorkReplicaSet(t *testing.T) { kindtest.Run(t, replicaSet) }

func FuzzManifestWorkReplicaSet(f *testing.F) { kindtest.Fuzz(f, replicaSet) }

func addOn(r *inventory.Registry) rollout.Kind {
	return ocm.ClusterManagementAddOn(ocm.NewInventory(r))
}

func TestClusterManagementAddOn(t *testing.T) { kindtest.Run(t, addOn) }

func FuzzClusterManagementAddOn(f *testing.F) { kindtest.Fuzz(f, addOn) }

func placement(r *inventory.Registry) rollout.Kind {
	argo := argocd.New(r, "argocd", argocd.ProgressiveSyncsDisabled)
	return ocm.Placement(ocm.NewInventory(r).FollowedBy(argo, "argocd"))
}

func TestPlacement(t *testing.T) { kindtest.Run(t, placement) }

func policy(r *inventory.Registry) rollout.Kind { return ocm.Policy(ocm.NewInventory(r)) }

func TestPolicy(t *testing.T) { kindtest.Run(t, policy) }

func FuzzPolicy(f *testing.F) { kindtest.Fuzz(f, policy) }

func policySet(r *inventory.Registry) rollout.Kind { return ocm.PolicySet(ocm.NewInventory(r)) }

func TestPolicySet(t *testing.T) { kindtest.Run(t, policySet) }

func FuzzPolicySet(f *testing.F) { kindtest.Fuzz(f, policySet) }

func placementBinding(r *inventory.Registry) rollout.Kind {
	return ocm.PlacementBinding(ocm.NewInventory(r))
}

func TestPlacementBinding(t *testing.T) { kindtest.Run(t, placementBinding) }

func FuzzPlacementBinding(f *testing.F) { kindtest.Fuzz(f, placementBinding) }

func FuzzPlacement(f *testing.F) { kindtest.Fuzz(f, placement) }
