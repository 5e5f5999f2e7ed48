package follow

import (
	"context"

	toolscache "k8s.io/client-go/tools/cache"
	"sigs.k8s.io/controller-runtime/pkg/cache"

	"github.com/seawall-dev/seawall/pkg/apis/v1alpha1"
	"github.com/seawall-dev/seawall/pkg/policy"
)

// Policies keeps a set equal to the WavePolicies of the cluster. The function that it returns
// tells whether the set holds all that existed at the start.
func Policies(ctx context.Context, informers cache.Informers, set *policy.Set) (synced func() bool, err error) {
	return follow(ctx, informers, &v1alpha1.WavePolicy{}, func(source *v1alpha1.WavePolicy) {
		// A policy with an error is put too: it refuses what it may select, and the error is
		// in its condition.
		compiled, _ := policy.Compile(source)
		set.Put(compiled)
	}, func(name toolscache.ObjectName) { set.Delete(name.Name) })
}
