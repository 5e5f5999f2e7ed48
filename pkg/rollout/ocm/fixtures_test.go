package ocm_test

import (
	"testing"

	"github.com/seawall-dev/seawall/pkg/inventory"
	"github.com/seawall-dev/seawall/pkg/rollout"
	"github.com/seawall-dev/seawall/pkg/rollout/ocm"
	"github.com/seawall-dev/seawall/pkg/rollout/rollouttest"
)

func replicaSet(r *inventory.Registry) rollout.Kind {
	return ocm.ManifestWorkReplicaSet(ocm.NewInventory(r))
}

func TestManifestWorkReplicaSet(t *testing.T) { rollouttest.Run(t, replicaSet) }

func FuzzManifestWorkReplicaSet(f *testing.F) { rollouttest.Fuzz(f, replicaSet) }

func addOn(r *inventory.Registry) rollout.Kind {
	return ocm.ClusterManagementAddOn(ocm.NewInventory(r))
}

func TestClusterManagementAddOn(t *testing.T) { rollouttest.Run(t, addOn) }

func FuzzClusterManagementAddOn(f *testing.F) { rollouttest.Fuzz(f, addOn) }

func placement(r *inventory.Registry) rollout.Kind { return ocm.Placement(ocm.NewInventory(r)) }

func TestPlacement(t *testing.T) { rollouttest.Run(t, placement) }

func FuzzPlacement(f *testing.F) { rollouttest.Fuzz(f, placement) }
