package follow

import (
	"k8s.io/apimachinery/pkg/types"

	"github.com/seawall-dev/seawall/pkg/apis/v1alpha1"
	"github.com/seawall-dev/seawall/pkg/inventory"
	"github.com/seawall-dev/seawall/pkg/policy"
)

// Policies keeps a set equal to the WavePolicies that the registry reads.
func Policies(registry *inventory.Registry, set *policy.Set) Source {
	return follow(registry, "wavepolicies", func(source *v1alpha1.WavePolicy) {
		// A policy with an error is put too: it refuses what it may select, and the error is
		// in its condition.
		compiled, _ := policy.Compile(source)
		set.Put(compiled)
	}, func(name types.NamespacedName) { set.Delete(name.Name) })
}
