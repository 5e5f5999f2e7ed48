package inventory

import (
	"cmp"
	"fmt"
	"net/http"
	"reflect"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/seawall-dev/seawall/pkg/rollout"
)

// Registry holds the collections that the kinds of rollout read. It may be used by several
// goroutines at once; collections can be added and removed while a Watcher feeds it.
type Registry struct {
	mu    sync.Mutex
	feeds []*feed
	// static, if not nil, is all that there is.
	static    *Static
	texts     Texts
	observers []Observer
	// patience is how long a source may be silent; zero is for ever.
	patience time.Duration
	// changed tells the Watcher to look again; it holds one signal.
	changed chan struct{}
	// checked says that Check has passed.
	checked atomic.Bool
}

// NewRegistry returns a registry without collections, for a Watcher to feed.
func NewRegistry() *Registry { return &Registry{changed: make(chan struct{}, 1)} }

// LoseAfter has what is known of a source count as lost when the API server has told nothing of
// it for so long, be it that nothing changed, which it does about once a minute. It is to be
// called before anything is read.
func (r *Registry) LoseAfter(patience time.Duration) { r.patience = patience }

// patient returns an error that wraps rollout.ErrLost for a feed that has been silent for too long.
func (r *Registry) patient(f *feed) error {
	if silent := time.Since(f.news.last()); r.patience > 0 && silent > r.patience {
		return fmt.Errorf("%s: %w for %s: want it to be heard of every %s", f.source, rollout.ErrLost, silent.Round(time.Second), r.patience)
	}
	return nil
}

// Static is all that there is for a registry that nothing feeds.
type Static struct {
	Objects []*unstructured.Unstructured
	// Absent are the resources that are not served, such as "clusters.fleet.cattle.io".
	Absent []string
	// Given, if not nil, tells of which sources all objects are given: of others nothing is known, and
	// whoever asks for them gets an *UngivenError.
	Given func(Source) bool
	// Missed, if not nil, is told of each source that is asked for and not given.
	Missed func(Source)
}

// NewStaticRegistry returns a registry whose collections hold what is given, from the
// start and for good.
func NewStaticRegistry(static Static) *Registry {
	registry := NewRegistry()
	registry.static = &static
	return registry
}

// Register adds a collection of a source's objects to the registry. T is a struct that
// names, by json tags from the object's root, the fields to keep. Who registers the same
// source and type without options gets the same collection.
func Register[T any](registry *Registry, source Source, options ...Option[T]) *Collection[T] {
	registry.mu.Lock()
	defer registry.mu.Unlock()
	for _, feed := range registry.feeds {
		if same, is := feed.plain.(*Collection[T]); is && len(options) == 0 && reflect.DeepEqual(feed.source, source) {
			feed.users++
			return same
		}
	}
	collection := newCollection(source, &registry.texts, options...)
	collection.registry, collection.users = registry, 1
	if len(options) == 0 {
		collection.plain = collection
	}
	registry.feeds = append(registry.feeds, &collection.feed)
	if registry.static != nil {
		collection.registry = nil // which is locked, and has nobody to tell
		registry.static.fill(&collection.feed)
	}
	registry.signal()
	return collection
}

// Unregister removes a collection, which then forgets its objects, unless somebody else has
// registered it, too.
func Unregister[T any](registry *Registry, collection *Collection[T]) {
	registry.mu.Lock()
	defer registry.mu.Unlock()
	if collection.users--; collection.users > 0 {
		return
	}
	registry.feeds = slices.DeleteFunc(registry.feeds, func(f *feed) bool { return f == &collection.feed })
	registry.signal()
}

func (r *Registry) signal() {
	select {
	case r.changed <- struct{}{}:
	default:
	}
}

func (r *Registry) list() []*feed {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Clone(r.feeds)
}

// Sources returns the sources of all collections, each once, sorted by group, resource and namespace.
func (r *Registry) Sources() []Source {
	feeds := r.list()
	sources := make([]Source, 0, len(feeds))
	for _, feed := range feeds {
		sources = append(sources, feed.source)
	}
	slices.SortFunc(sources, func(a, b Source) int {
		return cmp.Or(cmp.Compare(a.Group, b.Group), cmp.Compare(a.Resource, b.Resource), cmp.Compare(a.Namespace, b.Namespace))
	})
	return slices.CompactFunc(sources, func(a, b Source) bool { return a.String() == b.String() && a.Namespace == b.Namespace })
}

// Check is a readiness check: it returns an error until the API server has been asked what
// it serves, and each collection that it serves has been read or could not be. From then on
// it returns none: a resource that appears later is new to all replicas at once, and must not
// take them all out of service.
func (r *Registry) Check(*http.Request) error {
	if r.checked.Load() {
		return nil
	}
	for _, feed := range r.list() {
		if !feed.Settled() {
			return fmt.Errorf("%s: %w", feed.source, ErrNotSynced)
		}
	}
	r.checked.Store(true)
	return nil
}

func (s *Static) fill(feed *feed) {
	source := feed.source
	if slices.Contains(s.Absent, source.String()) {
		feed.enter(missing)
		return
	}
	if s.Given != nil && !s.Given(source) {
		feed.missed = s.Missed
		feed.enter(ungiven)
		return
	}
	var matching []any
	for _, object := range s.Objects {
		if source.Covers(object) {
			matching = append(matching, object)
		}
	}
	// A collection's store refuses nothing but what is not an object.
	_ = feed.store(func() error { return nil }).Replace(matching, "")
}
