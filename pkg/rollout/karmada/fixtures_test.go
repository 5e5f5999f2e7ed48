package karmada_test

import (
	"testing"

	"github.com/seawall-dev/seawall/pkg/inventory"
	"github.com/seawall-dev/seawall/pkg/rollout"
	"github.com/seawall-dev/seawall/pkg/rollout/karmada"
	"github.com/seawall-dev/seawall/pkg/rollout/rollouttest"
)

func policy(r *inventory.Registry) rollout.Kind {
	return karmada.PropagationPolicy(karmada.NewInventory(r))
}

func TestPropagationPolicy(t *testing.T) { rollouttest.Run(t, policy) }

func FuzzPropagationPolicy(f *testing.F) { rollouttest.Fuzz(f, policy) }

func clusterPolicy(r *inventory.Registry) rollout.Kind {
	return karmada.ClusterPropagationPolicy(karmada.NewInventory(r))
}

func TestClusterPropagationPolicy(t *testing.T) { rollouttest.Run(t, clusterPolicy) }

func FuzzClusterPropagationPolicy(f *testing.F) { rollouttest.Fuzz(f, clusterPolicy) }
