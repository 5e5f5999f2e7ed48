package certificate

import (
	"bytes"
	"context"
	"crypto/x509"
	"fmt"
	"maps"
	"time"

	"github.com/go-logr/logr"
	"github.com/prometheus/client_golang/prometheus"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/util/keyutil"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"
)

// Why an authority is made, as logs and metrics spell it.
const (
	// First: the API server trusts none that the webhook has made.
	First = "First"
	// Lost: the Secret, or the key in it, is gone, while the API server trusts its authority.
	Lost = "Lost"
	// Expiring: the last one would not outlive a serving certificate.
	Expiring = "Expiring"
)

const (
	checkEvery = time.Hour
	// soon is when the next step is taken, and settled how long an API server may take to hear of
	// the authority that it has to trust.
	soon    = 10 * time.Millisecond
	settled = 10 * time.Second
)

// issuer makes authorities and serving certificates. Every replica runs one, as whoever leads may be one that has its
// certificate from elsewhere; who writes first wins. Nothing is signed by an authority before the API server has been
// told to trust that, and what it trusted before it goes on to trust until all replicas have changed over: no call
// fails in between, even if the Secret was deleted.
type issuer struct {
	self   Self
	client client.Client
	reader client.Reader
	log    logr.Logger
	// made counts authorities by why.
	made *prometheus.CounterVec
	// known is whom the API server was last known to trust, and told when it was told.
	known []byte
	told  time.Time
	pace  pace
}

// Reconcile takes the next step, if one is due.
func (i *issuer) Reconcile(ctx context.Context, _ reconcile.Request) (reconcile.Result, error) {
	now := time.Now()
	if wait := i.pace.wait(now); wait > 0 {
		return after(wait, nil)
	}
	wait, err := i.step(ctx, now)
	if isMoved(err) {
		return after(soon, nil)
	}
	return after(wait, err)
}

// step takes the next step, and returns when to take the one after that.
func (i *issuer) step(ctx context.Context, now time.Time) (time.Duration, error) {
	secret, err := i.secret(ctx)
	if err != nil {
		return 0, err
	}
	hooks, err := readHooks(ctx, i.reader, i.self.WebhookConfiguration)
	if err != nil {
		return 0, err
	}
	kept := read(secret.Data)
	if why := kept.lacksAuthority(now); why != "" {
		return soon, i.replace(ctx, secret, &kept, hooks.bundles(), why, now)
	}
	if kept.adopt(now, hooks.bundles()...) {
		return soon, i.adopt(ctx, secret, &kept)
	}
	served := kept.isServed(i.self.Names, now)
	if served && len(kept.former) > 0 && kept.isOver(now) {
		return soon, i.forget(ctx, secret, hooks, &kept)
	}
	if changed, err := i.trust(ctx, hooks, &kept, now); changed || err != nil {
		return soon, err
	}
	if served {
		return checkEvery, nil
	}
	if wait := i.told.Add(settled).Sub(now); wait > 0 {
		return wait, nil
	}
	return soon, i.issue(ctx, secret, &kept, now)
}

// adopt goes on to trust what others have told the API server of, for as long as their certificates may be shown: the
// time begins with a certificate of its own.
func (i *issuer) adopt(ctx context.Context, secret *corev1.Secret, kept *contents) error {
	delete(secret.Data, certificateFile)
	delete(secret.Data, keyFile)
	i.log.Info("the API server trusts another authority as well, which is kept for a while", "stillTrusted", len(kept.former))
	return i.write(ctx, secret, kept, nil)
}

// forget ends the trust in former authorities: first that of the API server, or it would be taken over from there.
func (i *issuer) forget(ctx context.Context, secret *corev1.Secret, hooks *hooks, kept *contents) error {
	kept.former = nil
	if _, err := hooks.trust(ctx, i.client, kept.always); err != nil {
		return err
	}
	return i.write(ctx, secret, kept, nil)
}

func after(wait time.Duration, err error) (reconcile.Result, error) {
	return reconcile.Result{RequeueAfter: wait}, err
}

// secret returns an empty one if there is none.
func (i *issuer) secret(ctx context.Context) (*corev1.Secret, error) {
	secret := &corev1.Secret{ObjectMeta: metav1.ObjectMeta{Namespace: i.self.Secret.Namespace, Name: i.self.Secret.Name}}
	if err := i.reader.Get(ctx, i.self.Secret, secret); client.IgnoreNotFound(err) != nil {
		return nil, fmt.Errorf("reading Secret %s: %w", i.self.Secret, err)
	}
	return secret, nil
}

// replace makes another authority. What the API server trusts stays trusted.
func (i *issuer) replace(ctx context.Context, secret *corev1.Secret, kept *contents, bundles [][]byte, why string, now time.Time) error {
	if why == Lost && !isOwn(bundles) {
		why = First
	}
	if kept.authority != nil {
		kept.former = append([]*x509.Certificate{kept.authority.certificate}, kept.former...)
	}
	authority, err := newAuthority(now)
	if err != nil {
		return fmt.Errorf("making a certificate authority: %w", err)
	}
	kept.authority = authority
	kept.keep(now, bundles...)
	key, err := keyutil.MarshalPrivateKeyToPEM(authority.key)
	if err != nil {
		return fmt.Errorf("making a certificate authority: %w", err)
	}
	if err := i.write(ctx, secret, kept, map[string][]byte{authorityKeyFile: key}); err != nil {
		return err
	}
	i.made.WithLabelValues(why).Inc()
	i.log.Info("made a certificate authority", "reason", why, "secret", i.self.Secret.String(), "stillTrusted", len(kept.former))
	return nil
}

// write keeps the authorities, and what else is given, in the Secret, and creates that if it is gone.
func (i *issuer) write(ctx context.Context, secret *corev1.Secret, kept *contents, more map[string][]byte) error {
	bundle, err := kept.bundle()
	if err != nil {
		return err
	}
	if secret.Data == nil {
		secret.Data = map[string][]byte{}
	}
	maps.Copy(secret.Data, more)
	secret.Data[authorityFile] = bundle
	if secret.ResourceVersion == "" {
		err = i.client.Create(ctx, secret, client.FieldOwner(fieldOwner))
	} else {
		err = i.client.Update(ctx, secret, client.FieldOwner(fieldOwner))
	}
	if err != nil {
		return fmt.Errorf("writing Secret %s: %w", i.self.Secret, err)
	}
	return nil
}

// trust tells the API server whom to trust, if it has to be told, and notes when that was, by whomever.
func (i *issuer) trust(ctx context.Context, hooks *hooks, kept *contents, now time.Time) (changed bool, err error) {
	bundle, err := kept.bundle()
	if err != nil {
		return false, err
	}
	if changed, err = hooks.trust(ctx, i.client, kept.always); err != nil {
		return changed, err
	}
	if changed {
		i.pace.last = now
		i.log.Info("told the API server whom to trust", "validatingwebhookconfiguration", hooks.Name)
	}
	if changed || i.known != nil && !bytes.Equal(i.known, bundle) {
		i.told = now
		if changed && !hooks.someTrusted() {
			i.told, i.pace.last = time.Time{}, time.Time{} // it could call nobody before
		}
	}
	i.known = bundle
	return changed, nil
}

func (i *issuer) issue(ctx context.Context, secret *corev1.Secret, kept *contents, now time.Time) error {
	certificate, key, err := kept.authority.sign(i.self.Names, now)
	if err != nil {
		return fmt.Errorf("issuing a serving certificate: %w", err)
	}
	if err := i.write(ctx, secret, kept, map[string][]byte{certificateFile: certificate, keyFile: key}); err != nil {
		return err
	}
	until := now.Add(serverDuration).UTC().Format(time.RFC3339)
	i.log.Info("issued a serving certificate", "secret", i.self.Secret.String(), "notAfter", until)
	return nil
}
