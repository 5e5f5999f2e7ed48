package starts

import (
	"slices"
	"time"

	"github.com/seawall-dev/seawall/pkg/gate"
)

// System knows the environments of one kind: Argo CD's Applications, say.
type System interface {
	// Kind is that of the environments.
	Kind() string
	// News returns those that have become others since it was asked last: at first all. The error says that they
	// are not known, and loses no news.
	News() (gate.News, error)
	// See returns what is known of one.
	See(of gate.Environment) gate.Sight
}

// Systems are those whose starts are judged.
type Systems []System

// see returns what is known of an environment. One of a kind that is judged no more is gone.
func (s Systems) see(of gate.Environment) gate.Sight {
	at := slices.IndexFunc(s, func(system System) bool { return system.Kind() == of.Kind })
	if at < 0 {
		return gate.Sight{Heard: time.Now()}
	}
	return s[at].See(of)
}

// kin tells whether another environment is known to belong to what a member belongs to, in the same namespace, so
// that who may read one may be told of the other.
func (s Systems) kin(member gate.Member, other gate.Environment) bool {
	if member.Kind != other.Kind || member.Namespace != other.Namespace {
		return false
	}
	seen := s.see(other)
	return seen.State != nil && seen.Kin == member.Kin
}
