package resourceset_test

import (
	"testing"

	"github.com/seawall-dev/seawall/pkg/inventory"
	"github.com/seawall-dev/seawall/pkg/rollout"
	"github.com/seawall-dev/seawall/pkg/rollout/resourceset"
	"github.com/seawall-dev/seawall/pkg/rollout/rollouttest"
)

func resourceSet(r *inventory.Registry) rollout.Kind {
	return resourceset.ResourceSet(resourceset.NewInventory(r))
}

func TestResourceSet(t *testing.T) { rollouttest.Run(t, resourceSet) }

func FuzzResourceSet(f *testing.F) { rollouttest.Fuzz(f, resourceSet) }
