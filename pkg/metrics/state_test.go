package metrics_test

import (
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/onsi/gomega"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"
	"sigs.k8s.io/controller-runtime/pkg/healthz"

	"github.com/seawall-dev/seawall/pkg/inventory"
	"github.com/seawall-dev/seawall/pkg/metrics"
)

// exports expects a registry to hold just these metrics, and promlint to have no objection.
func exports(t *testing.T, registry *prometheus.Registry, want string) {
	t.Helper()
	g := gomega.NewWithT(t)
	g.Expect(testutil.GatherAndCompare(registry, strings.NewReader(want))).To(gomega.Succeed())
	problems, err := testutil.GatherAndLint(registry)
	g.Expect(err).NotTo(gomega.HaveOccurred())
	g.Expect(problems).To(gomega.BeEmpty())
}

type states []inventory.State

func (s states) States() []inventory.State { return s }

func TestInventories(t *testing.T) {
	g := gomega.NewWithT(t)
	registry := prometheus.NewPedanticRegistry()
	at := time.UnixMilli(1_700_000_000_500)
	g.Expect(metrics.RegisterInventory(registry,
		states{
			{Resource: "secrets", Served: true, Synced: true, Objects: 3, Heard: at},
			{Resource: "absent.example.com"},
			{Resource: "reading.example.com", Served: true},
			{Resource: "twice.example.com", Served: true, Synced: true, Objects: 7, Heard: at},
			{Resource: "twice.example.com", Served: true, Synced: false, Objects: 2, Heard: at.Add(-time.Minute)},
		},
	)).To(gomega.Succeed())
	exports(t, registry, `
# HELP seawall_inventory_last_update_timestamp_seconds When the API server last told something of the resource, be it that nothing changed, which it does about once a minute.
# TYPE seawall_inventory_last_update_timestamp_seconds gauge
seawall_inventory_last_update_timestamp_seconds{resource="secrets"} 1.7000000005e+09
seawall_inventory_last_update_timestamp_seconds{resource="twice.example.com"} 1.6999999405e+09
# HELP seawall_inventory_objects Objects of the resource that are kept.
# TYPE seawall_inventory_objects gauge
seawall_inventory_objects{resource="reading.example.com"} 0
seawall_inventory_objects{resource="secrets"} 3
seawall_inventory_objects{resource="twice.example.com"} 7
# HELP seawall_inventory_served Whether the API server has the resource (1) or not (0).
# TYPE seawall_inventory_served gauge
seawall_inventory_served{resource="absent.example.com"} 0
seawall_inventory_served{resource="reading.example.com"} 1
seawall_inventory_served{resource="secrets"} 1
seawall_inventory_served{resource="twice.example.com"} 1
# HELP seawall_inventory_synced Whether the objects of the resource are known (1) or not (0).
# TYPE seawall_inventory_synced gauge
seawall_inventory_synced{resource="reading.example.com"} 0
seawall_inventory_synced{resource="secrets"} 1
seawall_inventory_synced{resource="twice.example.com"} 0
`)
}

func TestReadiness(t *testing.T) {
	registry := prometheus.NewPedanticRegistry()
	gomega.NewWithT(t).Expect(metrics.RegisterReadiness(registry, map[string]healthz.Checker{
		"policies":    func(*http.Request) error { return nil },
		"certificate": func(*http.Request) error { return errors.New("no serving certificate yet") },
	})).To(gomega.Succeed())
	exports(t, registry, `
# HELP seawall_ready Whether a readiness check passes (1) or not (0): a replica is ready when all do.
# TYPE seawall_ready gauge
seawall_ready{check="certificate"} 0
seawall_ready{check="policies"} 1
`)
}

func TestExpiry(t *testing.T) {
	g := gomega.NewWithT(t)
	registry := prometheus.NewPedanticRegistry()
	none := errors.New("no serving certificate yet")
	g.Expect(metrics.RegisterExpiry(registry, func() (time.Time, error) { return time.Unix(1_800_000_000, 0), none })).To(gomega.Succeed())
	g.Expect(testutil.GatherAndCount(registry)).To(gomega.BeZero(), "a certificate that is not there does not expire")
	none = nil
	exports(t, registry, `
# HELP seawall_certificate_expiry_timestamp_seconds When the serving certificate expires.
# TYPE seawall_certificate_expiry_timestamp_seconds gauge
seawall_certificate_expiry_timestamp_seconds 1.8e+09
`)
}

func TestVersion(t *testing.T) {
	registry := prometheus.NewPedanticRegistry()
	gomega.NewWithT(t).Expect(metrics.RegisterVersion(registry, "v1.2.3")).To(gomega.Succeed())
	gomega.NewWithT(t).Expect(testutil.GatherAndCount(registry, "seawall_build_info")).To(gomega.Equal(1))
}
