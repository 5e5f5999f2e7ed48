package recount

import (
	"context"
	"hash/fnv"
	"reflect"
	"time"

	"github.com/go-logr/logr"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/util/workqueue"
	"k8s.io/utils/clock"
	"sigs.k8s.io/controller-runtime/pkg/builder"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/controller"
	"sigs.k8s.io/controller-runtime/pkg/event"
	"sigs.k8s.io/controller-runtime/pkg/handler"
	"sigs.k8s.io/controller-runtime/pkg/manager"
	"sigs.k8s.io/controller-runtime/pkg/predicate"
	"sigs.k8s.io/controller-runtime/pkg/source"

	"github.com/seawall-dev/seawall/pkg/apis/v1alpha1"
	"github.com/seawall-dev/seawall/pkg/inventory"
	"github.com/seawall-dev/seawall/pkg/rollout"
)

// Pauses between the tries of what failed.
const (
	firstRetry = time.Second
	lastRetry  = 5 * time.Minute
)

// SetupWithManager lets the manager's leader run the re-count. It returns what is to be
// called when environments have changed.
func (r *Recounter) SetupWithManager(mgr manager.Manager) (changed func(), err error) {
	signal := make(chan struct{}, 1)
	changed = func() {
		select {
		case signal <- struct{}{}:
		default: // one is enough
		}
	}
	follower, err := newFollower(mgr)
	if err != nil {
		return nil, err
	}
	r.begin(clock.RealClock{})
	return changed, builder.TypedControllerManagedBy[Item](mgr).
		Named("recount").
		WatchesRawSource(source.TypedFunc[Item](func(ctx context.Context, queue workqueue.TypedRateLimitingInterface[Item]) error {
			r.queue = queue
			go r.follow(ctx, follower, signal)
			return nil
		})).
		WatchesRawSource(source.TypedKind(mgr.GetCache(), &v1alpha1.WavePolicy{}, always[*v1alpha1.WavePolicy](changed),
			predicate.TypedGenerationChangedPredicate[*v1alpha1.WavePolicy]{})).
		WatchesRawSource(source.TypedKind(mgr.GetCache(), &v1alpha1.RolloutKind{}, always[*v1alpha1.RolloutKind](changed),
			predicate.TypedGenerationChangedPredicate[*v1alpha1.RolloutKind]{})).
		WatchesRawSource(source.TypedKind(mgr.GetCache(), &v1alpha1.WaveOverride{}, always[*v1alpha1.WaveOverride](changed),
			predicate.TypedGenerationChangedPredicate[*v1alpha1.WaveOverride]{})).
		WithOptions(controller.TypedOptions[Item]{
			MaxConcurrentReconciles: 1,
			RateLimiter:             workqueue.NewTypedItemExponentialFailureRateLimiter[Item](firstRetry, lastRetry),
		}).
		Complete(r)
}

type queueOf = workqueue.TypedRateLimitingInterface[Item]

// always calls changed at every event.
func always[T client.Object](changed func()) handler.TypedEventHandler[T, Item] {
	return handler.TypedFuncs[T, Item]{
		CreateFunc: func(context.Context, event.TypedCreateEvent[T], queueOf) { changed() },
		UpdateFunc: func(context.Context, event.TypedUpdateEvent[T], queueOf) { changed() },
		DeleteFunc: func(context.Context, event.TypedDeleteEvent[T], queueOf) { changed() },
	}
}

// follow queues what is to be judged again until ctx ends.
func (r *Recounter) follow(ctx context.Context, follower *follower, signal <-chan struct{}) {
	follower.registry.Observe(func(source inventory.Source, namespace, name string) {
		kind := schema.GroupKind{Group: source.Group, Kind: source.Kind}
		if name == "" {
			r.queue.AddAfter(Item{Kind: kind}, r.pause(kind))
			return
		}
		r.queue.AddAfter(Item{types.NamespacedName{Namespace: namespace, Name: name}, kind}, settling)
	})
	go func() { _ = follower.watcher.Start(ctx) }() // its only end is that of ctx
	for {
		for _, gone := range follower.follow(atRest(r.Kinds)) {
			r.queue.Add(Item{Kind: gone})
		}
		r.enqueue()
		select {
		case <-ctx.Done():
			return
		case <-signal:
		}
	}
}

// follower watches the metadata of rollouts, to learn which have been written. Of each it
// keeps the name, the labels and two numbers.
type follower struct {
	registry *inventory.Registry
	watcher  *inventory.Watcher
	followed map[schema.GroupKind]followed
}

type followed struct {
	source     inventory.Source
	collection *inventory.Collection[trace]
}

// trace tells whether a rollout has been written; a write of its status is none where the
// status is a subresource.
type trace struct {
	Metadata struct {
		Generation  int64  `json:"generation"`
		Annotations digest `json:"annotations"`
	} `json:"metadata"`
}

// digest stands for a JSON value.
type digest uint64

// UnmarshalJSON implements json.Unmarshaler.
func (d *digest) UnmarshalJSON(value []byte) error {
	hash := fnv.New64a()
	_, _ = hash.Write(value) // never fails
	*d = digest(hash.Sum64())
	return nil
}

func newFollower(mgr manager.Manager) (*follower, error) {
	registry := inventory.NewRegistry()
	// What is not served, and what cannot be read, others say already.
	watcher, err := inventory.NewWatcher(registry, mgr.GetConfig(), logr.Discard())
	return &follower{registry: registry, watcher: watcher, followed: map[schema.GroupKind]followed{}}, err
}

// follow makes the kinds those that are watched, and returns which no longer are.
func (f *follower) follow(kinds []rollout.Kind) (gone []schema.GroupKind) {
	wanted := map[schema.GroupKind]bool{}
	for _, kind := range kinds {
		wanted[kind.GroupKind()] = true
		watched := inventory.Source{
			Group: kind.Group, Versions: kind.Versions, Resource: kind.Resource, Kind: kind.Name, MetadataOnly: true,
		}
		before, follows := f.followed[kind.GroupKind()]
		if follows && reflect.DeepEqual(before.source, watched) {
			continue
		}
		if follows {
			inventory.Unregister(f.registry, before.collection)
		}
		f.followed[kind.GroupKind()] = followed{watched, inventory.Register[trace](f.registry, watched)}
	}
	for kind, watched := range f.followed {
		if !wanted[kind] {
			inventory.Unregister(f.registry, watched.collection)
			delete(f.followed, kind)
			gone = append(gone, kind)
		}
	}
	return gone
}
