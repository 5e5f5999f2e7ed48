package sveltos_test

import (
	"testing"

	"github.com/seawall-dev/seawall/pkg/inventory"
	"github.com/seawall-dev/seawall/pkg/rollout"
	"github.com/seawall-dev/seawall/pkg/rollout/rollouttest"
	"github.com/seawall-dev/seawall/pkg/rollout/sveltos"
)

func clusterProfile(r *inventory.Registry) rollout.Kind {
	return sveltos.ClusterProfile(sveltos.NewInventory(r))
}

func TestClusterProfile(t *testing.T) { rollouttest.Run(t, clusterProfile) }

func FuzzClusterProfile(f *testing.F) { rollouttest.Fuzz(f, clusterProfile) }

func profile(r *inventory.Registry) rollout.Kind { return sveltos.Profile(sveltos.NewInventory(r)) }

func TestProfile(t *testing.T) { rollouttest.Run(t, profile) }

func FuzzProfile(f *testing.F) { rollouttest.Fuzz(f, profile) }
