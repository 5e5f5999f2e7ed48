package main

import (
	"context"
	"crypto/tls"
	"fmt"
	"net/http"

	"github.com/prometheus/client_golang/prometheus"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/manager"
	"sigs.k8s.io/controller-runtime/pkg/webhook"

	"github.com/seawall-dev/seawall/pkg/certificate"
	"github.com/seawall-dev/seawall/pkg/config"
)

// addServer adds the webhook's server, which serves handlers by their paths, to callers only if
// there are any in particular, and starts to listen when its certificate is there.
func addServer(
	mgr manager.Manager, configuration config.Config,
	handlers map[string]http.Handler, callers *certificate.Callers,
) (webhook.Server, error) {
	var ready <-chan struct{} // nil waits for nothing
	if configuration.Certificates == config.CertificatesSelf {
		issued, err := selfIssued(configuration).AddToManager(mgr)
		if err != nil {
			return nil, err
		}
		ready = issued
	}
	server := webhook.NewServer(webhook.Options{
		Port:    configuration.WebhookPort,
		CertDir: configuration.CertificateDirectory,
		TLSOpts: []func(*tls.Config){func(c *tls.Config) {
			c.MinVersion = tls.VersionTLS13
			// The API server calls over HTTP/1.1; HTTP/2 would only add its attack surface.
			c.NextProtos = []string{"http/1.1"}
			if callers != nil {
				callers.Require(c)
			}
		}},
	})
	guard(handlers, callers)
	for path, handler := range handlers {
		server.Register(path, handler)
	}
	return server, mgr.Add(&lateServer{Server: server, ready: ready})
}

func selfIssued(configuration config.Config) certificate.Self {
	return certificate.Self{
		Secret:               types.NamespacedName{Namespace: configuration.Namespace, Name: configuration.CertificateSecret},
		Directory:            configuration.CertificateDirectory,
		Names:                configuration.CertificateNames,
		WebhookConfiguration: configuration.WebhookConfiguration,
	}
}

// issueCertificates lets the leader issue certificates, where the webhook does that itself.
func issueCertificates(leader *leadership, registry prometheus.Registerer, configuration config.Config) error {
	if configuration.Certificates != config.CertificatesSelf {
		return nil
	}
	made, err := certificate.Made(registry)
	if err != nil {
		return fmt.Errorf("registering metrics: %w", err)
	}
	leader.duties = append(leader.duties, func(mgr manager.Manager) error { return selfIssued(configuration).Issue(mgr, made) })
	return nil
}

// lateServer starts a webhook server once its certificate is there.
type lateServer struct {
	webhook.Server

	ready <-chan struct{}
}

// Start implements manager.Runnable.
func (s *lateServer) Start(ctx context.Context) error {
	if s.ready != nil {
		select {
		case <-s.ready:
		case <-ctx.Done():
			return nil
		}
	}
	return s.Server.Start(ctx)
}
