package resourceset_test

import (
	"testing"

	"github.com/seawall-dev/seawall/pkg/inventory"
	"github.com/seawall-dev/seawall/pkg/kinds/kindtest"
	"github.com/seawall-dev/seawall/pkg/kinds/resourceset"
	"github.com/seawall-dev/seawall/pkg/rollout"
)

func resourceSet(r *inventory.Registry) rollout.Kind {
	return resourceset.ResourceSet(resourceset.NewInventory(r))
}

func TestResourceSet(t *testing.T) { kindtest.Run(t, resourceSet) }

func FuzzResourceSet(f *testing.F) { kindtest.Fuzz(f, resourceSet) }
