package argocd

import (
	"strconv"
	"time"

	"github.com/seawall-dev/seawall/pkg/gate"
)

const (
	refreshAnnotation = "argocd.argoproj.io/refresh"
	skipAnnotation    = "argocd.argoproj.io/skip-reconcile"

	// unheard is after what time Argo CD is not expected to look any more at an Application that has the
	// annotation: no controller is responsible for it, or its repository cannot be read.
	unheard = time.Minute
)

// refresh is that Argo CD is asked to look at an Application at once. It takes the annotation off when it has.
type refresh struct {
	asked bool
	// since is when the annotation was written; zero if that is not known.
	since time.Time
}

// managed is who has written which fields of an Application, as far as it tells when a refresh was asked for.
type managed struct {
	Time     time.Time `json:"time"`
	FieldsV1 struct {
		Metadata struct {
			Annotations struct {
				Refresh *struct{} `json:"f:argocd.argoproj.io/refresh"`
			} `json:"f:annotations"`
		} `json:"f:metadata"`
	} `json:"fieldsV1"`
}

func (a *application) skipped() bool {
	skipped, err := strconv.ParseBool(a.Metadata.Annotations[skipAnnotation])
	return skipped && err == nil
}

func (a *application) refresh() refresh {
	var read refresh
	if _, read.asked = a.Metadata.Annotations[refreshAnnotation]; !read.asked {
		return read
	}
	for _, entry := range a.Metadata.ManagedFields {
		if entry.FieldsV1.Metadata.Annotations.Refresh != nil && entry.Time.After(read.since) {
			read.since = entry.Time
		}
	}
	return read
}

// waits tells whether Argo CD would start the Application by itself, as far as its status says: not what a
// sync window or a resource that has to be pruned by hand keeps from it.
func (m Member) waits() bool {
	now := &m.object.Value
	return now.automated && now.outOfSync && !now.tried && !now.operates() && !now.skipped && !m.object.Deleting
}

// Waiting returns those of the group that Argo CD would start by itself now.
func (f *Fleet) Waiting() []gate.Waiting {
	var waiting []gate.Waiting
	for _, member := range f.members {
		if member.waits() {
			waiting = append(waiting, gate.Waiting{Environment: member.Environment, Rank: member.Rank, Since: member.object.Value.reconciled})
		}
	}
	return waiting
}

// Candidate returns the Application as one that waits for its turn; false if it does not, or if Argo CD has been
// asked to look at it and does not. What it has to be admitted to is not in it.
func (m Member) Candidate(now time.Time) (gate.Candidate, bool) {
	state := &m.object.Value
	candidate := gate.Candidate{
		Waiting: gate.Waiting{Environment: m.Environment, Since: state.reconciled}, Called: state.refresh.asked,
	}
	return candidate, m.waits() && (!candidate.Called || now.Sub(state.refresh.since) < unheard)
}

// Wanted returns the start that the Application waits for.
func (m Member) Wanted(at time.Time) gate.Start {
	now := &m.object.Value
	return gate.Start{
		Environment: m.Environment, ResourceVersion: now.resourceVersion, Previous: now.sync(), Release: now.release,
		Well: wasWell(now.health), At: at,
	}
}
