package karmada_test

import (
	"testing"

	"github.com/seawall-dev/seawall/pkg/inventory"
	"github.com/seawall-dev/seawall/pkg/kinds/karmada"
	"github.com/seawall-dev/seawall/pkg/kinds/kindtest"
	"github.com/seawall-dev/seawall/pkg/rollout"
)

func policy(r *inventory.Registry) rollout.Kind {
	return karmada.PropagationPolicy(karmada.NewInventory(r))
}

func TestPropagationPolicy(t *testing.T) { kindtest.Run(t, policy) }

func FuzzPropagationPolicy(f *testing.F) { kindtest.Fuzz(f, policy) }

func clusterPolicy(r *inventory.Registry) rollout.Kind {
	return karmada.ClusterPropagationPolicy(karmada.NewInventory(r))
}

func TestClusterPropagationPolicy(t *testing.T) { kindtest.Run(t, clusterPolicy) }

func FuzzClusterPropagationPolicy(f *testing.F) { kindtest.Fuzz(f, clusterPolicy) }

func overrides(r *inventory.Registry) rollout.Kind {
	return karmada.OverridePolicy(karmada.NewInventory(r))
}

func TestOverridePolicy(t *testing.T) { kindtest.Run(t, overrides) }

func FuzzOverridePolicy(f *testing.F) { kindtest.Fuzz(f, overrides) }

func clusterOverrides(r *inventory.Registry) rollout.Kind {
	return karmada.ClusterOverridePolicy(karmada.NewInventory(r))
}

func TestClusterOverridePolicy(t *testing.T) { kindtest.Run(t, clusterOverrides) }

func FuzzClusterOverridePolicy(f *testing.F) { kindtest.Fuzz(f, clusterOverrides) }
