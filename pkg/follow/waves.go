package follow

import (
	"k8s.io/apimachinery/pkg/types"

	"github.com/seawall-dev/seawall/pkg/inventory"
	"github.com/seawall-dev/seawall/pkg/policy"
)

// Waves keeps rules equal to those that Waves have kept.
func Waves(registry *inventory.Registry, rules *policy.KeptRules) Source {
	return follow(registry, "waves", rules.Put, func(name types.NamespacedName) { rules.Delete(name.Name) })
}
