package node

import (
	"context"
	"fmt"
	"sync"
	"time"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

const (
	// perSecond is how many writes are sent.
	perSecond = 8
	// writeTimeout is longer than the API server waits for a webhook at most.
	writeTimeout = 35 * time.Second
)

// Load sends writes of one object, on dry-run, each without waiting for those before it.
type Load struct {
	api    client.Client
	object *unstructured.Unstructured

	lock   sync.Mutex
	sent   int
	failed int
	first  error
}

// StartLoad sends writes until the returned function is called, which waits for those in flight.
func StartLoad(ctx context.Context, api client.Client, object *unstructured.Unstructured) (load *Load, stop func()) {
	load = &Load{api: api, object: object}
	ctx, cancel := context.WithCancel(ctx)
	var running sync.WaitGroup
	running.Go(func() {
		ticker := time.NewTicker(time.Second / perSecond)
		defer ticker.Stop()
		for {
			select {
			case <-ctx.Done():
				return
			case <-ticker.C:
				running.Go(func() { load.write(context.WithoutCancel(ctx)) })
			}
		}
	})
	return load, func() {
		cancel()
		running.Wait()
	}
}

func (l *Load) write(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, writeTimeout)
	defer cancel()
	err := l.api.Create(ctx, l.object.DeepCopy(), client.DryRunAll)
	l.lock.Lock()
	defer l.lock.Unlock()
	l.sent++
	if err == nil {
		return
	}
	l.failed++
	if l.first == nil {
		l.first = err
	}
}

// Failed is how many of the writes failed so far.
func (l *Load) Failed() int {
	l.lock.Lock()
	defer l.lock.Unlock()
	return l.failed
}

// String says how many writes there were.
func (l *Load) String() string {
	l.lock.Lock()
	defer l.lock.Unlock()
	if l.failed == 0 {
		return fmt.Sprintf("%d writes, none failed", l.sent)
	}
	return fmt.Sprintf("%d writes, %d failed, the first: %v", l.sent, l.failed, l.first)
}
