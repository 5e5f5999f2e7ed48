package metrics_test

import (
	"strings"
	"testing"

	"github.com/onsi/gomega"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"

	"github.com/seawall-dev/seawall/pkg/audit"
	"github.com/seawall-dev/seawall/pkg/metrics"
)

func TestRecordsBeginAtZero(t *testing.T) {
	g := gomega.NewWithT(t)
	registry := prometheus.NewPedanticRegistry()
	records, err := metrics.NewRecords(registry, "events", "reports")
	g.Expect(err).NotTo(gomega.HaveOccurred())
	records.Written("events", 7)
	records.Dropped("reports", audit.DropFull, 2)
	records.Pending("reports", 3)
	records.Pending("reports", 1)
	g.Expect(testutil.GatherAndCompare(registry, strings.NewReader(`
# HELP seawall_record_drops_total Decisions not written, by sink and reason (QueueFull, WriteFailed, Quota, Shutdown). They are in the log all the same.
# TYPE seawall_record_drops_total counter
seawall_record_drops_total{reason="QueueFull",sink="events"} 0
seawall_record_drops_total{reason="QueueFull",sink="reports"} 2
seawall_record_drops_total{reason="Quota",sink="events"} 0
seawall_record_drops_total{reason="Quota",sink="reports"} 0
seawall_record_drops_total{reason="Shutdown",sink="events"} 0
seawall_record_drops_total{reason="Shutdown",sink="reports"} 0
seawall_record_drops_total{reason="WriteFailed",sink="events"} 0
seawall_record_drops_total{reason="WriteFailed",sink="reports"} 0
# HELP seawall_records_pending Decisions that wait to be written or are being written, by sink.
# TYPE seawall_records_pending gauge
seawall_records_pending{sink="events"} 0
seawall_records_pending{sink="reports"} 1
# HELP seawall_records_written_total Decisions written to objects of the API server, by sink (events, reports).
# TYPE seawall_records_written_total counter
seawall_records_written_total{sink="events"} 7
seawall_records_written_total{sink="reports"} 0
`))).To(gomega.Succeed())
	problems, err := testutil.GatherAndLint(registry)
	g.Expect(err).NotTo(gomega.HaveOccurred())
	g.Expect(problems).To(gomega.BeEmpty())
	_, err = metrics.NewRecords(registry)
	g.Expect(err).To(gomega.HaveOccurred(), "twice in one registry")
}
