package metrics_test

import (
	"strings"
	"testing"
	"time"

	"github.com/onsi/gomega"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"

	"github.com/seawall-dev/seawall/pkg/metrics"
	"github.com/seawall-dev/seawall/pkg/recount"
)

func TestRecount(t *testing.T) {
	g := gomega.NewWithT(t)
	registry := prometheus.NewPedanticRegistry()
	told, err := metrics.NewRecount(registry)
	g.Expect(err).NotTo(gomega.HaveOccurred())
	g.Expect(series(t, registry)).To(gomega.BeZero(), "a replica that does not re-count tells nothing")

	told.Counted(map[string]recount.Counts{"gone": {Matched: 1}})
	told.Counted(map[string]recount.Counts{"default": {Matched: 41, OverLimit: 3, Unresolved: 1, Overridden: 2}, "other": {}})
	g.Expect(testutil.GatherAndCompare(registry, strings.NewReader(`
# HELP seawall_recount_rollouts Existing rollouts that a policy matches, by what it makes of a change of all their environments: WithinLimit, OverLimit, Unresolved, Overridden.
# TYPE seawall_recount_rollouts gauge
seawall_recount_rollouts{policy="default",state="OverLimit"} 3
seawall_recount_rollouts{policy="default",state="Overridden"} 2
seawall_recount_rollouts{policy="default",state="Unresolved"} 1
seawall_recount_rollouts{policy="default",state="WithinLimit"} 35
seawall_recount_rollouts{policy="other",state="OverLimit"} 0
seawall_recount_rollouts{policy="other",state="Overridden"} 0
seawall_recount_rollouts{policy="other",state="Unresolved"} 0
seawall_recount_rollouts{policy="other",state="WithinLimit"} 0
`), "seawall_recount_rollouts")).To(gomega.Succeed())

	before := float64(time.Now().Unix())
	told.Passed("ApplicationSet", 3*time.Second)
	success := family(t, registry, "seawall_recount_last_success_timestamp_seconds")
	g.Expect(success).To(gomega.HaveLen(1))
	g.Expect(success[0].GetGauge().GetValue()).To(gomega.BeNumerically(">=", before))
	duration := family(t, registry, "seawall_recount_duration_seconds")[0].GetHistogram()
	g.Expect(duration.GetSampleSum()).To(gomega.Equal(3.0))
	g.Expect(duration.GetSampleCount()).To(gomega.BeEquivalentTo(1))

	_, err = metrics.NewRecount(registry)
	g.Expect(err).To(gomega.HaveOccurred(), "registering twice")
}
