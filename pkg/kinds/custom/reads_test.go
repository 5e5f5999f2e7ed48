package custom_test

import (
	"testing"

	. "github.com/onsi/gomega"

	"github.com/seawall-dev/seawall/pkg/apis/v1alpha1"
	"github.com/seawall-dev/seawall/pkg/inventory"
	"github.com/seawall-dev/seawall/pkg/kinds/custom"
)

func TestResourcesAreThoseOfTargetsAndOfWhatIsRelated(t *testing.T) {
	g := NewWithT(t)
	spec := &v1alpha1.RolloutKindSpec{
		Inventory: v1alpha1.RolloutKindInventory{Group: "rail.example.com", Versions: []string{"v1"}, Resource: "cars", Kind: "Car"},
		Related: []v1alpha1.RelatedInventory{{Name: "lines", RolloutKindInventory: v1alpha1.RolloutKindInventory{
			Group: "rail.example.com", Versions: []string{"v1"}, Resource: "lines", Kind: "Line",
		}}},
	}
	g.Expect(custom.NewInventories(inventory.NewRegistry(), spec).Resources()).To(Equal([]string{"cars.rail.example.com", "lines.rail.example.com"}))
	g.Expect(custom.NewInventories(inventory.NewRegistry(), &v1alpha1.RolloutKindSpec{}).Resources()).To(BeEmpty())
}
