package fleet_test

import (
	"testing"

	"github.com/seawall-dev/seawall/pkg/inventory"
	"github.com/seawall-dev/seawall/pkg/rollout"
	"github.com/seawall-dev/seawall/pkg/rollout/fleet"
	"github.com/seawall-dev/seawall/pkg/rollout/rollouttest"
)

func bundle(r *inventory.Registry) rollout.Kind  { return fleet.Bundle(fleet.NewInventory(r)) }
func helmOp(r *inventory.Registry) rollout.Kind  { return fleet.HelmOp(fleet.NewInventory(r)) }
func gitRepo(r *inventory.Registry) rollout.Kind { return fleet.GitRepo(fleet.NewInventory(r)) }

func TestBundle(t *testing.T)  { rollouttest.Run(t, bundle) }
func TestHelmOp(t *testing.T)  { rollouttest.Run(t, helmOp) }
func TestGitRepo(t *testing.T) { rollouttest.Run(t, gitRepo) }

func FuzzBundle(f *testing.F)  { rollouttest.Fuzz(f, bundle) }
func FuzzHelmOp(f *testing.F)  { rollouttest.Fuzz(f, helmOp) }
func FuzzGitRepo(f *testing.F) { rollouttest.Fuzz(f, gitRepo) }
