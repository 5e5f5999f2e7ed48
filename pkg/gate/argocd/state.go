package argocd

import (
	"fmt"
	"time"

	"k8s.io/apimachinery/pkg/types"

	"github.com/seawall-dev/seawall/pkg/gate"
)

const (
	argoGroup       = "argoproj.io"
	applicationKind = "Application"
	applicationSet  = "ApplicationSet"

	phaseSucceeded   = "Succeeded"
	phaseRunning     = "Running"
	phaseTerminating = "Terminating"
	phaseFailed      = "Failed"
	phaseError       = "Error"

	syncedStatus = "Synced"
	outOfSync    = "OutOfSync"

	healthy     = "Healthy"
	suspended   = "Suspended"
	progressing = "Progressing"
	degraded    = "Degraded"
	missing     = "Missing"
)

// sight is how long it may take until Argo CD has seen in a cluster what it applied there, and has said so: five
// seconds on a machine with five times the work that it can do.
const sight = 10 * time.Second

// state is what is kept of an Application: all that tells how far a start of it has come, and what it is
// grouped by.
type state struct {
	uid             types.UID
	resourceVersion string

	owner, project, server, cluster string
	// ownerUID is that of the owner.
	ownerUID string
	release  gate.Release
	// origins are the repositories that it comes from.
	origins string

	// current says that the release is what the spec was compared with, tried that the last operation was for
	// it, applied that this has synced it, or some of it, and whole that all of it has been synced.
	current, tried, applied, whole bool
	synced                         bool
	outOfSync                      bool
	automated                      bool
	health                         string
	reconciled                     time.Time
	// skipped says that Argo CD is told not to look at it, and refresh what it is told to do at once.
	skipped  bool
	deleting bool
	refresh  refresh

	// operating says that an operation is set, which Argo CD takes up.
	operating bool
	phase     string
	started   time.Time
	finished  time.Time
	retried   bool
	// syncs is the number of the last one that succeeded.
	syncs int64
}

func (a *application) state() state {
	owner, ownerUID := a.ownedBy()
	read := state{
		uid: types.UID(a.Metadata.UID), resourceVersion: a.Metadata.ResourceVersion,
		owner: owner, ownerUID: ownerUID, project: a.Spec.Project, server: a.Spec.Destination.Server, cluster: a.Spec.Destination.Name,
		release: a.compared(), origins: originsOf(a.Spec.sources()),
		current: a.isCurrent(), tried: a.isTried(), applied: a.isApplied(), whole: a.isWhole(),
		synced: a.Status.Sync.Status == syncedStatus, outOfSync: a.Status.Sync.Status == outOfSync,
		automated: a.automated(), health: a.Status.Health.Status, reconciled: a.Status.ReconciledAt,
		skipped: a.skipped(), deleting: a.Metadata.DeletionTimestamp != "", refresh: a.refresh(),
		operating: a.Operation != nil && a.Operation.changes(),
	}
	if len(a.Status.History) > 0 {
		read.syncs = a.Status.History[len(a.Status.History)-1].ID
	}
	if last := a.Status.OperationState; last != nil {
		read.phase, read.started, read.finished = last.Phase, last.StartedAt, last.FinishedAt
		read.retried = last.RetryCount > 0
		if !last.Operation.changes() {
			read.phase, read.retried = phaseSucceeded, false // it changed nothing, whatever came of it
		}
	}
	return read
}

// changes tells whether an operation changes anything. What syncs nothing is not known to.
func (o *operation) changes() bool { return o.Sync == nil || !o.Sync.DryRun }

// operates tells whether a sync is under way, or about to be.
func (s *state) operates() bool {
	return s.operating || s.phase == phaseRunning || s.phase == phaseTerminating
}

// sync tells one sync of an Application from another. Argo CD notes when one started in whole seconds, in
// which a second one may begin.
func (s *state) sync() string {
	if s.started.IsZero() {
		return ""
	}
	return fmt.Sprintf("%s/%d", s.started.UTC().Format(time.RFC3339), s.syncs)
}

// isWell tells whether health is one that a rollout does not wait for. Argo CD gives none to an
// Application without objects that have health.
func isWell(health string) bool { return health == healthy || health == suspended || health == "" }

// wasWell tells whether a start has to leave an Application healthy: where nothing was yet it has to, too.
func wasWell(health string) bool { return isWell(health) || health == missing }

// isLookedAt tells whether Argo CD has looked at what came of the last operation: the health that it stores with the
// end of that is the one from before.
func (s *state) isLookedAt() bool { return s.reconciled.After(s.finished) || s.synced && s.applied }

// healthIsNew tells whether the health is that of what the last operation applied, too. What Argo CD has seen of the
// cluster is late, and then the Application is still as healthy as before, and differs from what was applied.
func (s *state) healthIsNew(now time.Time) bool {
	return s.isLookedAt() && (s.synced && s.applied || now.Sub(s.finished) > sight)
}

// done tells whether nothing is under way and the Application is well at its release.
func (s *state) done(operationSuffices bool, now time.Time) bool {
	if s.operates() || !s.current || !s.synced && (!s.applied || !s.whole) {
		return false
	}
	return operationSuffices || isWell(s.health) && s.healthIsNew(now)
}
