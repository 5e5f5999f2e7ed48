package argocd_test

import (
	"testing"
	"time"

	"github.com/onsi/gomega"
	"sigs.k8s.io/yaml"

	"github.com/seawall-dev/seawall/pkg/gate"
	"github.com/seawall-dev/seawall/pkg/gate/argocd"
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
	line  = "git.example.com/apps@main"
	pacer = "system:serviceaccount:argocd:argocd-applicationset-controller"
)

func asJSON(tb testing.TB, text string) []byte {
	tb.Helper()
	converted, err := yaml.YAMLToJSON([]byte(text))
	gomega.NewWithT(tb).Expect(err).NotTo(gomega.HaveOccurred())
	return converted
}

func TestRead(t *testing.T) {
	automated := "initiatedBy: {automated: true}"
	want := func(change func(*gate.Start)) *gate.Start {
		start := &gate.Start{
			Environment: gate.Environment{UID: "u1", Namespace: "argocd", Name: "app"}, ResourceVersion: "100",
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
		"a rollback":                           {operation: "operation: {sync: {revision: z}}", want: want(func(s *gate.Start) { s.Release.Revision, s.Class, s.Narrow = "z", gate.Rollback, true })},
		"one that says it was automated":       {operation: "operation: {sync: {revision: z}, " + automated + "}", want: want(func(s *gate.Start) { s.Release.Revision = "z" })},
		"a repair":                             {operation: "operation: {sync: {revision: a, autoHealAttemptsCount: 1}, " + automated + "}", want: want(func(s *gate.Start) { s.Class = gate.Repair })},
		"a repair of a few objects":            {operation: "operation: {sync: {revision: a, resources: [{kind: ConfigMap, name: c}]}, " + automated + "}", want: want(func(s *gate.Start) { s.Narrow = true })},
		"one that only says that it repairs":   {operation: "operation: {sync: {revision: b, autoHealAttemptsCount: 1}, " + automated + "}", want: want(func(s *gate.Start) { s.Release.Revision = "b" })},
		"one of a RollingSync":                 {operation: "operation: {sync: {}, " + automated + "}", user: pacer, want: want(func(s *gate.Start) { s.Class, s.By = gate.Paced, pacer })},
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
			started, err := argocd.Reader{Pacer: pacer}.Read(asJSON(t, stored+test.operation), before, user, time.Unix(0, 0))
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
	_, err := argocd.Reader{}.Read([]byte(`{"operation":7}`), nil, "jane", time.Now())
	g.Expect(err).To(gomega.MatchError(gomega.ContainSubstring("object: ")))
	_, err = argocd.Reader{}.Read([]byte(`{}`), []byte(`[]`), "jane", time.Now())
	g.Expect(err).To(gomega.MatchError(gomega.ContainSubstring("oldObject: ")))
}
