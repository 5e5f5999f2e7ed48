package flux

import (
	"testing"
	"time"

	"github.com/onsi/gomega"
	"sigs.k8s.io/yaml"

	"github.com/seawall-dev/seawall/pkg/gate"
	"github.com/seawall-dev/seawall/pkg/inventory"
)

const (
	follows = `
metadata: {namespace: flux-system, name: app, uid: u1, resourceVersion: "101"}
spec: {sourceRef: {kind: GitRepository, name: fleet}}
`
	chart = `
metadata: {namespace: flux-system, name: app, uid: u1, resourceVersion: "101", generation: 2}
spec: {chart: {spec: {chart: podinfo, sourceRef: {kind: HelmRepository, name: charts}}}}
`
)

func noon() time.Time { return time.Date(2026, 11, 29, 12, 0, 0, 0, time.UTC) }

func read(tb testing.TB, of *kind, text string) *sighted {
	tb.Helper()
	kept := &state{kind: of}
	gomega.NewWithT(tb).Expect(yaml.UnmarshalStrict([]byte(text), &kept.object, yaml.DisallowUnknownFields)).To(gomega.Succeed())
	kept.trim(&inventory.Texts{})
	return &sighted{state: kept}
}

// is returns a status of an object that is Ready, or not, for a reason.
func is(status, reason, more string) string {
	return "status:\n  conditions: [{type: Ready, status: \"" + status + "\", reason: " + reason + "}" + more + "]\n"
}

// doing is the condition of what is being done.
func doing(message string) string {
	return ", {type: Reconciling, status: \"True\", reason: Progressing, message: \"" + message + "\"}"
}

func failure(reason gate.FailureReason) gate.Stage {
	return gate.Stage{Phase: gate.Failed, Reason: reason}
}

// TestStageOfKustomizations has a row for each way in which an admitted start goes on. The start was admitted at noon
// for revision new, when the Kustomization had tried and applied old.
func TestStageOfKustomizations(t *testing.T) {
	const (
		old    = "  lastAttemptedRevision: old\n  lastAppliedRevision: old\n"
		tried  = "  lastAttemptedRevision: new\n  lastAppliedRevision: old\n"
		at     = "  lastAttemptedRevision: new\n  lastAppliedRevision: new\n"
		later  = "  lastAttemptedRevision: newer\n  lastAppliedRevision: newer\n"
		first  = "  lastAttemptedRevision: new\n"
		fetchN = "Fetching manifests for revision new with a timeout of 5m0s"
		fetchO = "Fetching manifests for revision old with a timeout of 5m0s"
		checks = "Running health checks for revision new with a timeout of 5m0s"
	)
	running, settled, void := gate.Stage{Phase: gate.Running}, gate.Stage{Phase: gate.Settled}, gate.Stage{Phase: gate.Void}
	for name, test := range map[string]struct {
		status     string
		suspended  bool
		after      time.Duration
		unwell     bool
		byOperated bool
		fresh      bool
		want       gate.Stage
	}{
		"nothing of it is to be seen":                        {status: is("True", "ReconciliationSucceeded", "") + old, want: void},
		"it is looked at again at what it has":               {status: is("Unknown", "Progressing", doing(fetchO)) + old, want: void},
		"it is about to be fetched":                          {status: is("Unknown", "Progressing", doing(fetchN)) + old, want: running},
		"it is built, and does not say yet that it is tried": {status: is("Unknown", "Progressing", doing("Building manifests for revision new with a timeout of 5m0s")) + old, want: running},
		"another revision is built, which is not tried yet":  {status: is("Unknown", "Progressing", doing("Building manifests for revision newer with a timeout of 5m0s")) + old, want: void},
		"it could not be fetched":                            {status: is("False", "ArtifactFailed", doing("no such file")) + old, want: void},
		"it is built and applied":                            {status: is("Unknown", "Progressing", doing("Detecting drift")) + tried, want: running},
		"its health is waited for":                           {status: is("Unknown", "Progressing", doing(checks)) + tried, want: running},
		"its health is waited for, and need not be":          {status: is("Unknown", "Progressing", doing(checks)) + tried, byOperated: true, want: settled},
		"it is Ready":                                           {status: is("True", "ReconciliationSucceeded", "") + at, want: settled},
		"it is Ready for the first time":                        {status: is("True", "ReconciliationSucceeded", "") + at, fresh: true, want: settled},
		"it is Ready, and looked at again":                      {status: is("Unknown", "Progressing", doing(fetchN)) + at, want: running},
		"it has gone on to a later revision, and is Ready":      {status: is("True", "ReconciliationSucceeded", "") + later, want: settled},
		"it could not be built":                                 {status: is("False", "BuildFailed", "") + tried, want: failure(gate.SyncFailed)},
		"it could not be applied":                               {status: is("False", "ReconciliationFailed", "") + tried, want: failure(gate.SyncFailed)},
		"it could not be applied for the first time":            {status: is("False", "ReconciliationFailed", "") + first, fresh: true, want: failure(gate.SyncFailed)},
		"it could not be pruned":                                {status: is("False", "PruneFailed", "") + tried, want: failure(gate.SyncFailed)},
		"it is not healthy":                                     {status: is("False", "HealthCheckFailed", "") + tried, want: failure(gate.Degraded)},
		"it is not healthy, as it was before":                   {status: is("False", "HealthCheckFailed", "") + tried, unwell: true, want: settled},
		"it is not healthy, and need not be":                    {status: is("False", "HealthCheckFailed", "") + tried, byOperated: true, want: settled},
		"it could not be applied, and was not healthy before":   {status: is("False", "ReconciliationFailed", "") + tried, unwell: true, want: failure(gate.SyncFailed)},
		"a later commit has its health waited for no more":      {status: is("False", "HealthCheckCanceled", "") + tried, want: running},
		"what it depends on is not ready":                       {status: is("False", "DependencyNotReady", "") + tried, want: running},
		"its source is gone":                                    {status: is("False", "ArtifactFailed", "") + tried, want: running},
		"its source is gone for too long":                       {status: is("False", "ArtifactFailed", "") + tried, after: 16 * time.Minute, want: failure(gate.TimedOut)},
		"it takes too long":                                     {status: is("Unknown", "Progressing", doing(checks)) + tried, after: 16 * time.Minute, want: failure(gate.TimedOut)},
		"it is suspended while it is rolled out":                {status: is("Unknown", "Progressing", doing(checks)) + tried, suspended: true, want: void},
		"it is suspended after it was":                          {status: is("True", "ReconciliationSucceeded", "") + at, suspended: true, want: settled},
		"it is suspended after it has failed":                   {status: is("False", "ReconciliationFailed", "") + tried, suspended: true, want: failure(gate.SyncFailed)},
		"it waits for no health (wait: false) and is Ready":     {status: is("True", "ReconciliationSucceeded", "") + at, after: time.Second, want: settled},
		"it is fetched for the first time":                      {status: is("Unknown", "Progressing", doing(fetchN)), fresh: true, want: running},
		"nothing of it is to be seen, and there was no other":   {status: "status: {}\n", fresh: true, want: void},
		"what it is to be at has changed before it was fetched": {status: is("Unknown", "Progressing", doing("Fetching manifests for revision newer with a timeout")) + old, want: void},
	} {
		t.Run(name, func(t *testing.T) {
			text := follows + test.status
			if test.suspended {
				text = "spec: {suspend: true, sourceRef: {kind: GitRepository, name: fleet}}\nmetadata: {namespace: flux-system, name: app}\n" + test.status
			}
			entry := gate.Entry{Start: gate.Start{
				Previous: "old", Release: gate.Release{Revision: "new"}, At: noon(), Well: !test.unwell,
			}}
			if test.fresh {
				entry.Previous = ""
			}
			settling := gate.Settling{ByOperation: test.byOperated, HealthTimeout: 15 * time.Minute}
			stage := read(t, kustomizations(), text).Stage(entry, settling, noon().Add(test.after))
			gomega.NewWithT(t).Expect(stage).To(gomega.Equal(test.want))
		})
	}
}

// TestStageOfHelmReleases does so for those. The start was admitted for 2.0.0 with values b, when 1.0.0 with a was
// released.
func TestStageOfHelmReleases(t *testing.T) {
	const (
		old     = "  lastAttemptedRevision: 1.0.0\n  lastAttemptedConfigDigest: a\n"
		tried   = "  lastAttemptedRevision: 2.0.0\n  lastAttemptedConfigDigest: b\n"
		values  = "  lastAttemptedRevision: 1.0.0\n  lastAttemptedConfigDigest: b\n"
		history = "  history: [{chartVersion: 1.0.0, configDigest: a, status: deployed}]\n"
		upgrade = "Running 'upgrade' action with timeout of 5m0s"
		install = "Running 'install' action with timeout of 5m0s"
		test    = "Running 'test' action with timeout of 5m0s"
	)
	running, settled, void := gate.Stage{Phase: gate.Running}, gate.Stage{Phase: gate.Settled}, gate.Stage{Phase: gate.Void}
	for name, test := range map[string]struct {
		status   string
		artifact string
		after    time.Duration
		want     gate.Stage
	}{
		"another version is there before it is upgraded": {status: is("Unknown", "Progressing", doing(upgrade)) + old, artifact: "3.0.0", want: void},
		"another version is there while it is":           {status: is("Unknown", "Progressing", doing(upgrade)) + tried + history, artifact: "3.0.0", want: running},
		"it is tried, and was Ready at what is released": {status: is("True", "UpgradeSucceeded", "") + tried + history, want: running},

		"nothing of it is to be seen":     {status: is("True", "UpgradeSucceeded", "") + old, want: void},
		"it is about to be upgraded":      {status: is("Unknown", "Progressing", doing(upgrade)) + old + history, artifact: "2.0.0", want: running},
		"it is upgraded":                  {status: is("Unknown", "Progressing", doing(upgrade)) + tried, want: running},
		"only its values are":             {status: is("Unknown", "Progressing", doing(upgrade)) + values, want: running},
		"it is about to be installed":     {status: is("Unknown", "Progressing", doing(install)), want: running},
		"it is tested":                    {status: is("Unknown", "Progressing", doing(test)) + tried, want: running},
		"it is Ready":                     {status: is("True", "UpgradeSucceeded", "") + tried, want: settled},
		"its upgrade has failed":          {status: is("False", "UpgradeFailed", "") + tried, want: failure(gate.SyncFailed)},
		"its installation has":            {status: is("False", "InstallFailed", "") + tried, want: failure(gate.SyncFailed)},
		"its test has":                    {status: is("False", "TestFailed", "") + tried, want: failure(gate.SyncFailed)},
		"it was rolled back":              {status: is("False", "RollbackSucceeded", "") + tried, want: failure(gate.SyncFailed)},
		"a new reconciliation was asked":  {status: is("False", "HealthCheckCanceled", "") + tried, want: running},
		"its chart is not there":          {status: is("False", "SourceNotReady", "") + tried, want: running},
		"its chart is not there for long": {status: is("False", "SourceNotReady", "") + tried, after: 16 * time.Minute, want: failure(gate.TimedOut)},
		"it takes too long":               {status: is("Unknown", "Progressing", doing(upgrade)) + tried, after: 16 * time.Minute, want: failure(gate.TimedOut)},
		"its chart was never there":       {status: is("False", "SourceNotReady", "") + old, want: void},
	} {
		t.Run(name, func(t *testing.T) {
			entry := gate.Entry{Start: gate.Start{Previous: "1.0.0 a", Release: gate.Release{Revision: "2.0.0"}, At: noon(), Well: true}}
			of := read(t, helmReleases(), chart+test.status)
			of.artifact.revision = test.artifact
			stage := of.Stage(entry, gate.Settling{HealthTimeout: 15 * time.Minute}, noon().Add(test.after))
			gomega.NewWithT(t).Expect(stage).To(gomega.Equal(test.want))
		})
	}
}

func TestRecovered(t *testing.T) {
	const at, tried = "  lastAttemptedRevision: new\n  lastAppliedRevision: new\n", "  lastAttemptedRevision: new\n  lastAppliedRevision: old\n"
	for name, test := range map[string]struct {
		status string
		want   bool
	}{
		"it is Ready":        {status: is("True", "ReconciliationSucceeded", "") + at, want: true},
		"it tries again":     {status: is("Unknown", "Progressing", "") + tried},
		"it has failed":      {status: is("False", "HealthCheckFailed", "") + tried},
		"it fails at it now": {status: is("False", "HealthCheckFailed", "") + at},
	} {
		t.Run(name, func(t *testing.T) {
			gomega.NewWithT(t).Expect(read(t, kustomizations(), follows+test.status).Recovered(gate.Failure{}, time.Time{})).To(gomega.Equal(test.want))
		})
	}
}
