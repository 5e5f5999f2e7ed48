// Package certificate gives the webhook its serving certificate.
package certificate

import (
	"context"
	"fmt"
	"time"

	"github.com/open-policy-agent/cert-controller/pkg/rotator"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/fields"
	"k8s.io/apimachinery/pkg/types"
	toolscache "k8s.io/client-go/tools/cache"
	"sigs.k8s.io/controller-runtime/pkg/cache"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/manager"
)

const (
	serverDuration = 90 * 24 * time.Hour
	renewBefore    = 30 * 24 * time.Hour
	checkEvery     = time.Hour
)

// Self describes certificates that the webhook issues and rotates itself.
type Self struct {
	// Secret keeps the CA and the certificate; it must exist, and may be empty.
	Secret types.NamespacedName
	// Directory gets tls.crt and tls.key, now and whenever the Secret changes.
	Directory string
	// Names are the DNS names of the certificate, the first of them its common name.
	Names []string
	// WebhookConfiguration is the ValidatingWebhookConfiguration that gets the CA.
	WebhookConfiguration string
}

// AddToManager lets the manager issue and rotate the certificate. The channel is closed
// once the certificate is in the directory and its CA in the webhook configuration.
func (s Self) AddToManager(ctx context.Context, mgr manager.Manager) (<-chan struct{}, error) {
	if err := s.addWriter(ctx, mgr); err != nil {
		return nil, err
	}
	ready := make(chan struct{})
	err := rotator.AddRotator(mgr, &rotator.CertRotator{
		SecretKey:              s.Secret,
		CertDir:                s.Directory,
		CAName:                 "seawall-ca",
		CAOrganization:         "seawall",
		DNSName:                s.Names[0],
		ExtraDNSNames:          s.Names[1:],
		IsReady:                ready,
		Webhooks:               []rotator.WebhookInfo{{Name: s.WebhookConfiguration, Type: rotator.Validating}},
		FieldOwner:             "seawall",
		ServerCertDuration:     serverDuration,
		LookaheadInterval:      renewBefore,
		RotationCheckFrequency: checkEvery,
	})
	if err != nil {
		return nil, fmt.Errorf("setting up certificate rotation: %w", err)
	}
	return ready, nil
}

// addWriter watches the Secret and writes the certificate to the directory. A mounted
// Secret would lag behind by the kubelet's sync period, and need a kubelet.
func (s Self) addWriter(ctx context.Context, mgr manager.Manager) error {
	secrets, err := cache.New(mgr.GetConfig(), cache.Options{
		Scheme: mgr.GetScheme(),
		Mapper: mgr.GetRESTMapper(),
		ByObject: map[client.Object]cache.ByObject{&corev1.Secret{}: {
			Namespaces: map[string]cache.Config{s.Secret.Namespace: {}},
			Field:      fields.OneTermEqualSelector("metadata.name", s.Secret.Name),
		}},
	})
	if err != nil {
		return fmt.Errorf("setting up the watch of Secret %s: %w", s.Secret, err)
	}
	informer, err := secrets.GetInformer(ctx, &corev1.Secret{})
	if err != nil {
		return fmt.Errorf("watching Secret %s: %w", s.Secret, err)
	}
	write := func(object any) {
		if secret, ok := object.(*corev1.Secret); ok {
			if err := Write(s.Directory, secret); err != nil {
				mgr.GetLogger().Error(err, "writing the serving certificate", "directory", s.Directory)
			}
		}
	}
	if _, err := informer.AddEventHandler(toolscache.ResourceEventHandlerFuncs{
		AddFunc:    write,
		UpdateFunc: func(_, object any) { write(object) },
	}); err != nil {
		return fmt.Errorf("watching Secret %s: %w", s.Secret, err)
	}
	return mgr.Add(everywhere{secrets})
}

// everywhere is a cache that every replica runs, not the leader alone.
type everywhere struct{ cache.Cache }

// NeedLeaderElection implements manager.LeaderElectionRunnable.
func (everywhere) NeedLeaderElection() bool { return false }
