package main

import (
	"context"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"strconv"
	"time"

	"sigs.k8s.io/controller-runtime/pkg/healthz"
	"sigs.k8s.io/controller-runtime/pkg/manager"
	ctrlmetrics "sigs.k8s.io/controller-runtime/pkg/metrics"
	"sigs.k8s.io/controller-runtime/pkg/webhook"

	"github.com/seawall-dev/seawall/pkg/certificate"
	"github.com/seawall-dev/seawall/pkg/config"
	"github.com/seawall-dev/seawall/pkg/metrics"
)

// dialTimeout is far more than it takes to reach a port of one's own.
const dialTimeout = time.Second

// newCallers returns who may call, and nil if that is whoever reaches the port.
func newCallers(mgr manager.Manager, configuration config.Callers, logger *slog.Logger) (*certificate.Callers, error) {
	refused, err := metrics.NewRefusedCallers(ctrlmetrics.Registry,
		certificate.RefusedWithout, certificate.RefusedUntrusted, certificate.RefusedSubject)
	if err != nil {
		return nil, fmt.Errorf("registering metrics: %w", err)
	}
	if configuration.Authorities == "" {
		return nil, nil //nolint:nilnil // nobody in particular is no error
	}
	callers, err := certificate.NewCallers(configuration.Authorities, configuration.Subjects, refused, logger)
	if err != nil {
		return nil, fmt.Errorf("--client-ca: %w", err)
	}
	return callers, mgr.Add(callers)
}

// guard lets only callers through, if there are any in particular.
func guard(handlers map[string]http.Handler, callers *certificate.Callers) {
	if callers == nil {
		return
	}
	for path, handler := range handlers {
		handlers[path] = callers.Handler(handler)
	}
}

// listening tells whether the webhook serves. Where only some may call this process is not among
// them: then it asks no more than whether anything listens, and that until something does.
func listening(ctx context.Context, server webhook.Server, callers *certificate.Callers, port int) healthz.Checker {
	if callers == nil {
		return server.StartedChecker()
	}
	return once(func(*http.Request) error {
		dialer := net.Dialer{Timeout: dialTimeout}
		connection, err := dialer.DialContext(ctx, "tcp", net.JoinHostPort("localhost", strconv.Itoa(port)))
		if err != nil {
			return fmt.Errorf("the webhook does not listen yet: %w", err)
		}
		return connection.Close()
	})
}
