package reports

import (
	"testing"

	"github.com/onsi/gomega"
	"github.com/openreports/reports-api/apis/openreports.io/v1alpha1"
	"pgregory.net/rapid"

	"github.com/seawall-dev/seawall/pkg/audit"
)

func TestWhatIsWrittenIsRead(t *testing.T) {
	g := gomega.NewWithT(t)
	report := &v1alpha1.Report{}
	overridden := denied("oncall", 90, 1)
	overridden.Action, overridden.Reason = audit.Allow, "Overridden"
	overridden.Override, overridden.OverrideReason = "argocd/incident", "certificates expire"
	overridden.Authenticated = true
	failed := denied("eve", 20, 2)
	failed.Action, failed.Reason, failed.Policy = audit.Error, "Overloaded", ""
	failed.Group, failed.Version = "", "v1"
	written := []audit.Entry{overridden, denied("eve", 60, 6), failed}
	add(report, written)
	report.Scope = scopeOf(overridden.Record)
	report.Scope.APIVersion = "argoproj.io/v1alpha1"

	read, displaced, err := Read(report)
	g.Expect(err).NotTo(gomega.HaveOccurred())
	g.Expect(displaced).To(gomega.BeZero())
	for i := range written {
		want := written[i].Clean()
		want.Probability = 0.633968
		want.Group, want.Version, want.Duration = "argoproj.io", "v1alpha1", 0
		g.Expect(read[i].Record).To(gomega.Equal(want))
		g.Expect(read[i].Count).To(gomega.Equal(written[i].Count))
		g.Expect(read[i].First).To(gomega.BeTemporally("~", written[i].First, 1e9))
	}
}

func TestWhatMadeRoomIsCounted(t *testing.T) {
	g := gomega.NewWithT(t)
	report := &v1alpha1.Report{}
	for i := range ringSize + 7 {
		entry := denied("eve", i, 1)
		entry.Environments = i + 1
		add(report, []audit.Entry{entry})
	}
	read, displaced, err := Read(report)
	g.Expect(err).NotTo(gomega.HaveOccurred())
	g.Expect(read).To(gomega.HaveLen(ringSize))
	g.Expect(displaced).To(gomega.Equal(7))
}

func TestWhatIsNotSeawallsIsNotRead(t *testing.T) {
	for name, change := range map[string]func(*v1alpha1.Report){
		"another source":           func(r *v1alpha1.Report) { r.Source = "kyverno" },
		"other labels":             func(r *v1alpha1.Report) { delete(r.Labels, componentLabel) },
		"a result of another":      func(r *v1alpha1.Report) { r.Results[0].Source = "kyverno" },
		"no number":                func(r *v1alpha1.Report) { r.Results[0].Properties["probability"] = "NaN" },
		"a property that is wrong": func(r *v1alpha1.Report) { r.Results[0].Properties["environments"] = "many" },
	} {
		t.Run(name, func(t *testing.T) {
			report := &v1alpha1.Report{}
			add(report, []audit.Entry{denied("eve", 0, 1)})
			change(report)
			read, _, err := Read(report)
			g := gomega.NewWithT(t)
			g.Expect(read).To(gomega.BeEmpty())
			if name == "a property that is wrong" {
				g.Expect(err).To(gomega.MatchError(gomega.ContainSubstring("property environments")))
			}
		})
	}
}

func TestReadNeverPanics(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		report := &v1alpha1.Report{Source: source}
		report.Labels = Labels()
		properties := map[string]string{}
		for _, field := range audit.Fields() {
			if field.Property != "" {
				properties[field.Property] = rapid.String().Draw(t, field.Property)
			}
		}
		properties[countProperty], properties[firstProperty] = rapid.String().Draw(t, "count"), rapid.String().Draw(t, "first")
		report.Results = []v1alpha1.ReportResult{{Properties: properties}}
		_, displaced, _ := Read(report)
		if displaced < 0 {
			t.Fatal(displaced)
		}
	})
}
