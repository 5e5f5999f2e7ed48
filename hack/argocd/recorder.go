package argocd

import (
	"context"
	"fmt"
	"sync"

	appsv1 "k8s.io/api/apps/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/watch"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

// Recorder follows all Applications and Deployments of a cluster, and leaves no version out: no
// instant passes between two looks at them.
type Recorder struct {
	lock    sync.Mutex
	record  Record
	changed chan struct{}
	failed  error
}

// StartRecorder records until ctx is done.
func StartRecorder(ctx context.Context, api client.WithWatch) (*Recorder, error) {
	r := &Recorder{changed: make(chan struct{}), record: newRecord()}
	applications := &unstructured.UnstructuredList{}
	applications.SetGroupVersionKind(schema.GroupVersionKind{Group: "argoproj.io", Version: "v1alpha1", Kind: "ApplicationList"})
	for _, each := range []struct {
		list client.ObjectList
		note func(*Record, watch.EventType, runtime.Object) error
	}{
		{applications, (*Record).noteApplication},
		{&appsv1.DeploymentList{}, (*Record).noteDeployment},
	} {
		failed, err := follow(ctx, api, each.list, func(event watch.EventType, object runtime.Object) error {
			return r.update(func(record *Record) error { return each.note(record, event, object) })
		})
		if err != nil {
			return nil, err
		}
		go func() {
			select {
			case err := <-failed:
				_ = r.update(func(*Record) error { r.failed = err; return nil })
			case <-ctx.Done():
			}
		}()
	}
	return r, nil
}

// Record returns how things stand.
func (r *Recorder) Record() Record {
	r.lock.Lock()
	defer r.lock.Unlock()
	return r.record.copied()
}

// Until waits until the record is as wanted, and returns it.
func (r *Recorder) Until(ctx context.Context, wanted func(Record) bool) (Record, error) {
	for {
		record, changed, failed := r.look()
		if failed != nil || wanted(record) {
			return record, failed
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return record, fmt.Errorf("%w; %s; %+v", ctx.Err(), record.Summary(), record.Applications)
		}
	}
}

func (r *Recorder) look() (Record, <-chan struct{}, error) {
	r.lock.Lock()
	defer r.lock.Unlock()
	return r.record.copied(), r.changed, r.failed
}

func (r *Recorder) update(change func(*Record) error) error {
	r.lock.Lock()
	defer r.lock.Unlock()
	close(r.changed)
	r.changed = make(chan struct{})
	return change(&r.record)
}
