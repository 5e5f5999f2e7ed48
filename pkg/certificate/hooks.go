package certificate

import (
	"context"
	"crypto/x509"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	admissionregistrationv1 "k8s.io/api/admissionregistration/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/util/cert"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

const fieldOwner = "seawall"

// hooks are Seawall's webhooks as the API server knows them, which say whom it trusts to be Seawall.
type hooks struct {
	admissionregistrationv1.ValidatingWebhookConfiguration
}

// readHooks returns empty ones if there are none: nobody calls then.
func readHooks(ctx context.Context, reader client.Reader, name string) (*hooks, error) {
	read := &hooks{}
	err := reader.Get(ctx, client.ObjectKey{Name: name}, &read.ValidatingWebhookConfiguration)
	if client.IgnoreNotFound(err) != nil {
		return nil, fmt.Errorf("reading ValidatingWebhookConfiguration %s: %w", name, err)
	}
	return read, nil
}

// bundles returns the authorities that the API server trusts, by webhook; none for a webhook without any.
func (h *hooks) bundles() [][]byte {
	bundles := make([][]byte, len(h.Webhooks))
	for at := range h.Webhooks {
		bundles[at] = h.Webhooks[at].ClientConfig.CABundle
	}
	return bundles
}

// someTrusted tells whether the API server trusts anybody: it could call nobody before.
func (h *hooks) someTrusted() bool {
	return slices.ContainsFunc(h.bundles(), func(bundle []byte) bool { return len(bundle) > 0 })
}

// trust tells the API server which authorities to trust, unless it trusts just those. It changes nothing
// if anybody has changed the webhooks since they were read, which is an error as well.
func (h *hooks) trust(ctx context.Context, into client.Client, want func(bundle []byte) []*x509.Certificate) (changed bool, err error) {
	type operation struct {
		Op    string `json:"op"`
		Path  string `json:"path"`
		Value any    `json:"value"`
	}
	patch := []operation{{"test", "/metadata/resourceVersion", h.ResourceVersion}}
	for at, bundle := range h.bundles() {
		wanted := want(bundle)
		if len(wanted) == 0 || areOf(bundle, wanted) {
			continue
		}
		text, err := cert.EncodeCertificates(wanted...)
		if err != nil {
			return false, err
		}
		patch = append(patch, operation{"add", fmt.Sprintf("/webhooks/%d/clientConfig/caBundle", at), text})
	}
	if len(patch) == 1 {
		return false, nil
	}
	text, err := json.Marshal(patch)
	if err != nil {
		return false, err
	}
	err = into.Patch(ctx, h.DeepCopy(), client.RawPatch(types.JSONPatchType, text), client.FieldOwner(fieldOwner))
	if err != nil && !apierrors.IsNotFound(err) {
		return false, fmt.Errorf("telling the API server whom to trust, in ValidatingWebhookConfiguration %s: %w", h.Name, err)
	}
	return true, nil
}

// areOf tells whether a bundle has some certificates and no other, in any order: each replica
// puts its own first.
func areOf(bundle []byte, certificates []*x509.Certificate) bool {
	all, err := cert.ParseCertsPEM(bundle)
	return err == nil && len(all) == len(certificates) &&
		!slices.ContainsFunc(certificates, func(one *x509.Certificate) bool { return !slices.ContainsFunc(all, one.Equal) })
}

// pause is between two changes of whom the API server trusts, should somebody undo the first.
const pause = time.Second

// pace keeps the pause.
type pace struct {
	last time.Time
}

// wait returns how long it is until the next change.
func (p *pace) wait(now time.Time) time.Duration { return p.last.Add(pause).Sub(now) }

// lacks tells whether a bundle has not all of some certificates.
func lacks(bundle []byte, certificates []*x509.Certificate) bool {
	all := authoritiesOf(bundle)
	return slices.ContainsFunc(certificates, func(one *x509.Certificate) bool { return !slices.ContainsFunc(all, one.Equal) })
}

// authoritiesOf returns what a bundle has: authorities, or certificates that are trusted as they are.
func authoritiesOf(bundle []byte) []*x509.Certificate {
	all, err := cert.ParseCertsPEM(bundle)
	if err != nil {
		return nil // nobody trusts it either
	}
	return all
}

// isMoved tells whether somebody else was faster, so that all has to be read again.
func isMoved(err error) bool {
	return apierrors.IsConflict(err) || apierrors.IsAlreadyExists(err) || apierrors.IsInvalid(err)
}
