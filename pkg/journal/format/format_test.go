package format_test

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/onsi/gomega"

	"github.com/seawall-dev/seawall/pkg/journal"
	"github.com/seawall-dev/seawall/pkg/journal/format"
)

func sample() *journal.Journal {
	noon := time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC)
	risks := []float64{0.633968, 0.206386}
	found := &journal.Journal{Read: noon.Add(time.Hour), Context: "production", Namespace: "argocd", Displaced: 3, Decisions: []journal.Decision{
		{
			Time: noon, First: noon.Add(-time.Hour), Count: 4, Outcome: journal.Denied, Group: "argoproj.io", Kind: "ApplicationSet", Namespace: "argocd", Name: "tenants",
			Operation: "UPDATE", User: "jane", Authenticated: true, Policy: "default", Reason: "WaveOverLimit", Environments: 100, Wave: 1, WaveEnvironments: 100,
			Probability: &risks[0], Limit: "0.2", SuccessRate: "0.99", Message: "wave 1 syncs 100 environments",
		},
		{
			Time: noon.Add(time.Minute), First: noon.Add(time.Minute), Count: 1, Outcome: journal.Overridden, Group: "argoproj.io", Kind: "ApplicationSet", Namespace: "argocd", Name: "tenants",
			Operation: "UPDATE", User: "@here|`x`", Authenticated: true, Policy: "default", Reason: "Overridden", Environments: 23, Wave: 1, WaveEnvironments: 23,
			Probability: &risks[1], Limit: "0.2", SuccessRate: "0.99", Message: "<b>wave</b> 1", Override: "argocd/incident", OverrideReason: `=HYPERLINK("//evil")`, ApprovedBy: "+oncall",
		},
		{
			Time: noon.Add(2 * time.Minute), First: noon.Add(2 * time.Minute), Count: 1, Outcome: journal.Failed, Kind: "Bundle", Namespace: "argocd", Name: "unread",
			Operation: "CREATE", User: "raj", Reason: "Overloaded",
		},
	}}
	found.Pick(journal.Filter{})
	return found
}

// TestGolden compares each format with its file in testdata; SEAWALL_UPDATE=1 writes them.
func TestGolden(t *testing.T) {
	for _, name := range format.Formats() {
		t.Run(name, func(t *testing.T) {
			g := gomega.NewWithT(t)
			var out bytes.Buffer
			g.Expect(format.Write(&out, sample(), format.Format(name))).To(gomega.Succeed())
			path := filepath.Join("testdata", "audit."+name)
			if os.Getenv("SEAWALL_UPDATE") != "" {
				g.Expect(os.WriteFile(path, out.Bytes(), 0o644)).To(gomega.Succeed())
			}
			want, err := os.ReadFile(path)
			g.Expect(err).NotTo(gomega.HaveOccurred())
			g.Expect(out.String()).To(gomega.Equal(string(want)))
		})
	}
	files, err := os.ReadDir("testdata")
	gomega.NewWithT(t).Expect(err).NotTo(gomega.HaveOccurred())
	gomega.NewWithT(t).Expect(files).To(gomega.HaveLen(len(format.Formats())))
}

func TestNoCellIsAFormula(t *testing.T) {
	g := gomega.NewWithT(t)
	for _, begin := range []string{"=", "+", "-", "@", " =", "\t=", "＝"} {
		found := sample()
		found.Decisions[0].User = begin + "cmd|' /C calc'!A0"
		var out bytes.Buffer
		g.Expect(format.Write(&out, found, format.CSV)).To(gomega.Succeed())
		rows, err := csv.NewReader(&out).ReadAll()
		g.Expect(err).NotTo(gomega.HaveOccurred())
		g.Expect(rows[1]).To(gomega.ContainElement("'" + begin + "cmd|' /C calc'!A0"))
		for _, row := range rows {
			for _, cell := range row {
				g.Expect(strings.TrimSpace(cell)).NotTo(gomega.MatchRegexp("^[=+@＝-]"))
			}
		}
	}
}

func TestJSONIsReadBack(t *testing.T) {
	g := gomega.NewWithT(t)
	var out bytes.Buffer
	g.Expect(format.Write(&out, sample(), format.JSON)).To(gomega.Succeed())
	var found journal.Journal
	g.Expect(json.Unmarshal(out.Bytes(), &found)).To(gomega.Succeed())
	g.Expect(&found).To(gomega.Equal(sample()))
}

func TestUnknownFormat(t *testing.T) {
	err := format.Write(&bytes.Buffer{}, sample(), "xml")
	gomega.NewWithT(t).Expect(err).To(gomega.MatchError(`"xml" is no format: want one of table, wide, json, yaml, csv, markdown`))
}
