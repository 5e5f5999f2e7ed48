package flux

import (
	"slices"
	"strings"
	"time"

	"github.com/seawall-dev/seawall/pkg/gate"
)

// answered is how long after it was asked to look at an object Flux is taken to have done so: it does at once, and where
// it is denied it cannot say so.
const answered = 10 * time.Second

// idle are the reasons of objects that are not Ready because they wait for something: nothing has failed that was
// tried.
func idle() []string {
	return []string{dependencyNotReady, "ArtifactFailed", "SourceNotReady", "HealthCheckCanceled"}
}

// state is what is kept of a Kustomization or a HelmRelease: all that tells how far a start of it has come, and
// what it is grouped by.
type state struct {
	object
	*kind
}

// sighted is an object, with what its source has.
type sighted struct {
	*state

	// artifact is what its source has now; the zero value if that is not known.
	artifact artifact
	// isBlocked says that it waits for another object.
	isBlocked bool
}

var _ gate.State = &sighted{}

// begun tells whether a start has, or one that came later.
func (s *sighted) begun(entry gate.Entry) bool {
	if s.sync(&s.Status) != entry.Previous || s.builds() == entry.Release.Revision && entry.Release.Revision != "" {
		return true
	}
	revision, begins := s.begins(&s.object)
	if revision == "" { // it is what the source has, which may not have been known when it was admitted
		revision = s.wanted(&s.object, s.artifact.revision)
	}
	return begins && (revision == "" || revision == entry.Release.Revision)
}

// Stage implements gate.State.
func (s *sighted) Stage(entry gate.Entry, when gate.Settling, now time.Time) gate.Stage {
	condition := s.condition(ready)
	switch {
	case !s.begun(entry): // the source went back, others refused it, or the artifact could not be fetched
		return gate.Stage{Phase: gate.Void}
	case condition.Status == isTrue && s.applied(&s.object), when.ByOperation && s.checked():
		return gate.Stage{Phase: gate.Settled}
	case condition.Status == isFalse && !slices.Contains(idle(), condition.Reason):
		return failed(condition.Reason, !when.ByOperation && entry.Well)
	case s.Spec.Suspend: // nothing goes on
		return gate.Stage{Phase: gate.Void}
	case now.Sub(entry.At) > when.HealthTimeout:
		return gate.Stage{Phase: gate.Failed, Reason: gate.TimedOut}
	}
	return gate.Stage{Phase: gate.Running}
}

// failed says what it means that an object is not Ready for a reason, if it has to be healthy or not.
func failed(reason string, healthy bool) gate.Stage {
	switch {
	case reason != healthFailed:
		return gate.Stage{Phase: gate.Failed, Reason: gate.SyncFailed}
	case healthy:
		return gate.Stage{Phase: gate.Failed, Reason: gate.Degraded}
	}
	return gate.Stage{Phase: gate.Settled}
}

// checked tells whether all is applied and its health is what is waited for.
func (s *state) checked() bool {
	now := s.condition(reconciling)
	return now.Status == isTrue && strings.HasPrefix(now.Message, checking)
}

// Recovered implements gate.State.
func (s *state) Recovered(gate.Failure, time.Time) bool {
	return s.condition(ready).Status == isTrue && s.applied(&s.object)
}

// well tells whether what was applied last has not failed to become healthy. While something is under way its condition
// does not say that, and the history of a Kustomization does.
func (s *state) well() bool {
	if condition := s.condition(ready); condition.Status == isTrue || condition.Status == isFalse {
		return condition.Status == isTrue || condition.Reason != healthFailed
	}
	return len(s.Status.History) == 0 || s.Status.History[0].LastReconciledStatus != healthFailed
}

// underway tells whether something is being rolled out.
func (s *state) underway() bool {
	if s.announced(&s.object) {
		return false
	}
	if _, begins := s.begins(&s.object); begins {
		return true
	}
	now := s.condition(ready).Status
	return s.sync(&s.Status) != "" && !s.applied(&s.object) && now != isTrue && now != isFalse && !s.Spec.Suspend
}

// Standing implements gate.State.
func (s *sighted) Standing(_ gate.Settling, now time.Time) gate.Standing {
	release := gate.Release{Line: s.follows(&s.object), Revision: s.revision(&s.Status)}
	underway := s.underway()
	standing := gate.Standing{
		Release: release, Underway: underway, Waits: !underway && s.waits(), Looked: s.artifact.updated,
		Done: !underway && s.applied(&s.object) && s.condition(ready).Status != isFalse,
	}
	if at, handled := s.requested(); !at.IsZero() {
		standing.Called, standing.CalledAt = !handled && now.Sub(at) < answered, at
		if at.After(standing.Looked) {
			standing.Looked = at
		}
	}
	if standing.Waits {
		release.Revision = s.wanted(&s.object, s.artifact.revision)
		standing.Next = gate.Start{Previous: s.sync(&s.Status), Release: release, Well: s.well()}
	}
	return standing
}

// waits tells whether Flux would start it by itself, as far as its status says.
func (s *sighted) waits() bool {
	// Of a source that was not there it cannot be told whether that is still so: it is what is held that goes on saying it.
	if s.Spec.Suspend || s.Metadata.DeletionTimestamp != "" || s.artifact.revision == "" || s.isBlocked {
		return false
	}
	wanted := s.wanted(&s.object, s.artifact.revision)
	return wanted != "" && wanted != s.revision(&s.Status) || s.edited(&s.object)
}
