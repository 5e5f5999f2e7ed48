package journal

import (
	"testing"
	"time"

	"github.com/onsi/gomega"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/seawall-dev/seawall/pkg/apis/v1alpha1"
	"github.com/seawall-dev/seawall/pkg/audit"
)

var noon = time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC)

func TestOutcome(t *testing.T) {
	for name, test := range map[string]struct {
		record audit.Record
		want   Outcome
	}{
		"a denial":                               {audit.Record{Action: audit.Deny}, Denied},
		"a denial in spite of an override":       {audit.Record{Action: audit.Deny, Override: "apps/incident"}, Denied},
		"a use of an override":                   {audit.Record{Action: audit.Allow, Override: "apps/incident"}, Overridden},
		"an override beside a policy that warns": {audit.Record{Action: audit.Warn, Override: "apps/incident"}, Overridden},
		"a warning":                              {audit.Record{Action: audit.Warn}, Warned},
		"an audit":                               {audit.Record{Action: audit.Audit}, Audited},
		"a failure":                              {audit.Record{Action: audit.Error}, Failed},
		"syncs that waited":                      {audit.Record{Action: audit.Deny, Operation: audit.Hold}, Held},
		"syncs that a failure halted":            {audit.Record{Action: audit.Warn, Operation: audit.Halt}, Held},
		"what the re-count found":                {audit.Record{Action: audit.Deny, Operation: audit.Recount}, Recount},
	} {
		t.Run(name, func(t *testing.T) {
			gomega.NewWithT(t).Expect(outcomeOf(&test.record)).To(gomega.Equal(test.want))
		})
	}
}

func TestFilter(t *testing.T) {
	at := func(hours int) time.Time { return noon.Add(time.Duration(hours) * time.Hour) }
	d := Decision{
		Time: at(0), First: at(-2), Outcome: Denied, Kind: "ApplicationSet", Policy: "default",
		User: "system:serviceaccount:argocd:argocd-application-controller",
	}
	for name, test := range map[string]struct {
		filter Filter
		want   bool
	}{
		"nothing":                          {Filter{}, true},
		"since the last of them":           {Filter{Since: at(0)}, true},
		"since after the last":             {Filter{Since: at(1)}, false},
		"until the first of them":          {Filter{Until: at(-2)}, true},
		"until before the first":           {Filter{Until: at(-3)}, false},
		"a time between two of them":       {Filter{Since: at(-1), Until: at(-1)}, true},
		"the kind in another case":         {Filter{Kind: "applicationset"}, true},
		"another kind":                     {Filter{Kind: "Bundle"}, false},
		"the policy":                       {Filter{Policy: "default"}, true},
		"a part of the policy":             {Filter{Policy: "def"}, false},
		"a namespace's service accounts":   {Filter{User: "system:serviceaccount:argocd:*"}, true},
		"any controller":                   {Filter{User: "*:argocd-*-controller"}, true},
		"another's service accounts":       {Filter{User: "system:serviceaccount:flux-system:*"}, false},
		"an end that overlaps a beginning": {Filter{Policy: "defaul*ult"}, false},
		"one of several results":           {Filter{Outcomes: []Outcome{Warned, Denied}}, true},
		"another result":                   {Filter{Outcomes: []Outcome{Warned}}, false},
	} {
		t.Run(name, func(t *testing.T) {
			gomega.NewWithT(t).Expect(test.filter.accepts(&d)).To(gomega.Equal(test.want))
		})
	}
}

func TestParseTime(t *testing.T) {
	for text, want := range map[string]time.Time{
		"24h":                  noon.Add(-24 * time.Hour),
		"90m":                  noon.Add(-90 * time.Minute),
		"7d":                   noon.AddDate(0, 0, -7),
		"2w":                   noon.AddDate(0, 0, -14),
		"2026-11-01":           time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC),
		"2026-11-20T08:00:00Z": noon.Add(-4 * time.Hour),
	} {
		t.Run(text, func(t *testing.T) {
			g := gomega.NewWithT(t)
			at, err := ParseTime(text, noon)
			g.Expect(err).NotTo(gomega.HaveOccurred())
			g.Expect(at).To(gomega.BeTemporally("==", want))
		})
	}
	for _, text := range []string{"", "yesterday", "-24h", "-1d", "1.5d", "99999999d", "2026-13-01"} {
		t.Run("not "+text, func(t *testing.T) {
			_, err := ParseTime(text, noon)
			gomega.NewWithT(t).Expect(err).To(gomega.MatchError(gomega.ContainSubstring("is no time: want how long ago")))
		})
	}
}

func TestSummary(t *testing.T) {
	g := gomega.NewWithT(t)
	found := &Journal{Decisions: []Decision{
		{Time: noon, First: noon, Count: 2, Outcome: Denied, Kind: "Bundle", Name: "b", User: "eve"},
		{Time: noon.Add(-time.Hour), First: noon.Add(-2 * time.Hour), Count: 3, Outcome: Denied, Kind: "Bundle", Name: "a", User: "eve", Authenticated: true},
		{Time: noon.Add(time.Hour), First: noon, Count: 1, Outcome: Overridden, Kind: "Bundle", Name: "a", User: "raj", Authenticated: true},
		{Time: noon, First: noon, Count: 1, Outcome: Recount, Kind: "Bundle", Name: "c", Authenticated: true},
	}}
	found.Pick(Filter{})
	g.Expect(found.Decisions[0].Name).To(gomega.Equal("a"), "sorted by time")
	g.Expect(found.Summary).To(gomega.Equal(Summary{
		Decisions: 6, Results: 4, ByOutcome: map[Outcome]int{Denied: 5, Overridden: 1, Recount: 1}, Rollouts: 3, Users: 2, Unauthenticated: 2,
		First: noon.Add(-2 * time.Hour), Last: noon.Add(time.Hour),
	}))
	g.Expect(found.Summary.String()).To(gomega.Equal("6 decisions about 3 rollouts by 2 users: 5 denied, 1 overridden; 1 finding of the re-count"))
	g.Expect(Summary{}.String()).To(gomega.Equal("nothing is on the record"))

	most := Most(found.Decisions, 1, func(d *Decision) string { return d.User })
	g.Expect(most).To(gomega.Equal([]Tally{{Name: "eve", Decisions: 5, ByOutcome: map[Outcome]int{Denied: 5}}}))
}

func TestWhoApproved(t *testing.T) {
	g := gomega.NewWithT(t)
	override := func(name, by string, created time.Time) v1alpha1.WaveOverride {
		return v1alpha1.WaveOverride{
			ObjectMeta: metav1.ObjectMeta{Namespace: "argocd", Name: name, CreationTimestamp: metav1.NewTime(created)},
			Status:     v1alpha1.WaveOverrideStatus{CreatedBy: by},
		}
	}
	found := &Journal{Decisions: []Decision{
		{Time: noon, Override: "argocd/first, argocd/second"},
		{Time: noon, Override: "argocd/again"},
		{Time: noon, Override: "argocd/gone"},
		{Time: noon},
	}}
	found.explain([]v1alpha1.WaveOverride{
		override("first", "oncall", noon.Add(-time.Hour)), override("second", "jane", noon.Add(-time.Hour)),
		override("again", "mallory", noon.Add(time.Hour)), override("unused", "raj", noon.Add(-time.Hour)),
	})
	var approvers []string
	for _, d := range found.Decisions {
		approvers = append(approvers, d.ApprovedBy)
	}
	g.Expect(approvers).To(gomega.Equal([]string{"oncall, jane", "", "", ""}), "another of the same name did not approve")
	g.Expect(found.Overrides).To(gomega.HaveLen(2))
}
