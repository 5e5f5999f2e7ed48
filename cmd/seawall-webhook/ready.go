package main

import (
	"context"
	"fmt"
	"net/http"
	"time"

	"sigs.k8s.io/controller-runtime/pkg/healthz"
	"sigs.k8s.io/controller-runtime/pkg/manager"
	"sigs.k8s.io/controller-runtime/pkg/webhook"

	"github.com/seawall-dev/seawall/pkg/certificate"
	"github.com/seawall-dev/seawall/pkg/config"
)

// checks are readiness checks by name.
type checks map[string]healthz.Checker

func addChecks(mgr manager.Manager, checks checks) error {
	for name, check := range checks {
		if err := mgr.AddReadyzCheck(name, check); err != nil {
			return err
		}
	}
	return mgr.AddHealthzCheck("ping", healthz.Ping)
}

func syncedCheck(what string, synced func() bool) healthz.Checker {
	return func(*http.Request) error {
		if !synced() {
			return fmt.Errorf("%s are not read yet", what)
		}
		return nil
	}
}

func certificateCheck(configuration config.Config) healthz.Checker {
	var names []string
	if configuration.Certificates == config.CertificatesSelf {
		names = configuration.CertificateNames
	}
	return func(*http.Request) error {
		return certificate.Check(configuration.CertificateDirectory, time.Now(), names...)
	}
}

// lateServer starts a webhook server once its certificate is there.
type lateServer struct {
	webhook.Server
	ready <-chan struct{}
}

// Start implements manager.Runnable.
func (s *lateServer) Start(ctx context.Context) error {
	select {
	case <-s.ready:
		return s.Server.Start(ctx)
	case <-ctx.Done():
		return nil
	}
}
