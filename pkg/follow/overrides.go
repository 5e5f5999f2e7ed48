package follow

import (
	"context"

	"k8s.io/apimachinery/pkg/types"
	toolscache "k8s.io/client-go/tools/cache"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/cache"

	"github.com/seawall-dev/seawall/pkg/apis/v1alpha1"
	"github.com/seawall-dev/seawall/pkg/policy"
)

// Overrides keeps a set equal to the WaveOverrides of the cluster. The function that it returns
// tells whether the set holds all that existed at the start.
func Overrides(ctx context.Context, informers cache.Informers, set *policy.Overrides) (synced func() bool, err error) {
	return follow(ctx, informers, &v1alpha1.WaveOverride{},
		func(source *v1alpha1.WaveOverride) { putOverride(ctx, set, source) },
		func(name toolscache.ObjectName) {
			set.Delete(types.NamespacedName{Namespace: name.Namespace, Name: name.Name})
		})
}

// putOverride makes the set hold what an override permits: nothing, when it is being deleted
// or cannot be understood.
func putOverride(ctx context.Context, set *policy.Overrides, source *v1alpha1.WaveOverride) {
	name := types.NamespacedName{Namespace: source.Namespace, Name: source.Name}
	compiled, err := policy.CompileOverride(source)
	switch {
	case err != nil:
		ctrl.LoggerFrom(ctx).Error(err, "an override that permits nothing", "override", name)
		set.Delete(name)
	case source.DeletionTimestamp != nil:
		set.Delete(name)
	default:
		set.Put(compiled)
	}
}
