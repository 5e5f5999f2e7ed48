// Package certificate gives the webhook its serving certificate.
package certificate

import (
	"context"
	"fmt"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	admissionregistrationv1 "k8s.io/api/admissionregistration/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/fields"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/kubernetes"
	toolscache "k8s.io/client-go/tools/cache"
	"k8s.io/client-go/util/workqueue"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/cache"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/controller"
	"sigs.k8s.io/controller-runtime/pkg/handler"
	"sigs.k8s.io/controller-runtime/pkg/manager"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"
	"sigs.k8s.io/controller-runtime/pkg/source"
)

// Self describes certificates that the webhook issues and rotates itself.
type Self struct {
	// Secret keeps the authorities and the certificate. Who issues creates it if it is gone.
	Secret types.NamespacedName
	// Held gets the certificate, now and whenever the Secret changes.
	Held *Held
	// Names are the DNS names and IP addresses of the certificate, the first of them its common name.
	Names []string
	// WebhookConfiguration is the ValidatingWebhookConfiguration that gets the authorities.
	WebhookConfiguration string
}

// AddToManager lets every replica follow the certificate. The channel is closed once one that is
// good for the names is held; until then, also while the API server is away, it waits.
// The Secret is not mounted, because that would lag behind by the kubelet's sync period, and need a
// kubelet.
func (s Self) AddToManager(mgr manager.Manager) (<-chan struct{}, error) {
	api, err := kubernetes.NewForConfig(mgr.GetConfig())
	if err != nil {
		return nil, fmt.Errorf("setting up the watch of Secret %s: %w", s.Secret, err)
	}
	ready := make(chan struct{})
	hold := func(object any) {
		secret, is := object.(*corev1.Secret)
		if !is {
			return
		}
		if err := s.Held.hold(secret); err != nil {
			mgr.GetLogger().Error(err, "reading the serving certificate")
		}
		select {
		case <-ready:
		default: // the informer calls one handler at a time
			if s.Held.Check(time.Now(), s.Names...) == nil {
				close(ready)
			}
		}
	}
	_, informer := toolscache.NewInformerWithOptions(toolscache.InformerOptions{
		ListerWatcher: toolscache.NewListWatchFromClient(api.CoreV1().RESTClient(), "secrets", s.Secret.Namespace,
			named(s.Secret.Name)),
		ObjectType: &corev1.Secret{},
		Transform:  servingOnly,
		Handler: toolscache.ResourceEventHandlerFuncs{
			AddFunc:    hold,
			UpdateFunc: func(_, object any) { hold(object) },
			DeleteFunc: func(any) {
				mgr.GetLogger().Info("the Secret of the certificate is gone: serving on with the certificate at hand", "secret", s.Secret.String())
			},
		},
	})
	return ready, mgr.Add(everywhere(func(ctx context.Context) error {
		informer.RunWithContext(ctx)
		return nil
	}))
}

// servingOnly leaves out the key of the authority, which a replica need not know: whoever has it can be any of them.
func servingOnly(object any) (any, error) {
	if secret, is := object.(*corev1.Secret); is {
		delete(secret.Data, authorityKeyFile)
		secret.ManagedFields = nil
	}
	return object, nil
}

// named selects one object by its name, which is all that the rights are for.
func named(name string) fields.Selector {
	return fields.OneTermEqualSelector(metav1.ObjectNameField, name)
}

// everywhere is what every replica runs, not the leader alone.
type everywhere func(ctx context.Context) error

// Start implements manager.Runnable.
func (e everywhere) Start(ctx context.Context) error { return e(ctx) }

// NeedLeaderElection implements manager.LeaderElectionRunnable.
func (everywhere) NeedLeaderElection() bool { return false }

// Made returns the counter of certificate authorities by why they were made. The error is the
// registry's.
func Made(registerer prometheus.Registerer) (*prometheus.CounterVec, error) {
	made := prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "seawall_certificate_authorities_made_total",
		Help: "Certificate authorities that this replica has made, by why: First, Expiring, or Lost when the Secret had gone.",
	}, []string{"reason"})
	for _, why := range []string{First, Lost, Expiring} {
		made.WithLabelValues(why)
	}
	return made, registerer.Register(made)
}

// Issue lets a replica issue and rotate. It watches no more than that the two objects change.
func (s Self) Issue(mgr manager.Manager, made *prometheus.CounterVec) error {
	secret := &metav1.PartialObjectMetadata{TypeMeta: metav1.TypeMeta{APIVersion: "v1", Kind: "Secret"}}
	hooks := &admissionregistrationv1.ValidatingWebhookConfiguration{}
	changes, err := cache.New(mgr.GetConfig(), cache.Options{
		Scheme: mgr.GetScheme(), Mapper: watched(), ByObject: map[client.Object]cache.ByObject{
			secret: {Namespaces: map[string]cache.Config{s.Secret.Namespace: {}}, Field: named(s.Secret.Name)},
			hooks:  {Field: named(s.WebhookConfiguration)},
		},
	})
	if err != nil {
		return fmt.Errorf("setting up the certificate: %w", err)
	}
	if err := mgr.Add(changes); err != nil {
		return err
	}
	issuing := &issuer{
		self: s, client: mgr.GetClient(), reader: mgr.GetAPIReader(), log: mgr.GetLogger().WithName("certificate"), made: made, told: time.Now(),
	}
	always := []reconcile.Request{{NamespacedName: s.Secret}}
	request := handler.EnqueueRequestsFromMapFunc(func(context.Context, client.Object) []reconcile.Request { return always })
	return ctrl.NewControllerManagedBy(mgr).Named("certificate").
		WithOptions(controller.Options{NeedLeaderElection: new(false)}).
		WatchesRawSource(source.Kind[client.Object](changes, secret, request)).
		WatchesRawSource(source.Kind[client.Object](changes, hooks, request)).
		WatchesRawSource(atStart(always[0])).
		Complete(issuing)
}

// watched knows what is watched here without asking the API server, which may be away at the start.
func watched() meta.RESTMapper {
	mapper := meta.NewDefaultRESTMapper(nil)
	mapper.Add(corev1.SchemeGroupVersion.WithKind("Secret"), meta.RESTScopeNamespace)
	mapper.Add(admissionregistrationv1.SchemeGroupVersion.WithKind("ValidatingWebhookConfiguration"), meta.RESTScopeRoot)
	return mapper
}

// atStart asks once, as what is watched may not be there yet.
func atStart(request reconcile.Request) source.Source {
	return source.Func(func(_ context.Context, queue workqueue.TypedRateLimitingInterface[reconcile.Request]) error {
		queue.Add(request)
		return nil
	})
}
