package peers

import (
	"context"
	"fmt"

	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/watch"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

// follow tells of every object of the list's kind and then, in the API server's order and without
// leaving a version out, of every change, until ctx is done. Whatever ends it earlier is the error
// that the channel gives.
func follow(
	ctx context.Context, api client.WithWatch, list client.ObjectList, tell func(watch.EventType, runtime.Object) error,
) (<-chan error, error) {
	if err := api.List(ctx, list); err != nil {
		return nil, err
	}
	watching, err := api.Watch(ctx, list, &client.ListOptions{
		Raw: &metav1.ListOptions{ResourceVersion: list.GetResourceVersion()},
	})
	if err != nil {
		return nil, err
	}
	failed := make(chan error, 1)
	go func() {
		defer watching.Stop()
		if err := tellAll(list, watching, tell); ctx.Err() == nil {
			failed <- err
		}
	}()
	return failed, nil
}

func tellAll(list client.ObjectList, watching watch.Interface, tell func(watch.EventType, runtime.Object) error) error {
	err := meta.EachListItem(list, func(object runtime.Object) error { return tell(watch.Added, object) })
	if err != nil {
		return err
	}
	for event := range watching.ResultChan() {
		if event.Type == watch.Error {
			return fmt.Errorf("a watch failed: %v", event.Object)
		}
		if err := tell(event.Type, event.Object); err != nil {
			return err
		}
	}
	return fmt.Errorf("a watch of %T ended", list)
}
