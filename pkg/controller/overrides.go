package controller

import (
	"context"
	"fmt"

	"k8s.io/apimachinery/pkg/types"
	toolscache "k8s.io/client-go/tools/cache"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/cache"

	"github.com/seawall-dev/seawall/pkg/apis/v1alpha1"
	"github.com/seawall-dev/seawall/pkg/policy"
)

// FollowOverrides keeps a set equal to the WaveOverrides of the cluster. The function that it
// returns tells whether the set holds all that existed at the start. Every replica follows
// them.
func FollowOverrides(ctx context.Context, informers cache.Informers, set *policy.Overrides) (synced func() bool, err error) {
	informer, err := informers.GetInformer(ctx, &v1alpha1.WaveOverride{})
	if err != nil {
		return nil, fmt.Errorf("watching WaveOverrides: %w", err)
	}
	put := func(object any) {
		if source, ok := object.(*v1alpha1.WaveOverride); ok {
			putOverride(ctx, set, source)
		}
	}
	registration, err := informer.AddEventHandler(toolscache.ResourceEventHandlerFuncs{
		AddFunc:    put,
		UpdateFunc: func(_, object any) { put(object) },
		DeleteFunc: func(object any) {
			if key, err := toolscache.DeletionHandlingObjectToName(object); err == nil {
				set.Delete(types.NamespacedName{Namespace: key.Namespace, Name: key.Name})
			}
		},
	})
	if err != nil {
		return nil, fmt.Errorf("watching WaveOverrides: %w", err)
	}
	return registration.HasSynced, nil
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
