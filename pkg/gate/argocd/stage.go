package argocd

import (
	"time"

	"k8s.io/apimachinery/pkg/util/resourceversion"

	"github.com/seawall-dev/seawall/pkg/gate"
)

// landing is how long it may take until a start that was admitted is seen: the minute that a request may
// last, and half of one for a watch that is late.
const landing = 90 * time.Second

// Settling says when a start is done.
type Settling struct {
	// ByOperation says that the operation suffices; without it the Application has to be healthy.
	ByOperation bool
	// HealthTimeout is how long it may take after the operation until it is.
	HealthTimeout time.Duration
}

// view is what is known of an Application when an entry is asked about.
type view struct {
	// state is nil if there is no such Application.
	state *state
	// heard is when the API server last told of Applications.
	heard time.Time
	now   time.Time
}

// stage says how far a start has come.
func (s Settling) stage(entry gate.Entry, seen view) gate.Stage {
	unseen := seen.state == nil || seen.state.uid != entry.UID || !isLater(seen.state.resourceVersion, entry.ResourceVersion)
	switch {
	case unseen && seen.heard.Sub(entry.At) > landing:
		return gate.Stage{Phase: gate.Void}
	case unseen:
		return gate.Stage{}
	case seen.state.operates():
		// An operation that goes on trying after a first pass has failed is told by nothing else for
		// minutes.
		if seen.state.retried && seen.state.sync() != entry.Previous {
			return gate.Stage{Phase: gate.Failed, Reason: gate.SyncFailed, Syncing: true}
		}
		return gate.Stage{Phase: gate.Running}
	case seen.state.phase == "", seen.state.sync() == entry.Previous: // it was withdrawn, or refused by others
		return gate.Stage{Phase: gate.Void}
	case seen.state.phase == phaseFailed, seen.state.phase == phaseError:
		return gate.Stage{Phase: gate.Failed, Reason: gate.SyncFailed}
	}
	return s.ended(entry, seen)
}

// ended says how far a start has come whose operation has succeeded.
func (s Settling) ended(entry gate.Entry, seen view) gate.Stage {
	now := seen.state
	switch {
	case s.ByOperation, !entry.Well:
		return gate.Stage{Phase: gate.Settled}
	case !now.healthIsNew():
		return gate.Stage{Phase: gate.Running}
	case isWell(now.health):
		return gate.Stage{Phase: gate.Settled}
	case now.health == degraded:
		return gate.Stage{Phase: gate.Failed, Reason: gate.Degraded}
	case seen.now.Sub(now.finished) <= s.HealthTimeout, seen.now.Sub(entry.At) <= s.HealthTimeout:
		return gate.Stage{Phase: gate.Running}
	case now.health == progressing, now.health == missing:
		return gate.Stage{Phase: gate.Failed, Reason: gate.TimedOut}
	}
	return gate.Stage{Phase: gate.Settled} // nobody can tell its health
}

// isLater tells whether a resource version is later than one that an entry has.
func isLater(version, than string) bool {
	if than == "" {
		return true
	}
	order, err := resourceversion.CompareResourceVersion(version, than)
	return err == nil && order > 0
}

// recovered says whether an Application that had failed is well again.
func (s Settling) recovered(failure gate.Failure, seen view) bool {
	if seen.state == nil || seen.state.uid != failure.UID {
		return seen.heard.Sub(failure.Since) > landing
	}
	if failure.Reason == gate.SyncFailed && !seen.state.applied && !seen.state.synced {
		return false
	}
	return seen.state.done(false)
}
