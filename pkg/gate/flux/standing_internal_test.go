package flux

import (
	"testing"
	"time"

	"github.com/onsi/gomega"

	"github.com/seawall-dev/seawall/pkg/gate"
)

// TestStandingOfKustomizations has a row for each way in which one stands whose source has revision new since 11:50.
func TestStandingOfKustomizations(t *testing.T) {
	const (
		old   = "  lastAttemptedRevision: old\n  lastAppliedRevision: old\n"
		tried = "  lastAttemptedRevision: new\n  lastAppliedRevision: old\n"
		at    = "  lastAttemptedRevision: new\n  lastAppliedRevision: new\n"
		fetch = "Fetching manifests for revision new with a timeout of 5m0s"
		again = "Fetching manifests for revision old with a timeout of 5m0s"
	)
	asked := func(at, handled string) (metadata, status string) {
		return "metadata: {namespace: flux-system, name: app, annotations: {reconcile.fluxcd.io/requestedAt: \"" + at + "\"}}\n" +
			"spec: {sourceRef: {kind: GitRepository, name: fleet}}\n", "  lastHandledReconcileAt: \"" + handled + "\"\n"
	}
	now, handled := asked("2026-11-29T11:59:51Z", "")
	lately, _ := asked("2026-11-29T11:59:50Z", "")
	_, done := asked("", "2026-11-29T11:59:51Z")
	unknown, _ := asked("now", "")
	fifty := noon().Add(-10 * time.Minute)
	for name, test := range map[string]struct {
		head, status          string
		noSource, blocked     bool
		done, underway, waits bool
		called                bool
		looked                time.Time
	}{
		"it is at what its source has":         {status: is("True", "ReconciliationSucceeded", "") + at, done: true},
		"it is looked at again":                {status: is("Unknown", "Progressing", doing(again)) + old, done: true, waits: true},
		"it is behind":                         {status: is("True", "ReconciliationSucceeded", "") + old, done: true, waits: true},
		"it is behind, and nobody knows that":  {status: is("True", "ReconciliationSucceeded", "") + old, noSource: true, done: true, looked: time.Time{}},
		"it is behind, and has failed there":   {status: is("False", "HealthCheckFailed", "") + "  lastAttemptedRevision: old\n", waits: true},
		"it has never been anywhere":           {status: "status: {}\n", waits: true},
		"it is suspended":                      {head: "spec: {suspend: true, sourceRef: {kind: GitRepository, name: fleet}}\n", status: is("True", "ReconciliationSucceeded", "") + old, done: true},
		"it is being deleted":                  {head: "metadata: {namespace: flux-system, name: app, deletionTimestamp: \"2026-11-29T11:59:51Z\"}\n", status: is("True", "ReconciliationSucceeded", "") + old, done: true},
		"its source was not there":             {status: is("False", "ArtifactFailed", "") + old, waits: true},
		"its health was waited for no more":    {status: is("False", "HealthCheckCanceled", "") + old, waits: true},
		"what it depends on is not ready":      {status: is("False", "DependencyNotReady", "") + old, blocked: true},
		"what it depends on has become ready":  {status: is("False", "DependencyNotReady", "") + old, waits: true},
		"it is about to be fetched":            {status: is("Unknown", "Progressing", doing(fetch)) + old, underway: true},
		"it is rolled out":                     {status: is("Unknown", "Progressing", doing("Detecting drift")) + tried, underway: true},
		"it has failed":                        {status: is("False", "HealthCheckFailed", "") + tried},
		"it is behind, and Flux was asked":     {head: now, status: is("True", "ReconciliationSucceeded", "") + old + handled, done: true, waits: true, called: true, looked: noon().Add(-9 * time.Second)},
		"it was asked ten seconds ago":         {head: lately, status: is("True", "ReconciliationSucceeded", "") + old + handled, done: true, waits: true, looked: noon().Add(-10 * time.Second)},
		"it was asked, and has said so":        {head: now, status: is("True", "ReconciliationSucceeded", "") + old + done, done: true, waits: true, looked: noon().Add(-9 * time.Second)},
		"it was asked by a person at no time ": {head: unknown, status: is("True", "ReconciliationSucceeded", "") + old, done: true, waits: true},
	} {
		t.Run(name, func(t *testing.T) {
			g := gomega.NewWithT(t)
			head := test.head
			if head == "" {
				head = follows
			}
			of := read(t, kustomizations(), head+test.status)
			of.isBlocked = test.blocked
			if !test.noSource {
				of.artifact = artifact{"new", fifty}
			}
			if test.looked.IsZero() && !test.noSource {
				test.looked = fifty
			}
			standing := of.Standing(gate.Settling{}, noon())
			g.Expect(standing.Done).To(gomega.Equal(test.done), "done")
			g.Expect(standing.Underway).To(gomega.Equal(test.underway), "under way")
			g.Expect(standing.Waits).To(gomega.Equal(test.waits), "waits")
			g.Expect(standing.Called).To(gomega.Equal(test.called), "called")
			g.Expect(standing.Looked).To(gomega.BeTemporally("==", test.looked))
			g.Expect(standing.Release.Revision).To(gomega.Equal(of.Status.LastAttemptedRevision))
			if test.waits {
				g.Expect(standing.Next.Release.Revision).To(gomega.Equal("new"))
				g.Expect(standing.Next.Previous).To(gomega.Equal(of.Status.LastAttemptedRevision))
			}
		})
	}
}

func TestStandingOfHelmReleases(t *testing.T) {
	const (
		digest = "metadata: {namespace: a, name: b, generation: 1}\nspec: {chartRef: {kind: OCIRepository, name: podinfo}}\n"
		oci    = "  lastAttemptedRevision: 2.0.0+abc\n  lastAttemptedRevisionDigest: \"sha256:abc\"\n  lastAttemptedGeneration: 1\n"
		tried  = "  lastAttemptedRevision: 1.0.0\n  lastAttemptedGeneration: 2\n"
		next   = "  lastAttemptedRevision: 2.0.0\n  lastAttemptedGeneration: 2\n"

		history = "  history: [{chartVersion: 1.0.0, status: deployed}]\n"
		latest  = "  lastAttemptedRevision: 2.0.0+abc\n  lastAttemptedRevisionDigest: \"latest@sha256:abc\"\n  lastAttemptedGeneration: 1\n"
		other   = "metadata: {namespace: a, name: b, generation: 2}\nspec: {chartRef: {kind: ExternalArtifact, name: podinfo}}\n"
		upgrade = "Running 'upgrade' action with timeout of 5m0s"
	)
	for name, test := range map[string]struct {
		head, status, artifact string
		line                   string
		done, underway, waits  bool
	}{
		"at the version of its chart":        {head: chart, status: is("True", "A", "") + tried, artifact: "1.0.0", done: true},
		"behind it":                          {head: chart, status: is("True", "A", "") + tried, artifact: "2.0.0", done: true, waits: true},
		"edited since":                       {head: chart, status: is("True", "A", "") + "  lastAttemptedRevision: 1.0.0\n  lastAttemptedGeneration: 1\n", artifact: "1.0.0", done: true, waits: true},
		"released":                           {head: chart, status: is("True", "A", "") + tried + history, artifact: "1.0.0", done: true},
		"tried, and refused before it was":   {head: chart, status: is("True", "A", "") + next + history, artifact: "2.0.0", waits: true},
		"refused once it was announced":      {head: chart, status: is("Unknown", "A", doing(upgrade)) + tried + history, artifact: "2.0.0", waits: true},
		"upgraded again, as it was forced":   {head: chart, status: is("Unknown", "A", doing(upgrade)) + tried + history, artifact: "1.0.0"},
		"refused since its chart is there":   {head: chart, status: is("False", "SourceNotReady", ""), artifact: "1.0.0", waits: true},
		"refused before it was installed":    {head: chart, status: is("Unknown", "A", doing("Running 'install' action")), artifact: "1.0.0", waits: true},
		"upgraded to what is tried":          {head: chart, status: is("Unknown", "A", doing(upgrade)) + next + history, artifact: "2.0.0", underway: true},
		"at the digest of a tag":             {head: digest, status: is("True", "A", "") + latest, artifact: "latest@sha256:abc", done: true, line: "OCIRepository a/podinfo"},
		"behind the digest of a tag":         {head: digest, status: is("True", "A", "") + latest, artifact: "latest@sha256:def", done: true, waits: true, line: "OCIRepository a/podinfo"},
		"at a version that nobody knows":     {head: other, status: is("True", "A", "") + tried, artifact: "v7", done: true, line: "ExternalArtifact a/podinfo"},
		"upgraded":                           {head: chart, status: is("Unknown", "A", doing("Running 'upgrade' action")) + tried, artifact: "2.0.0", underway: true},
		"at the digest of its repository":    {head: digest, status: is("True", "A", "") + oci, artifact: "2.0.0@sha256:abc", done: true, line: "OCIRepository a/podinfo"},
		"behind that":                        {head: digest, status: is("True", "A", "") + oci, artifact: "2.0.0@sha256:def", done: true, waits: true, line: "OCIRepository a/podinfo"},
		"failed at the version of its chart": {head: chart, status: is("False", "UpgradeFailed", "") + tried, artifact: "1.0.0"},
	} {
		t.Run(name, func(t *testing.T) {
			g := gomega.NewWithT(t)
			of := read(t, helmReleases(), test.head+test.status)
			of.artifact = artifact{test.artifact, noon()}
			standing := of.Standing(gate.Settling{}, noon())
			g.Expect(standing.Done).To(gomega.Equal(test.done), "done")
			g.Expect(standing.Underway).To(gomega.Equal(test.underway), "under way")
			g.Expect(standing.Waits).To(gomega.Equal(test.waits), "waits")
			if test.line == "" {
				test.line = "HelmRepository flux-system/charts#podinfo"
			}
			g.Expect(standing.Release.Line).To(gomega.Equal(test.line))
		})
	}
}
