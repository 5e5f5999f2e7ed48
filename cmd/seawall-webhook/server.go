package main

import (
	"context"
	"crypto/tls"
	"net/http"

	"sigs.k8s.io/controller-runtime/pkg/manager"
	"sigs.k8s.io/controller-runtime/pkg/webhook"

	"github.com/seawall-dev/seawall/pkg/certificate"
	"github.com/seawall-dev/seawall/pkg/config"
)

// addServer adds the webhook's server, which serves handlers by their paths, to callers only if
// there are any in particular, and starts to listen when its certificate is there.
func addServer(
	mgr manager.Manager, configuration config.Config,
	handlers map[string]http.Handler, callers *certificate.Callers, serving *serving,
) (webhook.Server, error) {
	ready, err := serving.add(mgr)
	if err != nil {
		return nil, err
	}
	server := webhook.NewServer(webhook.Options{
		Port: configuration.WebhookPort,
		TLSOpts: []func(*tls.Config){func(c *tls.Config) {
			c.MinVersion = tls.VersionTLS13
			// The API server calls over HTTP/1.1; HTTP/2 would only add its attack surface.
			c.NextProtos = []string{"http/1.1"}
			serving.held.Serve(c)
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
