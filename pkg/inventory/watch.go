package inventory

import (
	"context"
	"fmt"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/fields"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/runtime"
	toolscache "k8s.io/client-go/tools/cache"
	"sigs.k8s.io/controller-runtime/pkg/cache"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

// Informers hands out the informers of a cache; cache.Cache is one.
type Informers interface {
	GetInformer(ctx context.Context, object client.Object, options ...cache.InformerGetOption) (cache.Informer, error)
}

// CacheOptions returns what the manager's cache must hold for Watch, and no more than
// that: nothing else can be read through the same cache of Secrets and ConfigMaps.
// Credentials are removed before an object is stored.
func (a *ArgoCD) CacheOptions() map[client.Object]cache.ByObject {
	here := map[string]cache.Config{a.namespace: {}}
	return map[client.Object]cache.ByObject{
		&corev1.Secret{}: {
			Namespaces: here,
			Label:      labels.SelectorFromSet(labels.Set{secretTypeLabel: secretTypeCluster}),
			Transform:  strip,
		},
		&corev1.ConfigMap{}: {
			Namespaces: here,
			Field:      fields.OneTermEqualSelector("metadata.name", paramsName),
		},
	}
}

// NewInformer makes the informers of a cache, whose Options.NewInformer it is meant for:
// States then tells when the API server was last heard of.
func (a *ArgoCD) NewInformer(
	source toolscache.ListerWatcher, object runtime.Object, resync time.Duration, indexers toolscache.Indexers,
) toolscache.SharedIndexInformer {
	if _, isSecret := object.(*corev1.Secret); isSecret {
		source = a.news.heard(source)
	}
	return toolscache.NewSharedIndexInformer(source, object, resync, indexers)
}

// Watch keeps the inventory up to date from the informers of a cache that was made with
// CacheOptions, such as the manager's GetCache(). It does not wait: the inventory is
// synced some time after the cache has started.
func (a *ArgoCD) Watch(ctx context.Context, informers Informers) error {
	var registrations []toolscache.ResourceEventHandlerRegistration
	for object, handler := range a.handlers() {
		informer, err := informers.GetInformer(ctx, object, cache.BlockUntilSynced(false))
		if err != nil {
			return fmt.Errorf("watching the inventory of Argo CD's clusters: %w", err)
		}
		registration, err := informer.AddEventHandler(handler)
		if err != nil {
			return fmt.Errorf("watching the inventory of Argo CD's clusters: %w", err)
		}
		registrations = append(registrations, registration)
	}
	a.registrations.Store(&registrations)
	return nil
}

func (a *ArgoCD) handlers() map[client.Object]toolscache.ResourceEventHandler {
	params := toolscache.ObjectName{Namespace: a.namespace, Name: paramsName}
	return map[client.Object]toolscache.ResourceEventHandler{
		&corev1.Secret{}: handler(a.Put, func(name toolscache.ObjectName) {
			if a.covers(name.Namespace) {
				a.Remove(name.Name)
			}
		}),
		&corev1.ConfigMap{}: handler(func(configMap *corev1.ConfigMap) {
			if toolscache.MetaObjectToName(configMap) == params {
				a.configure(configMap)
			}
		}, func(name toolscache.ObjectName) {
			if name == params {
				a.configure(&corev1.ConfigMap{})
			}
		}),
	}
}

// configure takes the settings of the controller from its ConfigMap.
func (a *ArgoCD) configure(params *corev1.ConfigMap) {
	policy, progressive := syncPolicyOf(params), progressiveSyncs(params)
	before := a.policy.Swap(&policy)
	if a.progressive.Swap(progressive) != progressive || before == nil || *before != policy {
		a.tell()
	}
}

// handler returns an event handler that puts what is there and removes what is gone. An
// object that was deleted while the watch was interrupted is known by its name only.
func handler[O client.Object](put func(O), remove func(toolscache.ObjectName)) toolscache.ResourceEventHandler {
	changed := func(object any) {
		if object, ok := object.(O); ok {
			put(object)
		}
	}
	return toolscache.ResourceEventHandlerFuncs{
		AddFunc:    changed,
		UpdateFunc: func(_, object any) { changed(object) },
		DeleteFunc: func(object any) {
			if name, err := toolscache.DeletionHandlingObjectToName(object); err == nil {
				remove(name)
			}
		},
	}
}
