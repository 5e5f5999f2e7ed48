package reports

import (
	"testing"

	"github.com/onsi/gomega"
	"github.com/openreports/reports-api/apis/openreports.io/v1alpha1"

	"github.com/seawall-dev/seawall/pkg/audit"
)

// outgrown returns the report of a rollout that was denied once and that the re-count finds.
func outgrown(change func(*audit.Entry)) *v1alpha1.Report {
	entry := denied("", 60, 1)
	entry.Operation, entry.RolloutUID, entry.Authenticated = audit.Recount, "r1", true
	if change != nil {
		change(&entry)
	}
	report := &v1alpha1.Report{}
	key := keyOf(entry.Record)
	report.Namespace, report.Name = key.Namespace, key.Name
	add(report, []audit.Entry{denied("eve", 90, 1), entry})
	return report
}

func TestWhatTheRecountFoundIsReadFromItsReport(t *testing.T) {
	g := gomega.NewWithT(t)
	found, is := findingOf(outgrown(nil))
	g.Expect(is).To(gomega.BeTrue())
	g.Expect(found).To(gomega.Equal(audit.Record{
		Operation: audit.Recount, Action: audit.Deny, Reason: "WaveOverLimit", Policy: "default",
		Group: "argoproj.io", Version: "v1alpha1", Kind: "ApplicationSet", Namespace: "argocd", Name: "tenants",
	}))
	found, is = findingOf(outgrown(func(e *audit.Entry) { e.Action, e.Reason, e.Override = audit.Allow, "Overridden", "argocd/incident" }))
	g.Expect(is).To(gomega.BeTrue(), "what an override permits has been recorded, too")
	g.Expect(found.Action).To(gomega.Equal(audit.Allow))
	found, is = findingOf(outgrown(func(e *audit.Entry) { e.Policy = "" }))
	g.Expect(is).To(gomega.BeTrue())
	g.Expect(found.Policy).To(gomega.BeEmpty())
}

func TestWhatIsNoFindingOfTheRecount(t *testing.T) {
	recounted := func(report *v1alpha1.Report) *v1alpha1.ReportResult {
		for i := range report.Results {
			if report.Results[i].Properties[operationProperty] == audit.Recount {
				return &report.Results[i]
			}
		}
		return &v1alpha1.ReportResult{}
	}
	for name, change := range map[string]func(*v1alpha1.Report){
		"of writes only":               func(r *v1alpha1.Report) { recounted(r).Properties[operationProperty] = "UPDATE" },
		"under the name of another":    func(r *v1alpha1.Report) { r.Scope.Name = "search" },
		"of another kind":              func(r *v1alpha1.Report) { r.Scope.Kind = "Bundle" },
		"of another group":             func(r *v1alpha1.Report) { r.Scope.APIVersion = "example.com/v1" },
		"of a version that is none":    func(r *v1alpha1.Report) { r.Scope.APIVersion = "a/b/c" },
		"of another source":            func(r *v1alpha1.Report) { r.Source = "kyverno" },
		"about nothing":                func(r *v1alpha1.Report) { r.Scope = nil },
		"with an action that is none":  func(r *v1alpha1.Report) { recounted(r).Properties[actionProperty] = "Ignore" },
		"with nothing that is wrong":   func(r *v1alpha1.Report) { recounted(r).Properties[actionProperty] = audit.Allow },
		"without any properties of it": func(r *v1alpha1.Report) { recounted(r).Properties = nil },
	} {
		t.Run(name, func(t *testing.T) {
			report := outgrown(nil)
			change(report)
			_, is := findingOf(report)
			gomega.NewWithT(t).Expect(is).To(gomega.BeFalse())
		})
	}
}
