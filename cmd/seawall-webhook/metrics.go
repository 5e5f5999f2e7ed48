package main

import (
	"errors"
	"fmt"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/seawall-dev/seawall/pkg/kinds"
	"github.com/seawall-dev/seawall/pkg/metrics"
	"github.com/seawall-dev/seawall/pkg/version"
)

func newDecisions(registry prometheus.Registerer, known *kinds.Set) (*metrics.Decisions, error) {
	decisions, err := metrics.NewDecisions(registry, func(group, kind string) bool {
		return known.Knows(schema.GroupKind{Group: group, Kind: kind})
	})
	if err != nil {
		return nil, fmt.Errorf("registering metrics: %w", err)
	}
	return decisions, nil
}

// exportState lets metrics tell how this replica is.
func exportState(registry prometheus.Registerer, checks checks, expiry func() (time.Time, error), inventory metrics.Inventory) error {
	err := errors.Join(
		metrics.RegisterVersion(registry, version.Get()),
		metrics.RegisterReadiness(registry, checks),
		metrics.RegisterInventory(registry, inventory),
		metrics.RegisterExpiry(registry, expiry),
	)
	if err != nil {
		return fmt.Errorf("registering metrics: %w", err)
	}
	return nil
}
