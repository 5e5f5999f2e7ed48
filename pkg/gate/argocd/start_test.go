package argocd_test

import (
	"strings"
	"testing"
	"time"

	"github.com/onsi/gomega"
	"sigs.k8s.io/yaml"

	"github.com/seawall-dev/seawall/pkg/gate"
	"github.com/seawall-dev/seawall/pkg/gate/argocd"
	"github.com/seawall-dev/seawall/pkg/inventory"
	inventoried "github.com/seawall-dev/seawall/pkg/inventory/argocd"
)

// stored is an Application that is healthy at revision a, and was at z before.
const stored = `
metadata: {namespace: argocd, name: app, uid: u1, resourceVersion: "100", labels: {env: prod}}
spec:
  source: {repoURL: "git@git.example.com:apps.git", path: app, targetRevision: main}
status:
  sync:
    status: Synced
    revision: a
    comparedTo: {source: {repoURL: "git@git.example.com:apps.git", path: app, targetRevision: main}}
  health: {status: Healthy}
  history:
    - {id: 1, revision: z, source: {repoURL: "git@git.example.com:apps.git", path: app, targetRevision: main}}
    - {id: 2, revision: a, source: {repoURL: "git@git.example.com:apps.git", path: app, targetRevision: main}}
  operationState:
    phase: Succeeded
    startedAt: "2026-11-29T11:00:00Z"
    syncResult: {revision: a, source: {repoURL: "git@git.example.com:apps.git", path: app, targetRevision: main}}
`

const (
	line     = "git.example.com/apps@main"
	pacer    = "system:serviceaccount:argocd:argocd-applicationset-controller"
	promoter = "system:serviceaccount:kargo:kargo-controller"
)

// outdated is the same, as long as only what was before the end of its last sync is known of it.
func outdated() string {
	return strings.Replace(stored, "status: Synced", "status: OutOfSync", 1) +
		"    finishedAt: \"2026-11-29T11:00:09Z\"\n  reconciledAt: \"2026-11-29T11:00:05Z\"\n"
}

// drifted is the same, once it is known that it is not what was synced any more.
func drifted() string { return strings.Replace(outdated(), "11:00:05Z", "11:20:00Z", 1) }

// partial is the same, if only some objects of it were synced to revision a.
func partial() string {
	return strings.Replace(stored, "- {id: 2, revision: a,", "- {id: 2, revision: x,", 1) +
		"    operation: {sync: {revision: a, resources: [{kind: ConfigMap, name: other}]}}\n"
}

// mended is the same, if some objects of it were synced to revision a once more.
func mended() string {
	return stored + "    operation: {sync: {revision: a, resources: [{kind: ConfigMap, name: other}]}}\n"
}

func asJSON(tb testing.TB, text string) []byte {
	tb.Helper()
	converted, err := yaml.YAMLToJSON([]byte(text))
	gomega.NewWithT(tb).Expect(err).NotTo(gomega.HaveOccurred())
	return converted
}

// reader returns one that knows of no cluster and no ApplicationSet.
func reader() argocd.Reader {
	registry := inventory.NewStaticRegistry(inventory.Static{})
	argoCD := inventoried.New(registry, "argocd", inventoried.ProgressiveSyncsAuto)
	return argocd.Reader{Applications: argocd.NewApplications(registry, argoCD), Pacer: pacer, Promoter: promoter}
}

func TestRead(t *testing.T) {
	const (
		automated = "initiatedBy: {automated: true}"
		// repair is what Argo CD begins to mend a drift: of those objects only that have drifted.
		repair = "operation: {sync: {revision: a, autoHealAttemptsCount: 1, resources: [{kind: ConfigMap, name: c}]}, " + automated + "}"
	)
	want := func(change func(*gate.Start)) *gate.Start {
		start := &gate.Start{
			Environment: gate.Environment{Kind: "Application", UID: "u1", Namespace: "argocd", Name: "app"}, ResourceVersion: "100",
			Previous: "2026-11-29T11:00:00Z/2", Release: gate.Release{Line: line, Revision: "a"}, Well: true, By: "jane",
			At: time.Unix(0, 0),
		}
		change(start)
		return start
	}
	for name, test := range map[string]struct {
		operation string
		old       string // stored if empty
		created   bool
		user      string
		want      *gate.Start
	}{
		"a write without an operation":    {},
		"a write of another field":        {operation: "operation: {sync: {revision: b}}", old: stored + "operation: {sync: {revision: b}}"},
		"a dry-run":                       {operation: "operation: {sync: {revision: b, dryRun: true}}"},
		"an operation that syncs nothing": {operation: "operation: {info: []}"},
		"an automated sync of a commit":   {operation: "operation: {sync: {revision: b}, " + automated + "}", want: want(func(s *gate.Start) { s.Release.Revision = "b" })},
		"a sync by a person":              {operation: "operation: {sync: {}}", want: want(func(*gate.Start) {})},
		"one that names the branch":       {operation: "operation: {sync: {revision: main}}", want: want(func(*gate.Start) {})},
		"one that names what it is at":    {operation: "operation: {sync: {revision: a}}", want: want(func(*gate.Start) {})},
		"one to another revision":         {operation: "operation: {sync: {revision: feature}}", want: want(func(s *gate.Start) { s.Release.Revision, s.Narrow = "feature", true })},
		"one of a few objects":            {operation: "operation: {sync: {resources: [{kind: ConfigMap, name: c}]}}", want: want(func(s *gate.Start) { s.Narrow = true })},
		"one of local files":              {operation: `operation: {sync: {manifests: ["{}"]}}`, want: want(func(s *gate.Start) { s.Narrow = true })},
		"one of another source": {
			operation: "operation: {sync: {source: {repoURL: https://git.example.com/other, path: app, targetRevision: v2}}}",
			want:      want(func(s *gate.Start) { s.Release.Line, s.Narrow = "git.example.com/other@v2", true }),
		},
		"a rollback":                         {operation: "operation: {sync: {revision: z}}", want: want(func(s *gate.Start) { s.Release.Revision, s.Class, s.Narrow = "z", gate.Rollback, true })},
		"one that says it was automated":     {operation: "operation: {sync: {revision: z}, " + automated + "}", want: want(func(s *gate.Start) { s.Release.Revision = "z" })},
		"a repair":                           {operation: "operation: {sync: {revision: a, autoHealAttemptsCount: 1}, " + automated + "}", want: want(func(s *gate.Start) { s.Class = gate.Repair })},
		"a repair of what has drifted":       {operation: repair, want: want(func(s *gate.Start) { s.Class, s.Narrow = gate.Repair, true })},
		"a repair that was held before":      {operation: repair, old: drifted(), want: want(func(s *gate.Start) { s.Class, s.Narrow = gate.Repair, true })},
		"a repair after another":             {operation: repair, old: mended(), want: want(func(s *gate.Start) { s.Class, s.Narrow = gate.Repair, true })},
		"one of what was synced just now":    {operation: repair, old: outdated(), want: want(func(s *gate.Start) { s.Narrow = true })},
		"the rest, after a part":             {operation: repair, old: partial(), want: want(func(s *gate.Start) { s.Narrow = true })},
		"a repair by a person":               {operation: "operation: {sync: {revision: a, resources: [{kind: ConfigMap, name: c}]}}", want: want(func(s *gate.Start) { s.Narrow = true })},
		"a repair by local files":            {operation: "operation: {sync: {revision: a, manifests: [\"{}\"]}, " + automated + "}", want: want(func(s *gate.Start) { s.Narrow = true })},
		"one that only says that it repairs": {operation: "operation: {sync: {revision: b, autoHealAttemptsCount: 1}, " + automated + "}", want: want(func(s *gate.Start) { s.Release.Revision = "b" })},
		"one of a RollingSync":               {operation: "operation: {sync: {}, " + automated + "}", user: pacer, want: want(func(s *gate.Start) { s.Class, s.By = gate.Paced, pacer })},
		"one of a Promotion": {
			operation: "operation: {sync: {revisions: []}, " + automated + ", info: [{name: Reason, value: x}, {name: kargo.akuity.io/promotion, value: p1}]}", user: promoter,
			want: want(func(s *gate.Start) { s.Class, s.Promotion, s.By = gate.Promoted, "p1", promoter }),
		},
		"one of Kargo's for no Promotion": {
			operation: "operation: {sync: {}, " + automated + "}", user: promoter, want: want(func(s *gate.Start) { s.By = promoter }),
		},
		"one that only says that it is of a Promotion": {
			operation: "operation: {sync: {}, info: [{name: kargo.akuity.io/promotion, value: p1}]}", want: want(func(*gate.Start) {}),
		},
		"one that replaces another":            {operation: "operation: {sync: {revision: c}}", old: stored + "operation: {sync: {revision: b}}", want: want(func(s *gate.Start) { s.Release.Revision, s.Narrow = "c", true })},
		"one with which the object is created": {operation: "operation: {sync: {}}", created: true, want: want(func(s *gate.Start) { s.ResourceVersion, s.Previous = "", "" })},
	} {
		t.Run(name, func(t *testing.T) {
			g := gomega.NewWithT(t)
			old := stored
			if test.old != "" {
				old = test.old
			}
			before := asJSON(t, old)
			if test.created {
				before = nil
			}
			user := "jane"
			if test.user != "" {
				user = test.user
			}
			started, err := reader().Read(gate.Request{
				Object: asJSON(t, stored+test.operation), Old: before, User: user, At: time.Unix(0, 0),
			})
			g.Expect(err).NotTo(gomega.HaveOccurred())
			if test.want == nil {
				g.Expect(started).To(gomega.BeNil())
				return
			}
			g.Expect(started.Start).To(gomega.Equal(*test.want))
		})
	}
}

func TestReadOfWhatIsNoApplication(t *testing.T) {
	g := gomega.NewWithT(t)
	_, err := reader().Read(gate.Request{Object: []byte(`{"operation":7}`), User: "jane", At: time.Now()})
	g.Expect(err).To(gomega.MatchError(gomega.ContainSubstring("object: ")))
	_, err = reader().Read(gate.Request{Object: []byte(`{}`), Old: []byte(`[]`), User: "jane", At: time.Now()})
	g.Expect(err).To(gomega.MatchError(gomega.ContainSubstring("oldObject: ")))
}
