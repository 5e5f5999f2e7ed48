package kubefleet_test

import (
	"testing"

	"github.com/seawall-dev/seawall/pkg/inventory"
	"github.com/seawall-dev/seawall/pkg/kinds/kindtest"
	"github.com/seawall-dev/seawall/pkg/kinds/kubefleet"
	"github.com/seawall-dev/seawall/pkg/rollout"
)

func clusterPlacement(r *inventory.Registry) rollout.Kind {
	return kubefleet.ClusterResourcePlacement(kubefleet.NewInventory(r))
}

func TestClusterResourcePlacement(t *testing.T) { kindtest.Run(t, clusterPlacement) }

func FuzzClusterResourcePlacement(f *testing.F) { kindtest.Fuzz(f, clusterPlacement) }

func resourcePlacement(r *inventory.Registry) rollout.Kind {
	return kubefleet.ResourcePlacement(kubefleet.NewInventory(r))
}

func TestResourcePlacement(t *testing.T) { kindtest.Run(t, resourcePlacement) }

func FuzzResourcePlacement(f *testing.F) { kindtest.Fuzz(f, resourcePlacement) }

func clusterRun(r *inventory.Registry) rollout.Kind {
	return kubefleet.ClusterStagedUpdateRun(kubefleet.NewInventory(r))
}

func TestClusterStagedUpdateRun(t *testing.T) { kindtest.Run(t, clusterRun) }

func FuzzClusterStagedUpdateRun(f *testing.F) { kindtest.Fuzz(f, clusterRun) }

func run(r *inventory.Registry) rollout.Kind {
	return kubefleet.StagedUpdateRun(kubefleet.NewInventory(r))
}

func TestStagedUpdateRun(t *testing.T) { kindtest.Run(t, run) }

func FuzzStagedUpdateRun(f *testing.F) { kindtest.Fuzz(f, run) }

func clusterOverride(r *inventory.Registry) rollout.Kind {
	return kubefleet.ClusterResourceOverride(kubefleet.NewInventory(r))
}

func TestClusterResourceOverride(t *testing.T) { kindtest.Run(t, clusterOverride) }

func FuzzClusterResourceOverride(f *testing.F) { kindtest.Fuzz(f, clusterOverride) }

func override(r *inventory.Registry) rollout.Kind {
	return kubefleet.ResourceOverride(kubefleet.NewInventory(r))
}

func TestResourceOverride(t *testing.T) { kindtest.Run(t, override) }

func FuzzResourceOverride(f *testing.F) { kindtest.Fuzz(f, override) }
