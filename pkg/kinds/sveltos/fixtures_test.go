package sveltos_test

import (
	"testing"

	"github.com/seawall-dev/seawall/pkg/inventory"
	"github.com/seawall-dev/seawall/pkg/kinds/kindtest"
	"github.com/seawall-dev/seawall/pkg/kinds/sveltos"
	"github.com/seawall-dev/seawall/pkg/rollout"
)

func clusterProfile(r *inventory.Registry) rollout.Kind {
	return sveltos.ClusterProfile(sveltos.NewInventory(r))
}

func TestClusterProfile(t *testing.T) { kindtest.Run(t, clusterProfile) }

func FuzzClusterProfile(f *testing.F) { kindtest.Fuzz(f, clusterProfile) }

func profile(r *inventory.Registry) rollout.Kind { return sveltos.Profile(sveltos.NewInventory(r)) }

func TestProfile(t *testing.T) { kindtest.Run(t, profile) }

func FuzzProfile(f *testing.F) { kindtest.Fuzz(f, profile) }

func clusterSet(r *inventory.Registry) rollout.Kind {
	return sveltos.ClusterSet(sveltos.NewInventory(r))
}

func TestClusterSet(t *testing.T) { kindtest.Run(t, clusterSet) }

func FuzzClusterSet(f *testing.F) { kindtest.Fuzz(f, clusterSet) }

func set(r *inventory.Registry) rollout.Kind { return sveltos.Set(sveltos.NewInventory(r)) }

func TestSet(t *testing.T) { kindtest.Run(t, set) }

func FuzzSet(f *testing.F) { kindtest.Fuzz(f, set) }
