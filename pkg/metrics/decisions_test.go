package metrics_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/onsi/gomega"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"
	dto "github.com/prometheus/client_model/go"

	"github.com/seawall-dev/seawall/pkg/audit"
	"github.com/seawall-dev/seawall/pkg/metrics"
)

func judged(_, kind string) bool { return kind == "ApplicationSet" || kind == "Bundle" }

func decisions(t *testing.T) (*metrics.Decisions, *prometheus.Registry) {
	t.Helper()
	registry := prometheus.NewPedanticRegistry()
	decisions, err := metrics.NewDecisions(registry, judged)
	gomega.NewWithT(t).Expect(err).NotTo(gomega.HaveOccurred())
	return decisions, registry
}

// denial is the record of 100 environments at 0.99 each.
func denial() audit.Record {
	return audit.Record{
		Action: "Deny", Reason: "WaveOverLimit", Policy: "default", Group: "argoproj.io", Kind: "ApplicationSet", Operation: "CREATE",
		Environments: 100, WaveEnvironments: 100, Probability: 0.634, Duration: 3 * time.Millisecond,
		Phases: audit.Phases{Wait: time.Microsecond, Count: 2 * time.Millisecond, Judge: time.Millisecond},
	}
}

func TestADecisionIsCountedTimedAndMeasured(t *testing.T) {
	g := gomega.NewWithT(t)
	decisions, registry := decisions(t)
	decisions.Record(t.Context(), denial())
	g.Expect(testutil.GatherAndCompare(registry, strings.NewReader(`
# HELP seawall_admission_decisions_total Writes decided, by action (Allow, Audit, Warn, Deny, Error), reason, policy, kind, operation and dry-run.
# TYPE seawall_admission_decisions_total counter
seawall_admission_decisions_total{action="Deny",dry_run="false",kind="ApplicationSet",operation="CREATE",policy="default",reason="WaveOverLimit"} 1
`), "seawall_admission_decisions_total")).To(gomega.Succeed())
	for name, want := range map[string]map[string]float64{
		"seawall_admission_duration_seconds":         {"Deny": 0.003},
		"seawall_admission_phase_duration_seconds":   {"wait": 1e-6, "count": 0.002, "judge": 0.001},
		"seawall_admission_wave_failure_probability": {"Deny": 0.634},
		"seawall_admission_environments":             {"Deny": 100},
	} {
		g.Expect(sums(t, registry, name)).To(gomega.Equal(want), name)
	}
	problems, err := testutil.GatherAndLint(registry)
	g.Expect(err).NotTo(gomega.HaveOccurred())
	g.Expect(problems).To(gomega.BeEmpty())
}

// sums returns what a histogram's series sum up to, by their action or phase.
func sums(t *testing.T, registry *prometheus.Registry, name string) map[string]float64 {
	t.Helper()
	sums := map[string]float64{}
	for _, series := range family(t, registry, name) {
		for _, label := range series.GetLabel() {
			if label.GetName() != "kind" {
				sums[label.GetValue()] += series.GetHistogram().GetSampleSum()
			}
		}
	}
	return sums
}

// family returns the series of a metric.
func family(t *testing.T, registry *prometheus.Registry, name string) []*dto.Metric {
	t.Helper()
	families, err := registry.Gather()
	gomega.NewWithT(t).Expect(err).NotTo(gomega.HaveOccurred())
	for _, family := range families {
		if family.GetName() == name {
			return family.GetMetric()
		}
	}
	return nil
}

func TestOnlyWavesThatWouldSyncAreMeasured(t *testing.T) {
	for name, change := range map[string]func(*audit.Record){
		"a dry-run":                       func(r *audit.Record) { r.DryRun = true },
		"a count that only is a minimum":  func(r *audit.Record) { r.Reason, r.WaveEnvironments, r.Probability = "Unresolved", 0, 0 },
		"a write that affects nothing":    func(r *audit.Record) { r.Reason, r.Environments, r.WaveEnvironments = "NoChange", 0, 0 },
		"a failure that came before that": func(r *audit.Record) { *r = audit.Record{Action: "Error", Reason: "Overload", Kind: r.Kind} },
	} {
		t.Run(name, func(t *testing.T) {
			g := gomega.NewWithT(t)
			decisions, registry := decisions(t)
			record := denial()
			change(&record)
			decisions.Record(t.Context(), record)
			g.Expect(family(t, registry, "seawall_admission_decisions_total")).To(gomega.HaveLen(1))
			g.Expect(family(t, registry, "seawall_admission_wave_failure_probability")).To(gomega.BeEmpty())
			g.Expect(family(t, registry, "seawall_admission_environments")).To(gomega.BeEmpty())
		})
	}
}

func TestWhatRestsOnADeclarationIsCounted(t *testing.T) {
	g := gomega.NewWithT(t)
	decisions, registry := decisions(t)
	for _, evidence := range []string{"", "status.resources", "annotation seawall.dev/environments"} {
		record := denial()
		record.Evidence = evidence
		decisions.Record(t.Context(), record)
	}
	counted := family(t, registry, "seawall_admission_declared_total")
	g.Expect(counted).To(gomega.HaveLen(1))
	g.Expect(counted[0].GetCounter().GetValue()).To(gomega.Equal(1.0))
}

// TestSeriesAreBounded drives 10,000 rollouts through, each of its own name, namespace and
// user: every kind, policy, reason and operation is among them, and kinds and operations that
// a caller made up.
func TestSeriesAreBounded(t *testing.T) {
	g := gomega.NewWithT(t)
	decisions, registry := decisions(t)
	for i := range 10_000 {
		record := draw(i)
		record.Namespace, record.Name, record.User = fmt.Sprint("namespace-", i), fmt.Sprint("rollout-", i), fmt.Sprint("user-", i)
		record.UID, record.Message, record.Evidence = fmt.Sprint("uid-", i), fmt.Sprint("message ", i), fmt.Sprint("annotation seawall.dev/environments, ", i)
		decisions.Record(t.Context(), record)
	}
	g.Expect(series(t, registry)).To(gomega.Equal(bound(2, 3)))
}

// draw returns the record of a number; every combination comes once before one comes twice.
func draw(number int) audit.Record {
	left := number
	pick := func(from ...string) string {
		picked := from[left%len(from)]
		left /= len(from)
		return picked
	}
	record := denial()
	record.Reason = pick("NoChange", "WithinLimit", "UnresolvedAdmitted", "Overridden",
		"AnnotationMalformed", "PolicyInvalid", "RolloutOverLimit", "SuccessRateMissing", "Unresolved", "WaveOverLimit",
		"NotJudged", "Error", "Overload", "Panic", "SourceLost", "Timeout")
	record.Policy = pick("denies", "warns", "audits")
	record.Operation = pick("CREATE", "UPDATE", "DELETE", fmt.Sprint("OPERATION-", number))
	record.DryRun = pick("yes", "no") == "yes"
	record.Kind = pick("ApplicationSet", "Bundle", fmt.Sprint("Kind", number))
	switch record.Reason {
	case "NotJudged":
		record.Action, record.Policy = "Allow", ""
	case "Error", "Overload", "Panic", "SourceLost", "Timeout":
		record.Action, record.Policy = "Error", ""
	case "NoChange", "WithinLimit", "UnresolvedAdmitted", "Overridden":
		record.Action = "Allow"
	default:
		record.Action = map[string]string{"denies": "Deny", "warns": "Warn", "audits": "Audit"}[record.Policy]
	}
	if !strings.HasSuffix(record.Reason, "Limit") {
		record.Environments, record.WaveEnvironments = 0, 0
	}
	return record
}

// bound is the most series there can be for a number of kinds and of policies, each of which
// has one action, as docs/metrics.md states it.
func bound(kinds, policies int) int {
	const durations, probabilities, environments = 15 + 3, 12 + 3, 13 + 3 // buckets, +Inf, sum and count
	outcomes := 10*policies + 6                                           // 10 reasons of each policy's, 6 of nobody's
	counters := outcomes * 4 * 2                                          // operations, dry-run or not
	return (kinds + 1) * (counters + 5*durations + 4*(probabilities+environments+1) + 3*durations)
}

// series returns the number of series as Prometheus counts them, buckets included.
func series(t *testing.T, registry *prometheus.Registry) int {
	t.Helper()
	families, err := registry.Gather()
	gomega.NewWithT(t).Expect(err).NotTo(gomega.HaveOccurred())
	count := 0
	for _, family := range families {
		for _, metric := range family.GetMetric() {
			if histogram := metric.GetHistogram(); histogram != nil {
				count += len(histogram.GetBucket()) + 2 // +Inf, sum and count, but for this one:
			}
			count++
		}
	}
	return count
}

func TestRegisteringTwiceIsAnError(t *testing.T) {
	g := gomega.NewWithT(t)
	registry := prometheus.NewPedanticRegistry()
	_, err := metrics.NewDecisions(registry, judged)
	g.Expect(err).NotTo(gomega.HaveOccurred())
	_, err = metrics.NewDecisions(registry, judged)
	g.Expect(err).To(gomega.HaveOccurred())
}
