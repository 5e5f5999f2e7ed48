package kargo_test

import (
	"testing"

	"github.com/seawall-dev/seawall/pkg/inventory"
	"github.com/seawall-dev/seawall/pkg/inventory/argocd"
	"github.com/seawall-dev/seawall/pkg/kinds/kargo"
	"github.com/seawall-dev/seawall/pkg/kinds/kindtest"
	"github.com/seawall-dev/seawall/pkg/rollout"
)

func promotion(r *inventory.Registry) rollout.Kind {
	return kargo.Promotion(kargo.NewInventory(r, argocd.NewApplications(r), "argocd"))
}

func TestPromotion(t *testing.T) { kindtest.Run(t, promotion) }

func FuzzPromotion(f *testing.F) { kindtest.Fuzz(f, promotion) }
