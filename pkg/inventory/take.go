package inventory

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	"github.com/go-logr/logr"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/fields"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/pager"
)

// Taken is what the sources of a registry held at one time.
type Taken struct {
	// Objects are cut to what is read of them, and sorted by group, kind, namespace and name.
	Objects []*unstructured.Unstructured
	// Sources are those that were asked, in the order of Registry.Sources.
	Sources []TakenSource
}

// TakenSource says what became of a source.
type TakenSource struct {
	Source

	// Served says whether the API server has the resource.
	Served bool
	// Objects is how many there are.
	Objects int
	// Err says why they could not be listed, such as that it is forbidden.
	Err error
}

// Take lists, once, what the collections of a registry would hold of an API server. Nothing of the
// collections changes. What of Secrets is not read is overwritten as it arrives. The error says that
// the API server cannot be asked at all; one source that cannot be listed says so itself.
func Take(ctx context.Context, registry *Registry, config *rest.Config) (Taken, error) {
	return TakeOnly(ctx, registry, config, func(Source) bool { return true })
}

// TakeOnly takes what the sources that are wanted hold, and asks no other.
func TakeOnly(ctx context.Context, registry *Registry, config *rest.Config, wanted func(Source) bool) (Taken, error) {
	watcher, err := NewWatcher(registry, config, logr.Discard())
	if err != nil {
		return Taken{}, err
	}
	served, failed, err := watcher.ask(ctx)
	if err != nil {
		return Taken{}, fmt.Errorf("asking the API server what it serves: %w", err)
	}
	found := map[string]*unstructured.Unstructured{}
	var taken Taken
	for _, feed := range registry.list() {
		if !wanted(feed.source) {
			continue
		}
		of := TakenSource{Source: feed.source}
		gvr, is := feed.source.served(served)
		switch {
		case is:
			of.Served = true
			of.Objects, of.Err = watcher.take(ctx, feed, gvr, found)
		case failed[feed.source.Group]:
			of.Served, of.Err = true, errUnreachable
		}
		taken.Sources = append(taken.Sources, of)
	}
	taken.sort(found)
	return taken, ctx.Err()
}

// sort brings sources and objects into their order, and sources together that several collections have.
func (t *Taken) sort(found map[string]*unstructured.Unstructured) {
	for _, object := range found {
		t.Objects = append(t.Objects, object)
	}
	slices.SortFunc(t.Objects, func(a, b *unstructured.Unstructured) int {
		return cmp.Or(cmp.Compare(a.GetAPIVersion(), b.GetAPIVersion()), cmp.Compare(a.GetKind(), b.GetKind()),
			cmp.Compare(a.GetNamespace(), b.GetNamespace()), cmp.Compare(a.GetName(), b.GetName()))
	})
	order := func(a, b TakenSource) int {
		return cmp.Or(cmp.Compare(a.Group, b.Group), cmp.Compare(a.Resource, b.Resource), cmp.Compare(a.Namespace, b.Namespace),
			cmp.Compare(a.Name, b.Name), cmp.Compare(a.Label, b.Label))
	}
	slices.SortStableFunc(t.Sources, order)
	t.Sources = slices.CompactFunc(t.Sources, func(a, b TakenSource) bool { return order(a, b) == 0 })
}

// take adds what is shown of the objects of a collection, and returns how many there are.
func (w *Watcher) take(
	ctx context.Context, feed *feed, gvr schema.GroupVersionResource, found map[string]*unstructured.Unstructured,
) (int, error) {
	list := w.lister(feed, gvr)
	count := 0
	err := pager.New(func(ctx context.Context, options metav1.ListOptions) (runtime.Object, error) {
		options.LabelSelector = feed.source.Label
		if feed.source.Name != "" {
			options.FieldSelector = fields.OneTermEqualSelector(metav1.ObjectNameField, feed.source.Name).String()
		}
		return list(ctx, options)
	}).EachListItem(ctx, metav1.ListOptions{}, func(item runtime.Object) error {
		object, err := asObject(item)
		if err != nil {
			return err
		}
		count++
		shown := feed.shown(object, gvr.GroupVersion().String())
		key := fmt.Sprint(gvr, object.GetNamespace(), "/", object.GetName())
		if before, is := found[key]; is {
			merge(before.Object, shown.Object)
			return nil
		}
		found[key] = shown
		return nil
	})
	return count, err
}

func (w *Watcher) lister(feed *feed, gvr schema.GroupVersionResource) call[runtime.Object] {
	if feed.source.MetadataOnly {
		objects := w.metadata.Resource(gvr).Namespace(feed.source.Namespace)
		return func(ctx context.Context, options metav1.ListOptions) (runtime.Object, error) {
			return objects.List(ctx, options)
		}
	}
	client := w.dynamic
	if feed.source.Data != nil {
		client = w.blanked(feed.source.Data)
	}
	objects := client.Resource(gvr).Namespace(feed.source.Namespace)
	return func(ctx context.Context, options metav1.ListOptions) (runtime.Object, error) {
		return objects.List(ctx, options)
	}
}

func asObject(item runtime.Object) (*unstructured.Unstructured, error) {
	if object, is := item.(*unstructured.Unstructured); is {
		return object, nil
	}
	if _, err := meta.Accessor(item); err != nil {
		return nil, err
	}
	content, err := runtime.DefaultUnstructuredConverter.ToUnstructured(item)
	return &unstructured.Unstructured{Object: content}, err
}

// Cut returns what a snapshot of a registry would hold of objects, those of its sources.
func Cut(registry *Registry, objects []*unstructured.Unstructured) []*unstructured.Unstructured {
	found := map[string]*unstructured.Unstructured{}
	for _, feed := range registry.list() {
		for _, object := range objects {
			if !feed.source.Covers(object) {
				continue
			}
			shown := feed.shown(object, object.GetAPIVersion())
			key := fmt.Sprint(object.GroupVersionKind(), object.GetNamespace(), "/", object.GetName())
			if before, is := found[key]; is {
				merge(before.Object, shown.Object)
				continue
			}
			found[key] = shown
		}
	}
	var taken Taken
	taken.sort(found)
	return taken.Objects
}
