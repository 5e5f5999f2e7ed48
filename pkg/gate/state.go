package gate

import (
	"time"

	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/util/resourceversion"
)

// landing is how long it may take until a start that was admitted is seen: the minute that a request may
// last, and half of one for a watch that is late.
const landing = 90 * time.Second

// Settling says when a start is done.
type Settling struct {
	// ByOperation says that the end of the sync suffices; without it the environment has to be healthy.
	ByOperation bool
	// HealthTimeout is how long it may take after the sync until it is.
	HealthTimeout time.Duration
}

// State is how an environment is, as its system tells.
type State interface {
	// Stage says how far a start has come that was admitted before.
	Stage(entry Entry, when Settling, now time.Time) Stage
	// Recovered says whether the environment is well that had failed.
	Recovered(failure Failure, now time.Time) bool
	// Standing says how it stands, whatever was admitted.
	Standing(when Settling, now time.Time) Standing
}

// Standing is how an environment stands.
type Standing struct {
	// Release is what it was last seen to be compared with.
	Release Release
	// Done says that it is well at its release, and that nothing of it is under way.
	Done bool
	// Underway says that a sync is, or that one has not made it healthy yet.
	Underway bool
	// Waits says that its system would start it by itself, as far as can be told.
	Waits bool
	// Next is what its next start would be, without whose it is and when.
	Next Start
	// Looked is when its system last looked at it.
	Looked time.Time
	// Called says that the system was asked to look at it, which it has not done yet, and CalledAt when that was;
	// the zero time if that is not known.
	Called   bool
	CalledAt time.Time
}

// Sight is an environment as it was last seen.
type Sight struct {
	UID             types.UID
	ResourceVersion string
	// Kin is that of Member.
	Kin string
	// State is nil if there is no such environment.
	State State
	// Heard is when the API server last told of environments of its kind.
	Heard time.Time
}

// Stage says how far a start has come, of which the sight may be from before.
func (s Sight) Stage(entry Entry, when Settling, now time.Time) Stage {
	unseen := s.State == nil || s.UID != entry.UID || !isLater(s.ResourceVersion, entry.ResourceVersion)
	switch {
	case unseen && s.Heard.Sub(entry.At) > landing:
		return Stage{Phase: Void}
	case unseen:
		return Stage{}
	}
	return s.State.Stage(entry, when, now)
}

// Recovered says whether an environment that had failed is well again, or gone.
func (s Sight) Recovered(failure Failure, now time.Time) bool {
	if s.State == nil || s.UID != failure.UID {
		return s.Heard.Sub(failure.Since) > landing
	}
	return s.State.Recovered(failure, now)
}

// isLater tells whether a resource version is later than one that an entry has.
func isLater(version, than string) bool {
	if than == "" {
		return true
	}
	order, err := resourceversion.CompareResourceVersion(version, than)
	return err == nil && order > 0
}
