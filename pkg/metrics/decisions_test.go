package metrics_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/onsi/gomega"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"

	"github.com/seawall-dev/seawall/pkg/audit"
	"github.com/seawall-dev/seawall/pkg/metrics"
)

func TestDecisionsAreCountedWithoutARolloutAmongTheLabels(t *testing.T) {
	g := gomega.NewWithT(t)
	registry := prometheus.NewPedanticRegistry()
	decisions, err := metrics.NewDecisions(registry)
	g.Expect(err).NotTo(gomega.HaveOccurred())
	for i := range 1000 {
		decisions.Record(t.Context(), audit.Record{
			Action: "Deny", Reason: "WaveOverLimit", Policy: "default", Kind: "ApplicationSet", Operation: "CREATE",
			Namespace: fmt.Sprint("namespace-", i), Name: fmt.Sprint("rollout-", i), User: fmt.Sprint("user-", i),
			Duration: time.Millisecond,
		})
	}
	g.Expect(testutil.GatherAndCompare(registry, strings.NewReader(`
# HELP seawall_admission_decisions_total Writes decided, by action (Allow, Audit, Warn, Deny, Error), reason, policy, kind, operation and dry-run.
# TYPE seawall_admission_decisions_total counter
seawall_admission_decisions_total{action="Deny",dry_run="false",kind="ApplicationSet",operation="CREATE",policy="default",reason="WaveOverLimit"} 1000
`), "seawall_admission_decisions_total")).To(gomega.Succeed())
	g.Expect(testutil.GatherAndCount(registry, "seawall_admission_duration_seconds")).To(gomega.Equal(1))
	problems, err := testutil.GatherAndLint(registry)
	g.Expect(err).NotTo(gomega.HaveOccurred())
	g.Expect(problems).To(gomega.BeEmpty())
}

func TestRegisteringTwiceIsAnError(t *testing.T) {
	g := gomega.NewWithT(t)
	registry := prometheus.NewPedanticRegistry()
	_, err := metrics.NewDecisions(registry)
	g.Expect(err).NotTo(gomega.HaveOccurred())
	_, err = metrics.NewDecisions(registry)
	g.Expect(err).To(gomega.HaveOccurred())
}
