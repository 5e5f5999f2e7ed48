package metrics_test

import (
	"strings"
	"testing"

	"github.com/onsi/gomega"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"

	"github.com/seawall-dev/seawall/pkg/metrics"
)

func TestNudges(t *testing.T) {
	g := gomega.NewWithT(t)
	registry := prometheus.NewPedanticRegistry()
	nudges, err := metrics.NewNudges(registry)
	g.Expect(err).NotTo(gomega.HaveOccurred())
	nudges.Count("Nudged")
	nudges.Count("Refused")
	nudges.Count("Nudged")
	g.Expect(testutil.GatherAndCompare(registry, strings.NewReader(`
# HELP seawall_starts_nudges_total Applications that Argo CD was asked to look at because it is their turn, by result (Nudged, Changed, Refused, Failed).
# TYPE seawall_starts_nudges_total counter
seawall_starts_nudges_total{result="Nudged"} 2
seawall_starts_nudges_total{result="Refused"} 1
`))).To(gomega.Succeed())
	_, err = metrics.NewNudges(registry)
	g.Expect(err).To(gomega.HaveOccurred(), "registering twice")
}
