package certificate

import (
	"bytes"
	"context"
	"crypto/x509"
	"encoding/json"
	"fmt"
	"maps"
	"time"

	"github.com/go-logr/logr"
	"github.com/prometheus/client_golang/prometheus"
	admissionregistrationv1 "k8s.io/api/admissionregistration/v1"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/util/keyutil"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"
)

// Why an authority is made, as logs and metrics spell it.
const (
	// First: the API server trusts none yet.
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

// issuer makes authorities and serving certificates. One replica at a time runs it. Nothing is
// signed by an authority before the API server has been told to trust that, and what it trusted
// before it goes on to trust until all replicas have changed over: no call fails in between, even if
// the Secret was deleted.
type issuer struct {
	self   Self
	client client.Client
	reader client.Reader
	log    logr.Logger
	// made counts authorities by why.
	made *prometheus.CounterVec
	// told is when the API server was last told whom to trust.
	told time.Time
}

// Reconcile takes the next step, if one is due.
func (i *issuer) Reconcile(ctx context.Context, _ reconcile.Request) (reconcile.Result, error) {
	now := time.Now()
	secret, err := i.secret(ctx)
	if err != nil {
		return reconcile.Result{}, err
	}
	hooks, err := i.hooks(ctx)
	if err != nil {
		return reconcile.Result{}, err
	}
	kept := read(secret.Data)
	if why := kept.lacksAuthority(now); why != "" {
		return after(soon, i.replace(ctx, secret, &kept, trusted(hooks), why, now))
	}
	served := kept.isServed(i.self.Names, now)
	if served && len(kept.former) > 0 && kept.isOver(now) {
		kept.former = nil
		return after(soon, i.write(ctx, secret, &kept, nil))
	}
	bundle, err := kept.bundle()
	if err != nil {
		return reconcile.Result{}, err
	}
	if changed, err := i.trust(ctx, hooks, bundle, now); changed || err != nil {
		return after(soon, err)
	}
	if served {
		return after(checkEvery, nil)
	}
	if wait := i.told.Add(settled).Sub(now); wait > 0 {
		return after(wait, nil)
	}
	return after(soon, i.issue(ctx, secret, &kept, now))
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

// hooks returns an empty configuration if there is none: nobody calls then.
func (i *issuer) hooks(ctx context.Context) (*admissionregistrationv1.ValidatingWebhookConfiguration, error) {
	hooks := &admissionregistrationv1.ValidatingWebhookConfiguration{}
	if err := i.reader.Get(ctx, client.ObjectKey{Name: i.self.WebhookConfiguration}, hooks); client.IgnoreNotFound(err) != nil {
		return nil, fmt.Errorf("reading ValidatingWebhookConfiguration %s: %w", i.self.WebhookConfiguration, err)
	}
	return hooks, nil
}

// trusted returns what the API server trusts, by webhook.
func trusted(hooks *admissionregistrationv1.ValidatingWebhookConfiguration) (bundles [][]byte) {
	for _, hook := range hooks.Webhooks {
		if len(hook.ClientConfig.CABundle) > 0 {
			bundles = append(bundles, hook.ClientConfig.CABundle)
		}
	}
	return bundles
}

// replace makes another authority. What the API server trusts stays trusted.
func (i *issuer) replace(ctx context.Context, secret *corev1.Secret, kept *contents, bundles [][]byte, why string, now time.Time) error {
	if why == Lost && len(bundles) == 0 {
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

// trust tells the API server whom to trust, if it has to be told.
func (i *issuer) trust(
	ctx context.Context, hooks *admissionregistrationv1.ValidatingWebhookConfiguration, bundle []byte, now time.Time,
) (changed bool, err error) {
	type operation struct {
		Op    string `json:"op"`
		Path  string `json:"path"`
		Value any    `json:"value"`
	}
	patch := []operation{{"test", "/metadata/resourceVersion", hooks.ResourceVersion}}
	for at, hook := range hooks.Webhooks {
		if !bytes.Equal(hook.ClientConfig.CABundle, bundle) {
			patch = append(patch, operation{"add", fmt.Sprintf("/webhooks/%d/clientConfig/caBundle", at), bundle})
		}
	}
	if len(patch) == 1 {
		return false, nil
	}
	text, err := json.Marshal(patch)
	if err != nil {
		return false, err
	}
	before := trusted(hooks)
	err = i.client.Patch(ctx, hooks, client.RawPatch(types.JSONPatchType, text), client.FieldOwner(fieldOwner))
	if err != nil && !apierrors.IsNotFound(err) {
		return false, fmt.Errorf("telling the API server whom to trust, in ValidatingWebhookConfiguration %s: %w", hooks.Name, err)
	}
	if i.told = now; len(before) == 0 {
		i.told = time.Time{} // it could call nobody before
	}
	i.log.Info("told the API server whom to trust", "validatingwebhookconfiguration", hooks.Name)
	return true, nil
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
