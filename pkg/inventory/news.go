package inventory

import (
	"context"
	"sync/atomic"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/watch"
	toolscache "k8s.io/client-go/tools/cache"
)

// news is when the API server last told something of a resource. About once a minute it does
// so by a bookmark when nothing changes, so that old news mean a watch that is broken.
type news struct{ nanoseconds atomic.Int64 }

func (n *news) came() { n.nanoseconds.Store(time.Now().UnixNano()) }

// last returns the zero time before the first news.
func (n *news) last() time.Time {
	if nanoseconds := n.nanoseconds.Load(); nanoseconds > 0 {
		return time.Unix(0, nanoseconds)
	}
	return time.Time{}
}

// heard notes the news of another ListerWatcher.
func (n *news) heard(source toolscache.ListerWatcher) toolscache.ListerWatcher {
	asked := toolscache.ToListerWatcherWithContext(source)
	return toolscache.ToListWatcherWithWatchListSemantics(&toolscache.ListWatch{
		ListWithContextFunc: func(ctx context.Context, options metav1.ListOptions) (runtime.Object, error) {
			list, err := asked.ListWithContext(ctx, options)
			if err == nil {
				n.came()
			}
			return list, err
		},
		WatchFuncWithContext: func(ctx context.Context, options metav1.ListOptions) (watch.Interface, error) {
			events, err := asked.WatchWithContext(ctx, options)
			if err != nil {
				return nil, err
			}
			return n.pass(events), nil
		},
	}, source)
}

// pass returns a watch of the same events that notes when they come.
func (n *news) pass(events watch.Interface) watch.Interface {
	passed := make(chan watch.Event)
	proxy := watch.NewProxyWatcher(passed)
	go func() {
		defer close(passed)
		defer events.Stop()
		for {
			select {
			case event, open := <-events.ResultChan():
				if !open {
					return
				}
				if event.Type != watch.Error {
					n.came()
				}
				select {
				case passed <- event:
				case <-proxy.StopChan():
					return
				}
			case <-proxy.StopChan():
				return
			}
		}
	}()
	return proxy
}
