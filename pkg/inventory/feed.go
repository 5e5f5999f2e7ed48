package inventory

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	toolscache "k8s.io/client-go/tools/cache"
)

// ErrNotSynced says that objects have not been read yet.
var ErrNotSynced = errors.New("the inventory has not been read yet")

// phase says how far a collection is.
type phase int

const (
	// unknown: the API server has not been asked yet.
	unknown phase = iota
	// missing: the API server does not serve the resource.
	missing
	// reading: the first list is under way, or has failed for the cause.
	reading
	// current: the objects are those of the API server.
	current
	// ungiven: there is no API server, and nobody else has said what the objects are.
	ungiven
)

// feed is a collection whatever its type: how far it is, and what a Watcher writes to.
type feed struct {
	source Source
	// registry has the observers; nil if there are none to come.
	registry *Registry
	// plain is the collection if it has no options, and users are those who registered it.
	plain any
	users int
	// forget drops all objects; the caller holds the lock.
	forget func()
	// size returns the number of objects; the caller holds the lock.
	size func() int
	// store returns what a reflector writes to until it has ended, which is an error then.
	store func(ended func() error) toolscache.ReflectorStore
	// show, if not nil, returns what a snapshot holds of an object beside what it is called.
	show func(object *unstructured.Unstructured) map[string]any
	// missed, if not nil, is told that somebody asks for what is not given.
	missed func(Source)

	news news
	// version counts the changes of objects.
	version atomic.Uint64

	mu    sync.RWMutex
	phase phase
	cause error
	// followers note which objects change.
	followers []*Changes
}

// ready returns why the collection cannot answer; the caller holds the lock.
func (f *feed) ready() error {
	switch {
	case f.phase == current && f.registry != nil:
		return f.registry.patient(f)
	case f.phase == current:
		return nil
	case f.phase == missing:
		return absent(f.source)
	case f.phase == ungiven:
		if f.missed != nil {
			f.missed(f.source)
		}
		return notGiven(f.source)
	case f.cause != nil:
		return fmt.Errorf("%s: %w: %w", f.source, ErrNotSynced, f.cause)
	default:
		return fmt.Errorf("%s: %w", f.source, ErrNotSynced)
	}
}

// enter moves the collection to a phase in which it has no objects.
func (f *feed) enter(next phase) {
	f.mu.Lock()
	f.phase, f.cause = next, nil
	f.forget()
	f.mu.Unlock()
	f.tell("", "")
}

// fail notes why a first list does not come, as long as the context lasts.
func (f *feed) fail(reflecting context.Context, cause error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	// A watch that is interrupted leaves the objects as they were.
	if f.phase == reading && reflecting.Err() == nil {
		f.cause = cause
	}
}

// Settled tells whether it is known what the objects are, or why they cannot be.
func (f *feed) Settled() bool {
	phase, cause := f.state()
	return phase == current || phase == missing || cause != nil
}

// Heard returns when the API server last told something of the objects, be it that nothing has changed;
// the zero value if it never has.
func (f *feed) Heard() time.Time { return f.news.last() }

// Source returns what is read.
func (f *feed) Source() Source { return f.source }

func (f *feed) state() (phase, error) {
	f.mu.RLock()
	defer f.mu.RUnlock()
	return f.phase, f.cause
}
