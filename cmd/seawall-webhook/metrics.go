package main

import (
	"fmt"

	"github.com/prometheus/client_golang/prometheus"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/seawall-dev/seawall/pkg/metrics"
	"github.com/seawall-dev/seawall/pkg/rollout/kinds"
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
