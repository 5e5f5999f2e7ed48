package kargo_test

import (
	"testing"

	"github.com/seawall-dev/seawall/pkg/inventory"
	"github.com/seawall-dev/seawall/pkg/rollout"
	"github.com/seawall-dev/seawall/pkg/rollout/kargo"
	"github.com/seawall-dev/seawall/pkg/rollout/rollouttest"
)

func promotion(r *inventory.Registry) rollout.Kind {
	return kargo.Promotion(kargo.NewInventory(r, inventory.NewApplications(r), "argocd"))
}

func TestPromotion(t *testing.T) { rollouttest.Run(t, promotion) }

func FuzzPromotion(f *testing.F) { rollouttest.Fuzz(f, promotion) }
