package inventory

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"time"

	"github.com/go-logr/logr"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/fields"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/watch"
	"k8s.io/client-go/discovery"
	"k8s.io/client-go/dynamic"
	"k8s.io/client-go/metadata"
	"k8s.io/client-go/rest"
	toolscache "k8s.io/client-go/tools/cache"
)

// discoveryPeriod is how often the API server is asked what it serves: two requests,
// whatever the number of sources.
const discoveryPeriod = 10 * time.Second

// While something is missing that was served before, the API server is asked again each doubtPeriod, and it is gone after
// doubt: one that has just started does not tell of all definitions yet.
const (
	doubtPeriod = time.Second
	doubt       = 5 * time.Second
)

// Watcher feeds the collections of a registry from an API server. A resource that it does
// not serve costs nothing; when it appears it is read, and when it goes away forgotten.
type Watcher struct {
	registry  *Registry
	log       logr.Logger
	discovery *discovery.DiscoveryClient
	dynamic   dynamic.Interface
	metadata  metadata.Interface
	config    *rest.Config
	// running are the reflectors, by collection.
	running map[*feed]*running
	// doubted are collections whose resource was served before, by when it was first found missing.
	doubted map[*feed]time.Time
	// missed are the resources that are known not to be served.
	missed map[string]bool
}

type running struct {
	gvr  schema.GroupVersionResource
	stop context.CancelFunc
}

var errUnreachable = errors.New("the API server cannot tell what the group serves")

// NewWatcher returns a Watcher of the API server that config names.
func NewWatcher(registry *Registry, config *rest.Config, log logr.Logger) (*Watcher, error) {
	asked, err := discovery.NewDiscoveryClientForConfig(config)
	if err != nil {
		return nil, fmt.Errorf("setting up the inventory: %w", err)
	}
	objects, err := dynamic.NewForConfig(config)
	if err != nil {
		return nil, fmt.Errorf("setting up the inventory: %w", err)
	}
	metadataOnly, err := metadata.NewForConfig(config)
	if err != nil {
		return nil, fmt.Errorf("setting up the inventory: %w", err)
	}
	return &Watcher{
		registry: registry, log: log, discovery: asked, dynamic: objects, metadata: metadataOnly, config: config,
		running: map[*feed]*running{}, doubted: map[*feed]time.Time{}, missed: map[string]bool{},
	}, nil
}

// NeedLeaderElection implements manager.LeaderElectionRunnable: every replica reads.
func (*Watcher) NeedLeaderElection() bool { return false }

// Start implements manager.Runnable: it feeds the collections until ctx ends.
func (w *Watcher) Start(ctx context.Context) error {
	for {
		w.follow(ctx, time.Now())
		next := discoveryPeriod
		if len(w.doubted) > 0 {
			next = doubtPeriod
		}
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(next):
		case <-w.registry.changed:
		}
	}
}

// follow makes one reflector run for each collection whose resource is served.
func (w *Watcher) follow(ctx context.Context, now time.Time) {
	served, failed, err := w.ask(ctx)
	if err != nil {
		w.log.Error(err, "asking the API server what it serves")
		return
	}
	current := map[*feed]bool{}
	for _, feed := range w.registry.list() {
		current[feed] = true
		gvr, found := feed.source.served(served)
		if !found && failed[feed.source.Group] {
			// An aggregated API that does not answer is not one that is gone.
			if before, _ := feed.state(); before == unknown {
				feed.enter(reading)
				feed.fail(ctx, errUnreachable)
			}
			continue
		}
		if !w.doubts(feed, found, now) {
			w.reconcile(ctx, feed, gvr, found)
		}
	}
	for feed := range w.running {
		if !current[feed] {
			w.halt(feed)
		}
	}
	maps.DeleteFunc(w.doubted, func(feed *feed, _ time.Time) bool { return !current[feed] })
}

// doubts tells whether it is to be seen yet if a resource is gone that was served before.
func (w *Watcher) doubts(feed *feed, found bool, now time.Time) bool {
	first, doubted := w.doubted[feed]
	switch {
	case found || w.running[feed] == nil || doubted && now.Sub(first) >= doubt:
		delete(w.doubted, feed)
		return false
	case !doubted:
		w.doubted[feed] = now
	}
	return true
}

// ask returns the resources that can be listed and watched, and the groups that the API
// server could not tell of.
func (w *Watcher) ask(ctx context.Context) (served map[schema.GroupVersionResource]bool, failed map[string]bool, err error) {
	_, lists, err := w.discovery.ServerGroupsAndResourcesWithContext(ctx)
	failed = map[string]bool{}
	if partial, is := errors.AsType[*discovery.ErrGroupDiscoveryFailed](err); is {
		for gv := range partial.Groups {
			failed[gv.Group] = true
		}
	} else if err != nil {
		return nil, nil, err
	}
	served = map[schema.GroupVersionResource]bool{}
	for _, list := range lists {
		gv, err := schema.ParseGroupVersion(list.GroupVersion)
		if err != nil {
			return nil, nil, fmt.Errorf("reading what the API server serves: %w", err)
		}
		for _, resource := range list.APIResources {
			served[gv.WithResource(resource.Name)] = true
		}
	}
	return served, failed, nil
}

func (w *Watcher) reconcile(ctx context.Context, feed *feed, gvr schema.GroupVersionResource, served bool) {
	current, runs := w.running[feed]
	if runs && served && current.gvr == gvr {
		return
	}
	if runs {
		w.halt(feed)
	}
	if !served {
		if before, _ := feed.state(); before != missing {
			w.miss(feed.source.String())
			feed.enter(missing)
		}
		return
	}
	delete(w.missed, feed.source.String())
	w.log.Info("reading", "resource", gvr.Resource, "group", gvr.Group, "version", gvr.Version)
	feed.enter(reading)
	running := &running{gvr: gvr}
	var reflecting context.Context
	reflecting, running.stop = context.WithCancel(ctx)
	w.running[feed] = running
	reflector := toolscache.NewReflectorWithOptions(feed.news.heard(w.listWatch(feed, gvr)), nil, feed.store(reflecting.Err),
		toolscache.ReflectorOptions{Name: "inventory", TypeDescription: gvr.String()})
	go reflector.RunWithContext(reflecting)
}

// miss logs once that a resource is not served, however many collections want it.
func (w *Watcher) miss(resource string) {
	if !w.missed[resource] {
		w.log.Info("not served: rollouts that need it cannot be counted", "resource", resource)
		w.missed[resource] = true
	}
}

func (w *Watcher) halt(feed *feed) {
	w.running[feed].stop()
	delete(w.running, feed)
	feed.enter(missing)
}

// listWatch returns how to read the objects of a collection, which is told of failures.
func (w *Watcher) listWatch(feed *feed, gvr schema.GroupVersionResource) toolscache.ListerWatcher {
	if feed.source.MetadataOnly {
		objects := w.metadata.Resource(gvr).Namespace(feed.source.Namespace)
		return listWatch(feed, objects.List, objects.Watch, w.metadata)
	}
	client := w.dynamic
	if feed.source.Data != nil {
		client = w.blanked(feed.source.Data)
	}
	objects := client.Resource(gvr).Namespace(feed.source.Namespace)
	return listWatch(feed, objects.List, objects.Watch, client)
}

// blanked returns a client to which Secrets have nothing in their data but what is kept. What lies
// before it are the buffers of net/http and crypto/tls, which hold the last that came: as few as there
// can be, because HTTP/2 has some for each frame and uses those of all connections again, and what
// decompresses answers remembers the last 32 KiB.
func (w *Watcher) blanked(kept []string) dynamic.Interface {
	config := rest.CopyConfig(w.config)
	config.DisableCompression = true
	config.NextProtos = []string{"http/1.1"}
	config.Wrap(func(transport http.RoundTripper) http.RoundTripper { return blanking{transport, kept} })
	return dynamic.NewForConfigOrDie(config) // as for the other clients, whose configuration was good
}

// call is a request for a list or a watch.
type call[R any] = func(ctx context.Context, options metav1.ListOptions) (R, error)

func listWatch[R runtime.Object](feed *feed, list call[R], watching call[watch.Interface], client any) toolscache.ListerWatcher {
	return toolscache.ToListWatcherWithWatchListSemantics(&toolscache.ListWatch{
		ListWithContextFunc: func(ctx context.Context, options metav1.ListOptions) (runtime.Object, error) {
			return answer(ctx, feed, options, list)
		},
		WatchFuncWithContext: func(ctx context.Context, options metav1.ListOptions) (watch.Interface, error) {
			return answer(ctx, feed, options, watching)
		},
	}, client)
}

// answer makes a request for a collection, and tells it of a failure.
func answer[R any](ctx context.Context, feed *feed, options metav1.ListOptions, request call[R]) (got R, err error) {
	options.LabelSelector = feed.source.Label
	if feed.source.Name != "" {
		options.FieldSelector = fields.OneTermEqualSelector(metav1.ObjectNameField, feed.source.Name).String()
	}
	if got, err = request(ctx, options); err != nil {
		feed.fail(ctx, err)
	}
	return got, err
}
