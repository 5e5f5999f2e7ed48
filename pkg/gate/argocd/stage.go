package argocd

import (
	"time"

	"github.com/seawall-dev/seawall/pkg/gate"
)

var _ gate.State = &state{}

// Stage implements gate.State.
func (s *state) Stage(entry gate.Entry, when gate.Settling, now time.Time) gate.Stage {
	switch {
	case s.operates():
		// An operation that goes on trying after a first pass has failed is told by nothing else for
		// minutes.
		if s.retried && s.sync() != entry.Previous {
			return gate.Stage{Phase: gate.Failed, Reason: gate.SyncFailed, Syncing: true}
		}
		return gate.Stage{Phase: gate.Running}
	case s.phase == "", s.sync() == entry.Previous: // it was withdrawn, or refused by others
		return gate.Stage{Phase: gate.Void}
	case s.phase == phaseFailed, s.phase == phaseError:
		return gate.Stage{Phase: gate.Failed, Reason: gate.SyncFailed}
	}
	return s.ended(entry, when, now)
}

// ended says how far a start has come whose operation has succeeded.
func (s *state) ended(entry gate.Entry, when gate.Settling, now time.Time) gate.Stage {
	switch {
	case when.ByOperation, !entry.Well:
		return gate.Stage{Phase: gate.Settled}
	case !s.healthIsNew(now):
		return gate.Stage{Phase: gate.Running}
	case isWell(s.health):
		return gate.Stage{Phase: gate.Settled}
	case s.health == degraded:
		return gate.Stage{Phase: gate.Failed, Reason: gate.Degraded}
	case now.Sub(s.finished) <= when.HealthTimeout, now.Sub(entry.At) <= when.HealthTimeout:
		return gate.Stage{Phase: gate.Running}
	case s.health == progressing, s.health == missing:
		return gate.Stage{Phase: gate.Failed, Reason: gate.TimedOut}
	}
	return gate.Stage{Phase: gate.Settled} // nobody can tell its health
}

// Recovered implements gate.State.
func (s *state) Recovered(failure gate.Failure, now time.Time) bool {
	if failure.Reason == gate.SyncFailed && !s.applied && !s.synced {
		return false
	}
	return s.done(false, now)
}

// Standing implements gate.State.
func (s *state) Standing(when gate.Settling, now time.Time) gate.Standing {
	done := s.done(when.ByOperation, now)
	unhealthy := s.applied && !done && now.Sub(s.finished) <= when.HealthTimeout
	return gate.Standing{
		Release: s.release, Done: done, Underway: s.operates() || unhealthy, Waits: s.waits(),
		Next:   gate.Start{Previous: s.sync(), Release: s.release, Well: wasWell(s.health)},
		Looked: s.reconciled, Called: s.refresh.asked, CalledAt: s.refresh.since,
	}
}
