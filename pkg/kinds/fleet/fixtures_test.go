package fleet_test

import (
	"testing"

	"github.com/seawall-dev/seawall/pkg/inventory"
	"github.com/seawall-dev/seawall/pkg/kinds/fleet"
	"github.com/seawall-dev/seawall/pkg/kinds/kindtest"
	"github.com/seawall-dev/seawall/pkg/rollout"
)

func bundle(r *inventory.Registry) rollout.Kind  { return fleet.Bundle(fleet.NewInventory(r)) }
func helmOp(r *inventory.Registry) rollout.Kind  { return fleet.HelmOp(fleet.NewInventory(r)) }
func gitRepo(r *inventory.Registry) rollout.Kind { return fleet.GitRepo(fleet.NewInventory(r)) }

func TestBundle(t *testing.T)  { kindtest.Run(t, bundle) }
func TestHelmOp(t *testing.T)  { kindtest.Run(t, helmOp) }
func TestGitRepo(t *testing.T) { kindtest.Run(t, gitRepo) }

func FuzzBundle(f *testing.F)  { kindtest.Fuzz(f, bundle) }
func FuzzHelmOp(f *testing.F)  { kindtest.Fuzz(f, helmOp) }
func FuzzGitRepo(f *testing.F) { kindtest.Fuzz(f, gitRepo) }
