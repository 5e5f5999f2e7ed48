// Package gate judges starts: syncs that begin without any write of a rollout. It admits or holds
// back each of them, so that the failure probability of what is in flight together stays within a
// policy's limit, in order, and so that the rest waits once something has failed.
//
// It is pure: what the environments of a rollout system look like is told to it, and where ledgers
// are kept is somebody else's concern.
package gate

import (
	"cmp"
	"strings"
	"time"

	"k8s.io/apimachinery/pkg/types"

	"github.com/seawall-dev/seawall/pkg/risk"
)

// MostInFlight is the largest number of entries that a ledger holds, and of failures: it is one object,
// whose size has an end.
const MostInFlight = 2000

// Environment names one place that is synced, such as an Argo CD Application.
type Environment struct {
	// Kind is that of the object.
	Kind      string
	UID       types.UID
	Namespace string
	Name      string
}

// String returns namespace/name.
func (e Environment) String() string { return e.Namespace + "/" + e.Name }

// Compare orders environments by namespace and name.
func (e Environment) Compare(other Environment) int {
	return cmp.Or(strings.Compare(e.Namespace, other.Namespace), strings.Compare(e.Name, other.Name),
		strings.Compare(e.Kind, other.Kind), strings.Compare(string(e.UID), string(other.UID)))
}

// Release is what a start rolls out. Two of the same line can be compared: whichever was seen first is
// the older one. Of others, such as those of another repository, nothing is known.
type Release struct {
	// Line is what new revisions come from, such as a repository and a branch.
	Line string
	// Revision is the commit, or version, of the line.
	Revision string
}

// Class is what kind of start it is, which policies tell apart.
type Class int

const (
	// Ordinary is a start that rolls out something, whoever began it.
	Ordinary Class = iota
	// Repair is one at what the environment has been synced to already: it mends a drift.
	Repair
	// Paced is one that a rollout's own pacing has begun, such as a RollingSync.
	Paced
	// Rollback is one to what the environment has been at before.
	Rollback
	// Promoted is one of several that a promotion begins, which was judged with all of them together.
	Promoted
)

// Start is one environment's sync that is about to begin.
type Start struct {
	Environment

	// ResourceVersion is that of the object before the start; empty if it is created with it.
	ResourceVersion string
	// Previous tells the sync before this one from it, so that whether this one has begun can be told:
	// when it started, say. Empty if there was none.
	Previous string
	// Release is what is rolled out.
	Release Release
	Class   Class
	// Well says whether the environment was healthy before. In a ledger: before the first start of those
	// that followed each other without success.
	Well bool
	// Narrow says that the start is for a part of the environment, or for something else than what it
	// tracks, so that its success mends no failure.
	Narrow bool
	// Promotion is that of which the start is a part, as namespace/name where the promotion as a whole asks for it,
	// and as a name where a part of it begins, which passes if the whole was admitted. It is empty for any other.
	Promotion string
	// By is the user who begins it.
	By string
	// Rate is the chance that it succeeds.
	Rate risk.Probability
	// At is when it is asked for.
	At time.Time
}

// Entry is a start that was admitted and has not settled.
type Entry struct {
	Start

	// Before is what the environment had in flight when the start came, if that may still be so: because
	// the start is not known to have begun, or is narrow.
	Before *Start
}

// Failure is a start that has failed. It stands until the environment succeeds.
type Failure struct {
	Environment

	Release Release
	Reason  FailureReason
	// Since is when it was noticed.
	Since time.Time
}

// FailureReason says how a start has failed, in one word.
type FailureReason string

const (
	// SyncFailed says that the operation failed, or its first pass did.
	SyncFailed FailureReason = "SyncFailed"
	// Degraded says that the environment is unhealthy after the operation, and was not before.
	Degraded FailureReason = "Degraded"
	// TimedOut says that the environment was not healthy in time.
	TimedOut FailureReason = "TimedOut"
)

// Phase is how far an admitted start has come.
type Phase int

const (
	// Unknown says that nothing is known yet of what came of it. It counts as in flight.
	Unknown Phase = iota
	// Running says that it is under way: syncing, or not healthy yet.
	Running
	// Settled says that it is done.
	Settled
	// Void says that it never began.
	Void
	// Failed says that it has failed.
	Failed
)

// Stage is what is known of an admitted start. The zero value counts as in flight.
type Stage struct {
	Phase Phase
	// Reason is set when the phase is Failed.
	Reason FailureReason
	// Syncing says of one that has failed that its operation is still under way: it goes on trying.
	Syncing bool
}

// Fleet tells what is known of environments.
type Fleet interface {
	// Stage says how far a start has come.
	Stage(entry Entry) Stage
	// Recovered says whether an environment is well at a release again that had failed there, or is gone.
	Recovered(failure Failure) bool
	// Siblings returns the environments of the group that is asked about, the one asked for included,
	// without those that nothing is known of.
	Siblings() []Sibling
}

// Sibling is an environment of a group.
type Sibling struct {
	Environment

	// Rank is its place in the order of the policy; 0 comes first.
	Rank int
	// Release is what it was last seen to be compared with.
	Release Release
	// Done says that it is well at its release, and that nothing of it is under way.
	Done bool
}
