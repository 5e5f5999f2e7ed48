// Package follow keeps what is judged by equal to the cluster's: policies, overrides and kinds.
// Every replica follows them; none of it writes anything.
package follow

import (
	"context"
	"fmt"

	toolscache "k8s.io/client-go/tools/cache"
	"sigs.k8s.io/controller-runtime/pkg/cache"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

// follow calls put with each object of a type, whenever it is another, and remove with its name
// once it is gone. The function that it returns tells whether all that existed at the start has
// been put.
func follow[T client.Object](
	ctx context.Context, informers cache.Informers, object T, put func(T), remove func(toolscache.ObjectName),
) (synced func() bool, err error) {
	informer, err := informers.GetInformer(ctx, object)
	if err != nil {
		return nil, fmt.Errorf("watching each %T: %w", object, err)
	}
	changed := func(object any) {
		if object, is := object.(T); is {
			put(object)
		}
	}
	registration, err := informer.AddEventHandler(toolscache.ResourceEventHandlerFuncs{
		AddFunc:    changed,
		UpdateFunc: func(_, object any) { changed(object) },
		DeleteFunc: func(object any) {
			// One that went while the watch was interrupted is known by its name only.
			if name, err := toolscache.DeletionHandlingObjectToName(object); err == nil {
				remove(name)
			}
		},
	})
	if err != nil {
		return nil, fmt.Errorf("watching each %T: %w", object, err)
	}
	return registration.HasSynced, nil
}
