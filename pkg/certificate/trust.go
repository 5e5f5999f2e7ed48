package certificate

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/go-logr/logr"
	admissionregistrationv1 "k8s.io/api/admissionregistration/v1"
	"k8s.io/apimachinery/pkg/types"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/cache"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/controller"
	"sigs.k8s.io/controller-runtime/pkg/handler"
	"sigs.k8s.io/controller-runtime/pkg/manager"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"
	"sigs.k8s.io/controller-runtime/pkg/source"
)

// Trust looks after whom the API server trusts to be Seawall, in every replica: that it trusts the one who has
// signed this replica's certificate before the replica shows it, and goes on to trust those before, whose
// certificates other replicas have.
type Trust struct {
	// WebhookConfiguration is the ValidatingWebhookConfiguration that says it.
	WebhookConfiguration string
	// Held is the certificate of this replica.
	Held *Held
	// Mounted is where the certificate comes from; the zero value where it is issued.
	Mounted Mounted

	client client.Client
	reader client.Reader
	log    logr.Logger
	pace   pace
	// said is the last error about what is mounted.
	said string

	lock sync.Mutex
	// known is as the API server was last known to trust; nil if that was never read.
	known *hooks
	// tells says that the API server is told of authorities by this replica.
	tells bool
	// failed is when the API server, which trusted somebody, did not trust the certificate; distrusted when it did not
	// trust the next one.
	failed, distrusted time.Time
}

// AddToManager lets this replica follow whom the API server trusts.
func (t *Trust) AddToManager(mgr manager.Manager) error {
	changes, err := cache.New(mgr.GetConfig(), cache.Options{
		Scheme: mgr.GetScheme(), Mapper: watched(), ByObject: map[client.Object]cache.ByObject{
			&admissionregistrationv1.ValidatingWebhookConfiguration{}: {Field: named(t.WebhookConfiguration)},
		},
	})
	if err != nil {
		return fmt.Errorf("setting up whom the API server trusts: %w", err)
	}
	if err := mgr.Add(changes); err != nil {
		return err
	}
	t.client, t.reader, t.log = mgr.GetClient(), changes, mgr.GetLogger().WithName("trust")
	always := reconcile.Request{NamespacedName: types.NamespacedName{Name: t.WebhookConfiguration}}
	request := handler.EnqueueRequestsFromMapFunc(func(context.Context, client.Object) []reconcile.Request {
		return []reconcile.Request{always}
	})
	return ctrl.NewControllerManagedBy(mgr).Named("trust").
		WithOptions(controller.Options{NeedLeaderElection: new(false)}).
		WatchesRawSource(source.Kind[client.Object](changes, &admissionregistrationv1.ValidatingWebhookConfiguration{}, request)).
		WatchesRawSource(atStart(always)).
		Complete(t)
}

// Reconcile tells the API server of the authorities of this replica, if it has to be told.
func (t *Trust) Reconcile(ctx context.Context, _ reconcile.Request) (reconcile.Result, error) {
	read, err := readHooks(ctx, t.reader, t.WebhookConfiguration)
	if err != nil {
		return reconcile.Result{}, err
	}
	t.lock.Lock()
	t.known = read
	t.lock.Unlock()
	if t.Mounted.Directory == "" {
		return reconcile.Result{}, nil
	}
	now := time.Now()
	if wait := t.pace.wait(now); wait > 0 {
		return after(wait, nil)
	}
	changed, err := t.tell(ctx, read, now)
	switch {
	case isMoved(err):
		return after(soon, nil)
	case err != nil:
		return reconcile.Result{}, err
	case changed:
		t.pace.last = now
		t.log.Info("told the API server whom to trust", "validatingwebhookconfiguration", t.WebhookConfiguration)
	}
	t.say(t.exchange(now))
	return after(rereadPeriod, nil) // the files may change
}

// tell tells the API server of the authorities that are mounted.
func (t *Trust) tell(ctx context.Context, read *hooks, now time.Time) (changed bool, err error) {
	authorities, err := t.Mounted.authorities()
	if err != nil {
		t.say(err)
		return false, nil
	}
	changed, err = read.trust(ctx, t.client, func(bundle []byte) []*x509.Certificate { return beside(bundle, authorities, now) })
	t.lock.Lock()
	defer t.lock.Unlock()
	t.tells = len(authorities) > 0
	if changed && read.someTrusted() {
		t.failed = now
	}
	return changed, err
}

// exchange shows the certificate that is mounted: the first one at once, another one when the API server trusts it, or
// when the one at hand is over.
func (t *Trust) exchange(now time.Time) error {
	pair, err := t.Mounted.certificate()
	if err != nil {
		return err
	}
	held, none := t.Held.Certificate()
	if none == nil && slices.EqualFunc(held.Certificate, pair.Certificate, bytes.Equal) {
		return nil
	}
	t.lock.Lock()
	defer t.lock.Unlock()
	if none == nil && now.Before(held.Leaf.NotAfter) {
		if err := t.verify(pair, now); err != nil {
			t.distrusted = now
			return fmt.Errorf("another certificate is mounted, which the API server does not trust: serving on with the one at hand: %w", err)
		}
		if now.Sub(t.distrusted) < settled {
			return nil
		}
	}
	t.Held.pair.Store(pair)
	t.log.Info("serving with the certificate that is mounted", "notAfter", pair.Leaf.NotAfter.UTC().Format(time.RFC3339))
	return nil
}

// say logs an error once.
func (t *Trust) say(err error) {
	said := ""
	if err != nil {
		said = err.Error()
	}
	if said != t.said && said != "" {
		t.log.Error(err, "reading the certificate that is mounted")
	}
	t.said = said
}

// beside returns authorities and those of a bundle; none if the bundle has all already.
func beside(bundle []byte, authorities []*x509.Certificate, now time.Time) []*x509.Certificate {
	if !lacks(bundle, authorities) {
		return nil
	}
	all := slices.Clone(authorities)
	for _, one := range authoritiesOf(bundle) {
		if !slices.ContainsFunc(all, one.Equal) && !now.After(one.NotAfter) && len(all) < len(authorities)+mostFormer {
			all = append(all, one)
		}
	}
	return all
}

// Check returns an error unless the API server trusts the certificate of this replica, and has had the time to hear of
// that. Where it trusts nobody in particular, nobody can tell here whom it trusts.
func (t *Trust) Check(now time.Time) error {
	t.lock.Lock()
	defer t.lock.Unlock()
	if t.known == nil {
		return errors.New("whom the API server trusts has not been read yet")
	}
	pair, err := t.Held.Certificate()
	if err != nil {
		return err
	}
	if err := t.verify(pair, now); err != nil {
		if t.known.someTrusted() {
			t.failed = now
		}
		return fmt.Errorf("the API server does not trust the serving certificate, by the caBundle in ValidatingWebhookConfiguration %s: %w",
			t.WebhookConfiguration, err)
	}
	if now.Sub(t.failed) < settled {
		return fmt.Errorf("the API server has been told of the authority of the serving certificate less than %s ago", settled)
	}
	return nil
}

// verify returns an error unless each webhook trusts a certificate. One that trusts nobody in particular trusts
// whom every system does.
func (t *Trust) verify(pair *tls.Certificate, now time.Time) error {
	between := x509.NewCertPool()
	for _, der := range pair.Certificate[1:] {
		if one, err := x509.ParseCertificate(der); err == nil {
			between.AddCert(one)
		}
	}
	for _, bundle := range t.known.bundles() {
		if len(bundle) == 0 && t.Mounted.Directory != "" && !t.tells {
			continue
		}
		roots := x509.NewCertPool()
		roots.AppendCertsFromPEM(bundle)
		if _, err := pair.Leaf.Verify(x509.VerifyOptions{Roots: roots, Intermediates: between, CurrentTime: now}); err != nil {
			return err
		}
	}
	return nil
}
