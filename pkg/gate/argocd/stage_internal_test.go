package argocd

import (
	"testing"
	"time"

	"github.com/onsi/gomega"
	"sigs.k8s.io/yaml"

	"github.com/seawall-dev/seawall/pkg/gate"
)

// head is what all Applications of these tests have. It was compared with revision new, which is that of the
// start.
const head = `
metadata: {namespace: argocd, name: app, uid: u1}
spec:
  source: {repoURL: https://git.example.com/apps.git, path: app, targetRevision: main}
`

const comparedTo = `comparedTo: {source: {repoURL: https://git.example.com/apps.git, path: app, targetRevision: main}}`

const result = `syncResult: {revision: new, source: {repoURL: https://git.example.com/apps.git, path: app, targetRevision: main}}`

func noon() time.Time { return time.Date(2026, 11, 29, 12, 0, 0, 0, time.UTC) }

func read(tb testing.TB, text string) *application {
	tb.Helper()
	var app application
	gomega.NewWithT(tb).Expect(yaml.UnmarshalStrict([]byte(text), &app, yaml.DisallowUnknownFields)).To(gomega.Succeed())
	return &app
}

func sightOf(app *application, heard time.Time) gate.Sight {
	state := app.state()
	return gate.Sight{UID: state.uid, ResourceVersion: state.resourceVersion, State: &state, Heard: heard}
}

// TestStage has a row for each way in which an admitted start goes on. The start was admitted at noon at
// resource version 100, when the Application was healthy and its last sync had started at 11:00.
func TestStage(t *testing.T) {
	failed := func(reason gate.FailureReason) gate.Stage { return gate.Stage{Phase: gate.Failed, Reason: reason} }
	running, settled, void := gate.Stage{Phase: gate.Running}, gate.Stage{Phase: gate.Settled}, gate.Stage{Phase: gate.Void}
	const (
		ended = `operationState: {phase: Succeeded, startedAt: "2026-11-29T12:00:01Z", finishedAt: "2026-11-29T12:00:02Z", ` + result + `}`
		fresh = `reconciledAt: "2026-11-29T12:00:03Z"`
		stale = `reconciledAt: "2026-11-29T12:00:02Z"`
		atNew = `sync: {status: Synced, revision: new, ` + comparedTo + `}`
		ofOld = `sync: {status: Synced, revision: old, ` + comparedTo + `}`
		drift = `sync: {status: OutOfSync, revision: new, ` + comparedTo + `}`
		later = `sync: {status: OutOfSync, revision: newer, ` + comparedTo + `}`
	)
	of := func(parts ...string) string {
		text := "status:\n"
		for _, part := range parts {
			text += "  " + part + "\n"
		}
		return text
	}
	health := func(status string) string { return "health: {status: " + status + "}" }
	for name, test := range map[string]struct {
		version    string // 101 if empty
		app        string // nothing for none
		after      time.Duration
		heard      time.Duration
		unwell     bool
		byOperated bool
		want       gate.Stage
	}{
		"the watch has not shown the start yet":        {version: "100", app: of(atNew), want: gate.Stage{}},
		"nor has it for long, and it is silent itself": {version: "100", app: of(atNew), after: time.Hour, heard: time.Minute, want: gate.Stage{}},
		"nor has it for long, and it tells of others":  {version: "100", app: of(atNew), after: time.Hour, heard: 91 * time.Second, want: void},
		"the watch is behind by more than the start":   {version: "99", app: of(atNew), want: gate.Stage{}},
		"it is not there yet":                          {want: gate.Stage{}},
		"it is gone":                                   {heard: 91 * time.Second, want: void},
		"the next version shows no operation":          {app: of(ofOld, `operationState: {phase: Succeeded, startedAt: "2026-11-29T11:00:00Z"}`), want: void},
		"the operation was taken back before it ran":   {app: of(ofOld), want: void},
		"it is set": {app: "operation: {sync: {revision: new}}\n" + of(ofOld), want: running},
		"it is set, and the last one had been retried": {app: "operation: {sync: {}}\n" + of(`operationState: {phase: Failed, retryCount: 2, startedAt: "2026-11-29T11:00:00Z"}`), want: running},
		"it runs":                                                 {app: "operation: {sync: {}}\n" + of(`operationState: {phase: Running, startedAt: "2026-11-29T12:00:01Z"}`), want: running},
		"it ends, and is not taken off yet":                       {app: "operation: {sync: {}}\n" + of(ended, atNew, fresh, health("Healthy")), want: running},
		"it is being terminated":                                  {app: of(`operationState: {phase: Terminating, startedAt: "2026-11-29T12:00:01Z"}`), want: running},
		"its first pass has failed, and it tries again":           {app: "operation: {sync: {}}\n" + of(`operationState: {phase: Running, retryCount: 1, startedAt: "2026-11-29T12:00:01Z"}`), want: gate.Stage{Phase: gate.Failed, Reason: gate.SyncFailed, Syncing: true}},
		"it has failed":                                           {app: of(`operationState: {phase: Failed, startedAt: "2026-11-29T12:00:01Z"}`), want: failed(gate.SyncFailed)},
		"it could not be done":                                    {app: of(`operationState: {phase: Error, startedAt: "2026-11-29T12:00:01Z"}`), want: failed(gate.SyncFailed)},
		"a dry-run has failed since":                              {app: of(`operationState: {phase: Failed, startedAt: "2026-11-29T12:00:05Z", operation: {sync: {dryRun: true}}}`, atNew, fresh, health("Healthy")), want: settled},
		"a dry-run runs since":                                    {app: "operation: {sync: {dryRun: true}}\n" + of(`operationState: {phase: Running, startedAt: "2026-11-29T12:00:05Z", operation: {sync: {dryRun: true}}}`, atNew, fresh, health("Progressing")), want: running},
		"it is healthy":                                           {app: of(ended, atNew, fresh, health("Healthy")), want: settled},
		"it is healthy, and was looked at in the same second":     {app: of(ended, atNew, stale, health("Healthy")), want: settled},
		"it is healthy as it was before":                          {app: of(ended, ofOld, stale, health("Healthy")), want: running},
		"it is suspended":                                         {app: of(ended, atNew, fresh, health("Suspended")), want: settled},
		"nothing of it has health":                                {app: of(ended, atNew, fresh), want: settled},
		"it is healthy and still out of sync, as after a prune":   {app: of(ended, drift, fresh, health("Healthy")), after: 13 * time.Second, want: settled},
		"so it is, and Argo CD may not have seen what it applied": {app: of(ended, drift, fresh, health("Healthy")), after: 12 * time.Second, want: running},
		"it is healthy, and a later commit is seen":               {app: of(ended, later, fresh, health("Healthy")), after: 13 * time.Second, want: settled},
		"it progresses":                                           {app: of(ended, atNew, fresh, health("Progressing")), want: running},
		"it progresses for too long":                              {app: of(ended, atNew, fresh, health("Progressing")), after: 16 * time.Minute, want: failed(gate.TimedOut)},
		"it is missing for a while":                               {app: of(ended, atNew, fresh, health("Missing")), want: running},
		"it is missing for too long":                              {app: of(ended, atNew, fresh, health("Missing")), after: 16 * time.Minute, want: failed(gate.TimedOut)},
		"nobody knows its health for a while":                     {app: of(ended, atNew, fresh, health("Unknown")), want: running},
		"nobody knows its health for too long":                    {app: of(ended, atNew, fresh, health("Unknown")), after: 16 * time.Minute, want: settled},
		"it is degraded":                                          {app: of(ended, atNew, fresh, health("Degraded")), want: failed(gate.Degraded)},
		"it is degraded, as far as was known before it ended":     {app: of(ended, ofOld, stale, health("Degraded")), want: running},
		"it is degraded, as it was before":                        {app: of(ended, atNew, fresh, health("Degraded")), unwell: true, want: settled},
		"it progresses, as it did before":                         {app: of(ended, atNew, fresh, health("Progressing")), unwell: true, want: settled},
		"it fails, and was unwell before":                         {app: of(`operationState: {phase: Failed, startedAt: "2026-11-29T12:00:01Z"}`), unwell: true, want: failed(gate.SyncFailed)},
		"the operation is all that counts":                        {app: of(ended, ofOld, stale, health("Degraded")), byOperated: true, want: settled},
		"the operation is all that counts, and has failed":        {app: of(`operationState: {phase: Failed, startedAt: "2026-11-29T12:00:01Z"}`), byOperated: true, want: failed(gate.SyncFailed)},
		"a second sync began in the second of the one before it":  {app: of(`operationState: {phase: Succeeded, startedAt: "2026-11-29T11:00:00Z", finishedAt: "2026-11-29T11:00:00Z"}`, `history: [{id: 7}]`, atNew, health("Healthy"), fresh), want: settled},
	} {
		t.Run(name, func(t *testing.T) {
			entry := gate.Entry{Start: gate.Start{
				Environment: gate.Environment{UID: "u1", Namespace: "argocd", Name: "app"}, ResourceVersion: "100",
				Previous: "2026-11-29T11:00:00Z/0", At: noon(), Well: !test.unwell,
			}}
			seen := gate.Sight{Heard: noon().Add(test.heard)}
			if test.app != "" {
				app := read(t, head+test.app)
				app.Metadata.ResourceVersion = test.version
				if test.version == "" {
					app.Metadata.ResourceVersion = "101"
				}
				seen = sightOf(app, seen.Heard)
			}
			settling := gate.Settling{ByOperation: test.byOperated, HealthTimeout: 15 * time.Minute}
			stage := seen.Stage(entry, settling, noon().Add(max(test.after, 5*time.Second)))
			gomega.NewWithT(t).Expect(stage).To(gomega.Equal(test.want))
		})
	}
}

func TestRecovered(t *testing.T) {
	const (
		synced  = "status:\n  sync: {status: Synced, revision: new, " + comparedTo + "}\n  reconciledAt: \"2026-11-29T12:00:09Z\"\n"
		drifted = "status:\n  sync: {status: OutOfSync, revision: new, " + comparedTo + "}\n  reconciledAt: \"2026-11-29T12:00:09Z\"\n"
	)
	for name, test := range map[string]struct {
		app    string
		reason gate.FailureReason
		uid    string
		heard  time.Duration
		want   bool
	}{
		"degraded, and healthy again":           {app: synced + "  health: {status: Healthy}\n", reason: gate.Degraded, want: true},
		"degraded still":                        {app: synced + "  health: {status: Degraded}\n", reason: gate.Degraded},
		"failed, and in sync all the same":      {app: synced + "  health: {status: Healthy}\n", reason: gate.SyncFailed, want: true},
		"failed, and healthy at the old":        {app: drifted + "  health: {status: Healthy}\n", reason: gate.SyncFailed},
		"degraded, and healthy at another one":  {app: drifted + "  health: {status: Healthy}\n", reason: gate.Degraded},
		"another sync of it is under way":       {app: "operation: {sync: {}}\n" + synced + "  health: {status: Healthy}\n", reason: gate.Degraded},
		"gone for a while":                      {reason: gate.Degraded, heard: time.Minute},
		"gone for good":                         {reason: gate.Degraded, heard: 2 * time.Minute, want: true},
		"another of its name is there for long": {app: synced, uid: "u2", reason: gate.Degraded, heard: 2 * time.Minute, want: true},
	} {
		t.Run(name, func(t *testing.T) {
			seen := gate.Sight{Heard: noon().Add(test.heard)}
			if test.app != "" {
				seen = sightOf(read(t, head+test.app), seen.Heard)
			}
			if test.uid != "" {
				seen.UID = "u2"
			}
			failure := gate.Failure{Environment: gate.Environment{UID: "u1"}, Reason: test.reason, Since: noon()}
			gomega.NewWithT(t).Expect(seen.Recovered(failure, noon().Add(time.Minute))).To(gomega.Equal(test.want))
		})
	}
}

func TestDone(t *testing.T) {
	const (
		status  = "status:\n  health: {status: Healthy}\n  reconciledAt: \"2026-11-29T12:00:09Z\"\n"
		synced  = "  sync: {status: Synced, revision: new, " + comparedTo + "}\n"
		drifted = "  sync: {status: OutOfSync, revision: new, " + comparedTo + "}\n"
		part    = "operation: {sync: {resources: [{kind: ConfigMap, name: c}]}}"
		history = "  history: [{id: 1, revision: new, source: {repoURL: https://git.example.com/apps.git, path: app, targetRevision: main}}]\n"
	)
	last := func(more string) string {
		return "  operationState: {phase: Succeeded, finishedAt: \"2026-11-29T12:00:02Z\", " + more + result + "}\n"
	}
	for name, test := range map[string]struct {
		app  string
		want bool
	}{
		"in sync":      {app: status + synced, want: true},
		"never synced": {app: status + drifted},
		"synced, and out of sync, as after a prune": {app: status + drifted + last(""), want: true},
		"a part was synced":                         {app: status + drifted + last(part+", ")},
		"a part was synced, and all is as wanted":   {app: status + synced + last(part+", "), want: true},
		"a part was synced once more":               {app: status + drifted + last(part+", ") + history, want: true},
		"another sync is about to begin":            {app: "operation: {sync: {}}\n" + status + synced},
	} {
		t.Run(name, func(t *testing.T) {
			state := read(t, head+test.app).state()
			gomega.NewWithT(t).Expect(state.Standing(gate.Settling{}, noon().Add(time.Minute)).Done).To(gomega.Equal(test.want))
		})
	}
}
