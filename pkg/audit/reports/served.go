package reports

import (
	"context"
	"fmt"
	"log/slog"
	"strings"
	"sync/atomic"
	"time"

	"github.com/openreports/reports-api/apis/openreports.io/v1alpha1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/client-go/discovery"
)

// discoveryPeriod is how often the API server is asked for the definitions of reports, by one
// small request.
const discoveryPeriod = 10 * time.Second

// Served follows which kinds of report the API server serves: their definitions may come and
// go while the webhook runs.
type Served struct {
	Discovery *discovery.DiscoveryClient
	Logger    *slog.Logger

	state atomic.Pointer[served]
}

// served tells which kinds there are.
type served struct{ namespaced, cluster bool }

func (s served) String() string {
	var kinds []string
	if s.namespaced {
		kinds = append(kinds, "Report")
	}
	if s.cluster {
		kinds = append(kinds, "ClusterReport")
	}
	return strings.Join(kinds, ",")
}

// has tells whether there are reports for rollouts with or without a namespace. Before the
// API server has said so there are: a record should rather wait than be left out.
func (s *Served) has(namespaced bool) bool {
	state := s.state.Load()
	if state == nil {
		return true
	}
	if namespaced {
		return state.namespaced
	}
	return state.cluster
}

// Run asks the API server until ctx ends.
func (s *Served) Run(ctx context.Context) {
	ticker := time.NewTicker(discoveryPeriod)
	defer ticker.Stop()
	for {
		if err := s.ask(ctx); err != nil && ctx.Err() == nil {
			s.Logger.Error("asking the API server for the definitions of reports", "error", err)
		}
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
	}
}

func (s *Served) ask(ctx context.Context) error {
	resources, err := s.Discovery.ServerResourcesForGroupVersionWithContext(ctx, v1alpha1.SchemeGroupVersion.String())
	if err != nil && !apierrors.IsNotFound(err) {
		return fmt.Errorf("what %s has: %w", v1alpha1.SchemeGroupVersion, err)
	}
	var now served
	if err == nil {
		for _, resource := range resources.APIResources {
			now.namespaced = now.namespaced || resource.Name == "reports"
			now.cluster = now.cluster || resource.Name == "clusterreports"
		}
	}
	if before := s.state.Swap(&now); before != nil && *before == now {
		return nil
	}
	if now == (served{namespaced: true, cluster: true}) {
		s.Logger.Info("writing reports")
	} else {
		s.Logger.Warn("not every decision is written to a report: definitions of openreports.io/v1alpha1 are not installed",
			"installed", now.String())
	}
	return nil
}
