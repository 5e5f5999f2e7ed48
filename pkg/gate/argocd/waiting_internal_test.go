package argocd

import (
	"testing"
	"time"

	"github.com/onsi/gomega"

	"github.com/seawall-dev/seawall/pkg/gate"
)

// TestWaits has a row for each Application that Argo CD would start by itself, and each that it would not.
func TestWaits(t *testing.T) {
	const (
		automated = "  syncPolicy: {automated: {}}\n"
		outdated  = "status:\n  reconciledAt: \"2026-11-29T11:58:00Z\"\n  sync: {status: OutOfSync, revision: new, " + comparedTo + "}\n"
		last      = "  operationState: {phase: Failed, syncResult: {revision: new, source: {repoURL: https://git.example.com/apps.git, path: app, targetRevision: main}}}\n"
	)
	annotated := func(key, value, fields string) string {
		return "metadata: {namespace: argocd, name: app, uid: u1, annotations: {" + key + ": \"" + value + "\"}" + fields + "}\n" +
			"spec:\n  source: {repoURL: https://git.example.com/apps.git, path: app, targetRevision: main}\n"
	}
	written := func(at string) string {
		return ", managedFields: [{time: \"2026-11-29T10:00:00Z\", fieldsV1: {}}, {time: \"" + at +
			"\", fieldsV1: {'f:metadata': {'f:annotations': {'f:argocd.argoproj.io/refresh': {}}}}}]"
	}
	for name, test := range map[string]struct {
		app           string
		deleting      bool
		waits, called bool
		unknown       bool
	}{
		"out of sync":                {app: head + automated + outdated, waits: true},
		"in sync":                    {app: head + automated + "status: {sync: {status: Synced, revision: new}}\n"},
		"synced by hand only":        {app: head + outdated},
		"automated, and turned off":  {app: head + "  syncPolicy: {automated: {enabled: false}}\n" + outdated},
		"being deleted":              {app: head + automated + outdated, deleting: true},
		"about to sync":              {app: head + automated + "operation: {sync: {}}\n" + outdated},
		"syncing":                    {app: head + automated + outdated + "  operationState: {phase: Running}\n"},
		"failed at this revision":    {app: head + automated + outdated + last},
		"failed at another":          {app: head + automated + outdated + "  operationState: {phase: Failed, syncResult: {revision: old}}\n", waits: true},
		"failed with another source": {app: head + automated + outdated + "  operationState: {phase: Failed, syncResult: {revision: new, source: {path: before}}}\n", waits: true},
		"told not to be looked at":   {app: annotated(skipAnnotation, "true", "") + automated + outdated},
		"told to be looked at":       {app: annotated(skipAnnotation, "false", "") + automated + outdated, waits: true},
		"asked to be looked at":      {app: annotated(refreshAnnotation, "normal", written("2026-11-29T11:59:01Z")) + automated + outdated, waits: true, called: true},
		"asked nobody knows when":    {app: annotated(refreshAnnotation, "normal", "") + automated + outdated, waits: true, called: true, unknown: true},
	} {
		t.Run(name, func(t *testing.T) {
			g := gomega.NewWithT(t)
			app := read(t, test.app)
			if test.deleting {
				app.Metadata.DeletionTimestamp = "2026-11-29T11:59:00Z"
			}
			now := app.state()
			standing := now.Standing(gate.Settling{}, noon())
			g.Expect(standing.Waits).To(gomega.Equal(test.waits))
			g.Expect(standing.Called).To(gomega.Equal(test.called))
			if test.called && !test.unknown {
				g.Expect(standing.CalledAt).To(gomega.Equal(noon().Add(-59 * time.Second)))
			} else {
				g.Expect(standing.CalledAt).To(gomega.BeZero())
			}
			if test.waits {
				g.Expect(standing.Looked).To(gomega.Equal(noon().Add(-2 * time.Minute)))
				g.Expect(standing.Next.Release.Revision).To(gomega.Equal("new"))
			}
		})
	}
}
