package inventory

import (
	"cmp"
	"context"
	"fmt"
	"net/http"
	"slices"
	"sync"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	toolscache "k8s.io/client-go/tools/cache"
)

// Registry holds the collections that the kinds of rollout read. It may be used by several
// goroutines at once; collections can be added and removed while a Watcher feeds it.
type Registry struct {
	mu    sync.Mutex
	feeds []feed
	// static, if not nil, is all that there is.
	static *Static
	// changed tells the Watcher to look again; it holds one signal.
	changed chan struct{}
}

// feed is a collection whatever its type.
type feed interface {
	describe() Source
	state() (phase, error)
	enter(next phase)
	// fail notes why a first list does not come, as long as the context lasts.
	fail(reflecting context.Context, cause error)
	// store returns what a reflector writes to until the context ends.
	store(reflecting context.Context) toolscache.ReflectorStore
}

func (c *Collection[T]) describe() Source { return c.source }

func (c *Collection[T]) store(reflecting context.Context) toolscache.ReflectorStore {
	return store[T]{c, reflecting}
}

// NewRegistry returns a registry without collections, for a Watcher to feed.
func NewRegistry() *Registry { return &Registry{changed: make(chan struct{}, 1)} }

// Static is all that there is for a registry that nothing feeds.
type Static struct {
	Objects []*unstructured.Unstructured
	// Absent are the resources that are not served, such as "clusters.fleet.cattle.io".
	Absent []string
}

// NewStaticRegistry returns a registry whose collections hold what is given, from the
// start and for good.
func NewStaticRegistry(static Static) *Registry {
	registry := NewRegistry()
	registry.static = &static
	return registry
}

// Register adds a collection of a source's objects to the registry. T is a struct that
// names, by json tags from the object's root, the fields to keep.
func Register[T any](registry *Registry, source Source) *Collection[T] {
	collection := &Collection[T]{source: source}
	registry.mu.Lock()
	defer registry.mu.Unlock()
	registry.feeds = append(registry.feeds, collection)
	if registry.static != nil {
		registry.static.fill(collection.source, collection)
	}
	registry.signal()
	return collection
}

// Unregister removes a collection, which then forgets its objects.
func Unregister[T any](registry *Registry, collection *Collection[T]) {
	registry.mu.Lock()
	defer registry.mu.Unlock()
	registry.feeds = slices.DeleteFunc(registry.feeds, func(f feed) bool { return f == feed(collection) })
	registry.signal()
}

func (r *Registry) signal() {
	select {
	case r.changed <- struct{}{}:
	default:
	}
}

func (r *Registry) list() []feed {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Clone(r.feeds)
}

// Sources returns the sources of all collections, each once, sorted by group and resource.
func (r *Registry) Sources() []Source {
	var sources []Source
	for _, feed := range r.list() {
		sources = append(sources, feed.describe())
	}
	slices.SortFunc(sources, func(a, b Source) int {
		return cmp.Or(cmp.Compare(a.Group, b.Group), cmp.Compare(a.Resource, b.Resource))
	})
	return slices.CompactFunc(sources, func(a, b Source) bool { return a.String() == b.String() })
}

// Check is a readiness check: it returns an error until the API server has been asked what
// it serves, and each collection that it serves has been read or could not be.
func (r *Registry) Check(*http.Request) error {
	for _, feed := range r.list() {
		if phase, cause := feed.state(); phase == unknown || phase == reading && cause == nil {
			return fmt.Errorf("%s: %w", feed.describe(), ErrNotSynced)
		}
	}
	return nil
}

func (s *Static) fill(source Source, feed feed) {
	if slices.Contains(s.Absent, source.String()) {
		feed.enter(missing)
		return
	}
	var matching []any
	for _, object := range s.Objects {
		kind := object.GroupVersionKind()
		if kind.Group == source.Group && kind.Kind == source.Kind && slices.Contains(source.Versions, kind.Version) {
			matching = append(matching, object)
		}
	}
	// A collection's store refuses nothing but what is not an object.
	_ = feed.store(context.Background()).Replace(matching, "")
}
