package reports

import (
	"encoding/json"
	"fmt"
	"log/slog"
	"strconv"
	"testing"
	"time"

	"github.com/onsi/gomega"
	"github.com/openreports/reports-api/apis/openreports.io/v1alpha1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"pgregory.net/rapid"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/seawall-dev/seawall/pkg/audit"
)

var noon = time.Date(2026, 11, 20, 12, 0, 0, 500, time.UTC)

// denied returns an entry about a denial of user at so many seconds after noon.
func denied(user string, seconds, count int) audit.Entry {
	at := noon.Add(time.Duration(seconds) * time.Second)
	return audit.Entry{First: at.Add(time.Duration(1-count) * time.Second), Count: count, Record: audit.Record{
		UID: "request-" + strconv.Itoa(seconds), Time: at, Action: audit.Deny, Reason: "WaveOverLimit", Policy: "default",
		Group: "argoproj.io", Version: "v1alpha1", Kind: "ApplicationSet", Namespace: "argocd", Name: "tenants",
		Operation: "UPDATE", User: user, Message: "wave 1 syncs 100 environments",
		Environments: 100, Total: 101, Held: 1, Wave: 1, WaveEnvironments: 100, Probability: 0.6339676587, Limit: "0.2", SuccessRate: "0.99",
	}}
}

func TestReport(t *testing.T) {
	g := gomega.NewWithT(t)
	report := &v1alpha1.Report{}
	add(report, []audit.Entry{denied("eve", 0, 1)})
	again := denied("eve", 60, 5)
	again.RolloutUID = "r1"
	add(report, []audit.Entry{again, denied("mallory", 30, 1)})

	g.Expect(report.Labels).To(gomega.Equal(map[string]string{
		"app.kubernetes.io/managed-by": "seawall", "app.kubernetes.io/component": "admission", "seawall.dev/kind": "ApplicationSet",
	}))
	g.Expect(report.Annotations).To(gomega.Equal(map[string]string{
		"seawall.dev/decisions": "7", "seawall.dev/last-decision": "2026-11-20T12:01:00Z",
	}))
	g.Expect(report.Scope).To(gomega.Equal(&corev1.ObjectReference{
		APIVersion: "argoproj.io/v1alpha1", Kind: "ApplicationSet", Namespace: "argocd", Name: "tenants", UID: "r1",
	}))
	g.Expect(report.Summary).To(gomega.Equal(v1alpha1.ReportSummary{Fail: 2}))
	g.Expect(report.Results).To(gomega.HaveLen(2))
	g.Expect(report.Results[0]).To(gomega.Equal(v1alpha1.ReportResult{
		Source: "seawall", Policy: "default", Rule: "WaveOverLimit", Category: "Rollout waves", Result: "fail", Severity: "high", Scored: true,
		Timestamp:   metav1.Timestamp{Seconds: noon.Unix() + 60, Nanos: 500},
		Description: "wave 1 syncs 100 environments",
		Properties: map[string]string{
			"action": "Deny", "operation": "UPDATE", "user": "eve", "authenticated": "false", "count": "6", "first": "2026-11-20T12:00:00Z", "requestUID": "request-60",
			"environments": "100", "totalEnvironments": "101", "heldEnvironments": "1", "wave": "1", "waveEnvironments": "100",
			"probability": "0.633968", "limit": "0.2", "successRate": "0.99",
		},
	}))
	g.Expect(report.Results[1].Properties).To(gomega.HaveKeyWithValue("user", "mallory"))
}

func TestARecountIsOneResultUntilItIsMended(t *testing.T) {
	g := gomega.NewWithT(t)
	found := func(action, reason string, seconds int) audit.Entry {
		entry := denied("", seconds, 1)
		entry.Action, entry.Reason, entry.Operation, entry.UID = action, reason, audit.Recount, ""
		return entry
	}
	rules := func(report *v1alpha1.Report) (rules []string) {
		for _, result := range report.Results {
			rules = append(rules, result.Rule+" "+result.Properties["operation"])
		}
		return rules
	}
	report := &v1alpha1.Report{}
	add(report, []audit.Entry{found(audit.Deny, "WaveOverLimit", 0)})
	g.Expect(rules(report)).To(gomega.Equal([]string{"WaveOverLimit RECOUNT"}))
	g.Expect(report.Results[0].Properties).NotTo(gomega.Or(gomega.HaveKey("user"), gomega.HaveKey("requestUID")))
	g.Expect(report.Summary).To(gomega.Equal(v1alpha1.ReportSummary{Warn: 1}))
	g.Expect(report.Annotations).To(gomega.Equal(map[string]string{
		"seawall.dev/decisions": "0", "seawall.dev/last-decision": "2026-11-20T12:00:00Z",
	}), "it is no decision, but the report is of today")

	add(report, []audit.Entry{denied("eve", 10, 1), found(audit.Deny, "Unresolved", 20)})
	g.Expect(rules(report)).To(gomega.Equal([]string{"Unresolved RECOUNT", "WaveOverLimit UPDATE"}))
	add(report, []audit.Entry{denied("eve", 30, 1)})
	g.Expect(rules(report)).To(gomega.Equal([]string{"WaveOverLimit UPDATE", "Unresolved RECOUNT"}))
	add(report, []audit.Entry{found(audit.Allow, "WithinLimit", 40), found(audit.Deny, "WaveOverLimit", 35)})
	g.Expect(rules(report)).To(gomega.Equal([]string{"WaveOverLimit UPDATE"}), "the last of them counts")
	g.Expect(report.Annotations).To(gomega.Equal(map[string]string{
		"seawall.dev/decisions": "2", "seawall.dev/last-decision": "2026-11-20T12:00:35Z",
	}))

	alone := &v1alpha1.Report{}
	add(alone, []audit.Entry{found(audit.Deny, "WaveOverLimit", 0), found(audit.Allow, "WithinLimit", 1)})
	g.Expect(alone.Results).To(gomega.BeEmpty())
}

func TestMeaning(t *testing.T) {
	for name, test := range map[string]struct {
		record audit.Record
		want   string
	}{
		"a denial":                            {audit.Record{Action: audit.Deny}, "fail high"},
		"a denial in spite of an override":    {audit.Record{Action: audit.Deny, Override: "apps/incident"}, "fail high"},
		"a warning":                           {audit.Record{Action: audit.Warn}, "warn medium"},
		"an audit":                            {audit.Record{Action: audit.Audit}, "warn low"},
		"an override that was used":           {audit.Record{Action: audit.Allow, Override: "apps/incident"}, "warn high"},
		"an override beside a policy to warn": {audit.Record{Action: audit.Warn, Override: "apps/incident"}, "warn high"},
		"a failure of Seawall's own":          {audit.Record{Action: audit.Error}, "error medium"},
		"a rollout that would be denied":      {audit.Record{Action: audit.Deny, Operation: audit.Recount}, "warn medium"},
		"a rollout that would be warned of":   {audit.Record{Action: audit.Warn, Operation: audit.Recount}, "warn low"},
	} {
		t.Run(name, func(t *testing.T) {
			result, severity := meaningOf(test.record)
			gomega.NewWithT(t).Expect(fmt.Sprint(result, " ", severity)).To(gomega.Equal(test.want))
		})
	}
}

func TestSummaryCountsResultsByMeaning(t *testing.T) {
	g := gomega.NewWithT(t)
	report := &v1alpha1.Report{}
	for i, action := range []string{audit.Deny, audit.Warn, audit.Audit, audit.Error} {
		entry := denied("eve", i, 1)
		entry.Action = action
		add(report, []audit.Entry{entry})
	}
	g.Expect(report.Summary).To(gomega.Equal(v1alpha1.ReportSummary{Fail: 1, Warn: 2, Error: 1}))
}

func TestAFailureIsNoPolicys(t *testing.T) {
	entry := denied("eve", 0, 1)
	entry.Action, entry.Policy = audit.Error, ""
	gomega.NewWithT(t).Expect(newResult(entry).Policy).To(gomega.Equal("-"))
}

func TestTheRingHoldsTheLastThatDiffer(t *testing.T) {
	g := gomega.NewWithT(t)
	report := &v1alpha1.Report{}
	for i := range 30 {
		add(report, []audit.Entry{denied(fmt.Sprint("user-", i), i, 1), denied("controller", i, 1)})
	}
	g.Expect(report.Results).To(gomega.HaveLen(ringSize))
	g.Expect(report.Annotations).To(gomega.HaveKeyWithValue(decisionsAnnotation, "60"))
	var users []string
	for _, result := range report.Results {
		users = append(users, result.Properties["user"])
	}
	g.Expect(users).To(gomega.ContainElements("controller", "user-29", "user-11"))
	g.Expect(users).NotTo(gomega.ContainElement("user-10"), "it made room")
	g.Expect(countOf(report.Results[0]) + countOf(report.Results[1])).To(gomega.Equal(31))
}

// TestNobodyPushesOutWhatIsAboutAnother holds that denials of one user, or reviews that nobody has
// authenticated, leave in a report what was decided about somebody else.
func TestNobodyPushesOutWhatIsAboutAnother(t *testing.T) {
	for name, authenticated := range map[string]bool{"denials of another": true, "forged reviews": false} {
		t.Run(name, func(t *testing.T) {
			g := gomega.NewWithT(t)
			report := &v1alpha1.Report{}
			first := denied("eve", 0, 1)
			first.Authenticated = true
			add(report, []audit.Entry{first})
			for i := range 3 * ringSize {
				other := denied("mallory", i+1, 1)
				if !authenticated {
					other.User = fmt.Sprint("forged-", i)
				}
				other.Authenticated, other.Environments = authenticated, i
				add(report, []audit.Entry{other})
			}
			g.Expect(report.Results).To(gomega.HaveLen(ringSize))
			g.Expect(report.Results[ringSize-1].Properties).To(gomega.HaveKeyWithValue("user", "eve"), "the earliest")
			g.Expect(report.Results[0].Properties).To(gomega.HaveKeyWithValue("environments", strconv.Itoa(3*ringSize-1)), "the latest")
			g.Expect(report.Results[ringSize-2].Properties).To(gomega.HaveKeyWithValue("environments", strconv.Itoa(2*ringSize+1)))
		})
	}
}

func TestWhatIsNotedOnAReport(t *testing.T) {
	entry := func(user string, authenticated bool) []audit.Entry {
		entry := denied(user, 0, 1)
		entry.Authenticated = authenticated
		return []audit.Entry{entry}
	}
	for name, test := range map[string]struct {
		marks func(*v1alpha1.Report)
		want  string
	}{
		"by whom it was begun": {func(r *v1alpha1.Report) {
			mark(r, entry("eve", true), false)
			mark(r, entry("mallory", true), false)
		}, "eve: authenticated true, existed false"},
		"that nobody has authenticated it": {func(r *v1alpha1.Report) {
			mark(r, entry("eve", false), false)
			mark(r, entry("mallory", false), false)
		}, "eve: authenticated false, existed false"},
		"who has, after that": {func(r *v1alpha1.Report) {
			mark(r, entry("eve", false), false)
			mark(r, entry("mallory", true), false)
		}, "mallory: authenticated true, existed false"},
		"not who has not, after that": {func(r *v1alpha1.Report) {
			mark(r, entry("mallory", true), false)
			mark(r, entry("eve", false), false)
		}, "mallory: authenticated true, existed false"},
		"that the rollout existed, for good": {func(r *v1alpha1.Report) {
			mark(r, entry("eve", true), true)
			mark(r, entry("eve", true), false)
		}, "eve: authenticated true, existed true"},
	} {
		t.Run(name, func(t *testing.T) {
			report := &v1alpha1.Report{}
			test.marks(report)
			noted := report.Annotations
			gomega.NewWithT(t).Expect(fmt.Sprintf("%s: authenticated %s, existed %s",
				noted[userAnnotation], noted[authenticatedAnnotation], noted[existedAnnotation])).To(gomega.Equal(test.want))
		})
	}
}

// TestReplicasMayWriteInAnyOrder lets two replicas write the same entries in turns and in one
// go: while the ring is not full, the report is the same.
func TestReplicasMayWriteInAnyOrder(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		g := gomega.NewWithT(t)
		var entries []audit.Entry
		for i := range rapid.IntRange(1, 30).Draw(t, "entries") {
			user := fmt.Sprint("user-", rapid.IntRange(0, ringSize-1).Draw(t, "user"))
			entries = append(entries, denied(user, i, rapid.IntRange(1, 3).Draw(t, "count")))
		}
		once, turns := &v1alpha1.Report{}, &v1alpha1.Report{}
		add(once, entries)
		for _, entry := range rapid.Permutation(entries).Draw(t, "order") {
			add(turns, []audit.Entry{entry})
		}
		g.Expect(turns).To(gomega.Equal(once))
	})
}

// TestAReportThatSomebodyEditedIsMergedAllTheSame proves that nothing in a stored report makes
// a write fail or panic.
func TestAReportThatSomebodyEditedIsMergedAllTheSame(t *testing.T) {
	g := gomega.NewWithT(t)
	result := newResult(denied("eve", 0, 3))
	result.Properties[countProperty] = "many"
	report := &v1alpha1.Report{Results: []v1alpha1.ReportResult{result, {Policy: "x"}, {Policy: "x"}}}
	report.Annotations = map[string]string{decisionsAnnotation: "-", lastAnnotation: "yesterday"}
	add(report, []audit.Entry{denied("eve", 1, 1)})
	g.Expect(report.Results).To(gomega.HaveLen(2))
	g.Expect(report.Results[0].Properties).To(gomega.HaveKeyWithValue(countProperty, "2"))
	g.Expect(report.Annotations).To(gomega.HaveKeyWithValue(decisionsAnnotation, "1"))
}

func TestAFullReportIsSmall(t *testing.T) {
	report := &v1alpha1.Report{}
	for i := range ringSize {
		entry := denied(fmt.Sprint("system:serviceaccount:argocd:argocd-application-controller-", i), i, 1)
		entry.Message = `wave 1 syncs 100 environments at 0.99 each (annotation seawall.dev/sync-success-rate): 63.4% chance that at least one fails, policy "default" allows 20%. ` +
			"At most 22 per wave: set spec.strategy.rollingSync.steps[0].maxUpdate to 22 (5 waves)."
		add(report, []audit.Entry{entry})
	}
	encoded, err := json.Marshal(report)
	g := gomega.NewWithT(t)
	g.Expect(err).NotTo(gomega.HaveOccurred())
	t.Logf("a report with %d usual denials has %d bytes", ringSize, len(encoded))
	g.Expect(len(encoded)).To(gomega.BeNumerically("<", 20_000))
}

func TestOneReportForEachRollout(t *testing.T) {
	g := gomega.NewWithT(t)
	base := denied("eve", 0, 1).Record
	keys := map[client.ObjectKey]bool{keyOf(base): true}
	for _, change := range []func(*audit.Record){
		func(r *audit.Record) { r.Group = "example.com" }, func(r *audit.Record) { r.Kind = "Bundle" },
		func(r *audit.Record) { r.Namespace = "" }, func(r *audit.Record) { r.Name = "tenants-2" },
	} {
		record := base
		change(&record)
		g.Expect(keys).NotTo(gomega.HaveKey(keyOf(record)))
		keys[keyOf(record)] = true
	}
	again := base
	again.RolloutUID, again.Version, again.User, again.Reason = "another", "v1", "mallory", "Unresolved"
	g.Expect(keyOf(again)).To(gomega.Equal(keyOf(base)))
}

// uncounted counts nothing.
type uncounted struct{}

func (uncounted) Written(string, int)         {}
func (uncounted) Dropped(string, string, int) {}
func (uncounted) Pending(string, int)         {}

// BenchmarkRecord measures what an admission pays for a report: a record that is like one
// that waits already, one that is not, and one that does not fit.
func BenchmarkRecord(b *testing.B) {
	for name, capacity := range map[string]int{"alike": 1, "another": 1 << 30, "dropped": 0} {
		b.Run(name, func(b *testing.B) {
			queue := audit.NewQueue("reports", capacity, Writer{Served: &Served{}}, uncounted{}, slog.New(slog.DiscardHandler))
			record := denied("eve", 0, 1).Record
			b.ReportAllocs()
			for i := 0; b.Loop(); i++ {
				if name == "another" {
					record.User = strconv.Itoa(i)
				}
				queue.Record(b.Context(), record)
			}
		})
	}
}
