package main

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"sync/atomic"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"sigs.k8s.io/controller-runtime/pkg/healthz"
	"sigs.k8s.io/controller-runtime/pkg/manager"

	"github.com/seawall-dev/seawall/pkg/inventory"
)

// checks are readiness checks by name.
type checks map[string]healthz.Checker

func addChecks(mgr manager.Manager, logger *slog.Logger, checks checks) error {
	for name, check := range checks {
		if err := mgr.AddReadyzCheck(name, reported(logger.With("check", name), check)); err != nil {
			return err
		}
	}
	return mgr.AddHealthzCheck("ping", healthz.Ping)
}

// reported logs what a check says whenever it says something else than before:
// controller-runtime logs that some check failed, but neither which nor why.
func reported(logger *slog.Logger, check healthz.Checker) healthz.Checker {
	var last atomic.Pointer[string]
	return func(request *http.Request) error {
		err := check(request)
		said := "ready"
		if err != nil {
			said = err.Error()
		}
		if before := last.Swap(&said); before == nil || *before != said {
			logger.Info("readiness", "state", said)
		}
		return err
	}
}

// once returns a check that passes for good once the other has passed: what is lost later is
// lost to all replicas at once, and must not take them all out of service. Metrics tell of it,
// and the reviews that need it fail.
func once(check healthz.Checker) healthz.Checker {
	var passed atomic.Bool
	return func(request *http.Request) error {
		if passed.Load() {
			return nil
		}
		err := check(request)
		passed.Store(err == nil)
		return err
	}
}

// unlessAbsent returns a check that passes while a namespace does not exist: nothing is in it, and
// perhaps nobody has the right to read that.
func unlessAbsent(namespaces *inventory.Namespaces, name string, check healthz.Checker) healthz.Checker {
	return func(request *http.Request) error {
		ctx, cancel := context.WithTimeout(context.Background(), time.Second) // metrics ask without a request
		defer cancel()
		if _, _, err := namespaces.Get(ctx, name); apierrors.IsNotFound(err) {
			return nil
		}
		return check(request)
	}
}

// drainingCheck fails while the process waits to end.
func drainingCheck(draining *atomic.Bool) healthz.Checker {
	return func(*http.Request) error {
		if draining.Load() {
			return errors.New("shutting down")
		}
		return nil
	}
}
