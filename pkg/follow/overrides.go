package follow

import (
	"github.com/go-logr/logr"
	"k8s.io/apimachinery/pkg/types"

	"github.com/seawall-dev/seawall/pkg/apis/v1alpha1"
	"github.com/seawall-dev/seawall/pkg/inventory"
	"github.com/seawall-dev/seawall/pkg/policy"
)

// Overrides keeps a set equal to the WaveOverrides that the registry reads.
func Overrides(registry *inventory.Registry, set *policy.Overrides, log logr.Logger) Source {
	return follow(registry, "waveoverrides", func(source *v1alpha1.WaveOverride) { putOverride(set, source, log) }, set.Delete)
}

// putOverride makes the set hold what an override permits: nothing, when it is being deleted
// or cannot be understood.
func putOverride(set *policy.Overrides, source *v1alpha1.WaveOverride, log logr.Logger) {
	name := types.NamespacedName{Namespace: source.Namespace, Name: source.Name}
	compiled, err := policy.CompileOverride(source)
	switch {
	case err != nil:
		log.Error(err, "an override that permits nothing", "override", name)
		set.Delete(name)
	case source.DeletionTimestamp != nil:
		set.Delete(name)
	default:
		set.Put(compiled)
	}
}
