package controller

import (
	"context"
	"fmt"

	toolscache "k8s.io/client-go/tools/cache"
	"sigs.k8s.io/controller-runtime/pkg/cache"

	"github.com/seawall-dev/seawall/pkg/apis/v1alpha1"
	"github.com/seawall-dev/seawall/pkg/policy"
)

// FollowPolicies keeps a set equal to the WavePolicies of the cluster. The function that
// it returns tells whether the set holds all that existed at the start. Unlike the status,
// every replica follows them.
func FollowPolicies(ctx context.Context, informers cache.Informers, set *policy.Set) (synced func() bool, err error) {
	informer, err := informers.GetInformer(ctx, &v1alpha1.WavePolicy{})
	if err != nil {
		return nil, fmt.Errorf("watching WavePolicies: %w", err)
	}
	put := func(object any) {
		if source, ok := object.(*v1alpha1.WavePolicy); ok {
			// A policy with an error is put too: it refuses what it may select, and the
			// error is in its condition.
			compiled, _ := policy.Compile(source)
			set.Put(compiled)
		}
	}
	registration, err := informer.AddEventHandler(toolscache.ResourceEventHandlerFuncs{
		AddFunc:    put,
		UpdateFunc: func(_, object any) { put(object) },
		DeleteFunc: func(object any) {
			if key, err := toolscache.DeletionHandlingMetaNamespaceKeyFunc(object); err == nil {
				set.Delete(key)
			}
		},
	})
	if err != nil {
		return nil, fmt.Errorf("watching WavePolicies: %w", err)
	}
	return registration.HasSynced, nil
}
