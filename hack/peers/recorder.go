// Package peers is what the tests with real rollout systems share: a git repository, Deployments
// that become healthy when a test says so, and a record of how many environments were in flight
// together.
package peers

import (
	"context"
	"fmt"
	"sync"

	appsv1 "k8s.io/api/apps/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/watch"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

// Recorder follows all environments and Deployments of a cluster, and leaves no version out: no
// instant passes between two looks at them.
type Recorder[S any] struct {
	lock    sync.Mutex
	record  Record[S]
	changed chan struct{}
	failed  error
}

// StartRecorder records until ctx is done.
func StartRecorder[S any](ctx context.Context, api client.WithWatch, system System[S]) (*Recorder[S], error) {
	r := &Recorder[S]{changed: make(chan struct{}), record: NewRecord[S]()}
	environments := &unstructured.UnstructuredList{}
	environments.SetGroupVersionKind(system.Kind.GroupVersion().WithKind(system.Kind.Kind + "List"))
	for _, each := range []struct {
		list client.ObjectList
		note func(watch.EventType, runtime.Object) error
	}{
		{environments, func(event watch.EventType, object runtime.Object) error { return r.record.Note(system, event, object) }},
		{&appsv1.DeploymentList{}, r.record.noteDeployment},
	} {
		failed, err := follow(ctx, api, each.list, func(event watch.EventType, object runtime.Object) error {
			return r.update(func() error { return each.note(event, object) })
		})
		if err != nil {
			return nil, err
		}
		go func() {
			select {
			case err := <-failed:
				_ = r.update(func() error { r.failed = err; return nil })
			case <-ctx.Done():
			}
		}()
	}
	return r, nil
}

// Record returns how things stand.
func (r *Recorder[S]) Record() Record[S] {
	r.lock.Lock()
	defer r.lock.Unlock()
	return r.record.copied()
}

// Until waits until the record is as wanted, and returns it.
func (r *Recorder[S]) Until(ctx context.Context, wanted func(Record[S]) bool) (Record[S], error) {
	for {
		record, changed, failed := r.look()
		if failed != nil || wanted(record) {
			return record, failed
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return record, fmt.Errorf("%w; %s; %+v", ctx.Err(), record.Summary(), record.Environments)
		}
	}
}

func (r *Recorder[S]) look() (Record[S], <-chan struct{}, error) {
	r.lock.Lock()
	defer r.lock.Unlock()
	return r.record.copied(), r.changed, r.failed
}

func (r *Recorder[S]) update(change func() error) error {
	r.lock.Lock()
	defer r.lock.Unlock()
	close(r.changed)
	r.changed = make(chan struct{})
	return change()
}
