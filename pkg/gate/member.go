package gate

import (
	"time"

	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/types"
)

// Member is an environment as policies select, group, order and rate it.
type Member struct {
	Environment

	ResourceVersion string
	Facts           Facts
	// SuccessRate, ClusterRate and OwnerRate are the annotations of the environment, of the cluster that it
	// is synced to, and of what owns it; empty where there are none.
	SuccessRate, ClusterRate, OwnerRate string
	// Kin is what it has in common with those of its namespace that its reader may be told of.
	Kin     string
	Rollout Subject
	// State is how it is; nil for one that is not stored yet.
	State State
	// Unreadable says why how it is cannot be told, in which case some of the rest may be missing; nil if it can.
	Unreadable error
}

// News are the environments that have become others.
type News struct {
	// Members are those that are new or different, and Gone those that are no more.
	Members []Member
	Gone    []Environment
	// All says that Members are all that there are, whatever was known before.
	All bool
}

// Subject is what policies select an environment by, and what overrides of it name: what owns it, or itself. It is
// in the same namespace.
type Subject struct {
	Group, Kind, Name string
	UID               types.UID
	Labels            labels.Labels
}

// Ranked is an environment of a group, with its place in the order.
type Ranked struct {
	*Member

	Rank int
}

// Request is a write of an object that may begin something.
type Request struct {
	// Object is what is written, and Old what there was, as JSON; Old is empty for a creation.
	Object, Old []byte
	// User is who writes, and At when.
	User string
	At   time.Time
}

// Started is a start, as a system reads it from a write.
type Started struct {
	Start

	// Automated says that the system has begun it and tries again by itself.
	Automated bool
	// Of is the environment that it is of, as it would be stored.
	Of Member
}
