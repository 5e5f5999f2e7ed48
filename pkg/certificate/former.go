package certificate

import (
	"context"
	"crypto/x509"
	"slices"
	"time"

	"github.com/go-logr/logr"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/manager"
)

// former ends the trust in authorities that do not sign the certificate that is mounted, an hour after
// they were first seen: by then each replica has changed over.
type former struct {
	trust  *Trust
	client client.Client
	reader client.Reader
	log    logr.Logger
	// seen is when authorities were first seen, by their DER.
	seen map[string]time.Time
}

// Forget lets the manager of the one replica that leads end the trust in former authorities. Whoever
// needs one of them after all tells the API server of it again.
func (t *Trust) Forget(mgr manager.Manager) error {
	forgetting := &former{
		trust: t, client: mgr.GetClient(), reader: mgr.GetAPIReader(), log: mgr.GetLogger().WithName("trust"), seen: map[string]time.Time{},
	}
	return mgr.Add(manager.RunnableFunc(forgetting.run))
}

func (f *former) run(ctx context.Context) error {
	ticker := time.NewTicker(time.Minute)
	defer ticker.Stop()
	for {
		if err := f.forget(ctx, time.Now()); err != nil && !isMoved(err) {
			f.log.Error(err, "ending the trust in former authorities")
		}
		select {
		case <-ctx.Done():
			return nil
		case <-ticker.C:
		}
	}
}

func (f *former) forget(ctx context.Context, now time.Time) error {
	authorities, err := f.trust.Mounted.authorities()
	if err != nil || len(authorities) == 0 {
		return err // without one of its own none is in the way
	}
	read, err := readHooks(ctx, f.reader, f.trust.WebhookConfiguration)
	if err != nil {
		return err
	}
	changed, err := read.trust(ctx, f.client, func(bundle []byte) []*x509.Certificate {
		return slices.DeleteFunc(authoritiesOf(bundle), func(one *x509.Certificate) bool {
			return !slices.ContainsFunc(authorities, one.Equal) && f.isOver(one, now)
		})
	})
	if changed && err == nil {
		f.log.Info("ended the trust in former authorities", "validatingwebhookconfiguration", f.trust.WebhookConfiguration)
	}
	return err
}

// isOver tells whether an authority was first seen long ago.
func (f *former) isOver(one *x509.Certificate, now time.Time) bool {
	first, known := f.seen[string(one.Raw)]
	if !known {
		f.seen[string(one.Raw)] = now
		return false
	}
	return now.Sub(first) > overlap
}
