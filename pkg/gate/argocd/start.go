package argocd

import (
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/types"

	"github.com/seawall-dev/seawall/pkg/gate"
)

// Reader reads what writes of Applications begin.
type Reader struct {
	// Pacer is the user as which the ApplicationSet controller writes: whose starts are those of a
	// RollingSync. That a start says so itself proves nothing.
	Pacer string
}

// Started is the start of an Application.
type Started struct {
	gate.Start

	// Automated says that Argo CD has begun it and will try again by itself.
	Automated bool
	// SuccessRate is the annotation of the Application, empty if there is none.
	SuccessRate string

	state  state
	labels labels.Set
}

// Read returns what a write begins, which is nil if that is no sync: a dry-run, another write, a
// termination. Old is empty for a creation. The error says which object cannot be read.
func (r Reader) Read(object, old []byte, user string, at time.Time) (*Started, error) {
	var now, before application
	if err := json.Unmarshal(object, &now); err != nil {
		return nil, fmt.Errorf("object: %w", err)
	}
	if len(old) > 0 {
		if err := json.Unmarshal(old, &before); err != nil {
			return nil, fmt.Errorf("oldObject: %w", err)
		}
	}
	if !now.begins(&before) {
		return nil, nil //nolint:nilnil // most writes begin nothing
	}
	was := before.state()
	release, asked := now.wanted()
	started := &Started{
		Automated:   now.Operation.InitiatedBy.Automated,
		SuccessRate: now.Metadata.Annotations[rateAnnotation],
		state:       now.state(), labels: now.Metadata.Labels,
	}
	started.Start = gate.Start{
		Environment: gate.Environment{
			UID: types.UID(now.Metadata.UID), Namespace: now.Metadata.Namespace, Name: now.Metadata.Name,
		},
		ResourceVersion: before.Metadata.ResourceVersion, Previous: was.sync(),
		Release: release, Well: wasWell(was.health), Narrow: now.narrow(asked), By: user, At: at,
	}
	started.Class = r.classOf(started, &now, &before, asked)
	return started, nil
}

// begins tells whether the write sets an operation that syncs something.
func (a *application) begins(before *application) bool {
	if a.Operation == nil || a.Operation.Sync == nil || a.Operation.Sync.DryRun {
		return false
	}
	return before.Operation == nil || before.Operation.Sync == nil || !same(a.Operation, before.Operation)
}

// same tells whether two operations are one: which JSON tells of values that were read from it.
func same(a, b *operation) bool {
	one, oneErr := json.Marshal(a)
	other, otherErr := json.Marshal(b)
	return oneErr == nil && otherErr == nil && string(one) == string(other)
}

// wanted returns the release that an operation is for, and the revision that it asks for itself. Argo CD
// stores the comparison after the operation that follows from it, so that of the two the operation knows
// better; one that names nothing, or what is tracked, is for what the Application was compared with.
func (a *application) wanted() (release gate.Release, asked string) {
	sync := a.Operation.Sync
	sources := oneOrSeveral(sync.Source, sync.Sources)
	if len(sources) == 0 {
		sources = a.Spec.sources()
	}
	release = gate.Release{Line: lineOf(sources), Revision: a.compared().Revision}
	asked = oneRevision(sync.Revision, sync.Revisions)
	tracked := make([]string, len(sources))
	for i, source := range sources {
		tracked[i] = source.text("targetRevision")
	}
	if asked == "" || asked == "HEAD" || asked == oneRevision("", tracked) {
		return release, ""
	}
	release.Revision = asked
	return release, asked
}

// narrow tells whether an operation is for a part of the Application, or for something else than what it
// tracks, so that nothing is mended when it succeeds.
func (a *application) narrow(asked string) bool {
	sync := a.Operation.Sync
	sources := oneOrSeveral(sync.Source, sync.Sources)
	return len(sync.Resources) > 0 || len(sync.Manifests) > 0 ||
		len(sources) > 0 && digest(sources) != digest(a.Spec.sources()) ||
		asked != "" && !a.Operation.InitiatedBy.Automated && asked != a.compared().Revision
}

// classOf returns what kind of start it is. What decides is what is stored, and who writes.
func (r Reader) classOf(started *Started, now, before *application, asked string) gate.Class {
	applied := before.isApplied() && !started.Narrow && started.Release.Revision == before.compared().Revision &&
		digest(now.Spec.sources()) == digest(before.Spec.sources())
	switch {
	case r.Pacer != "" && started.By == r.Pacer:
		return gate.Paced
	case applied && started.Automated:
		return gate.Repair
	case !started.Automated && asked != "" && before.hadBeen(asked, now.Operation.Sync):
		return gate.Rollback
	}
	return gate.Ordinary
}

// hadBeen tells whether the Application has been synced to a revision before, and is compared with
// another one now.
func (a *application) hadBeen(asked string, sync *syncOperation) bool {
	sources := oneOrSeveral(sync.Source, sync.Sources)
	return asked != a.compared().Revision && slices.ContainsFunc(a.Status.History, func(was synced) bool {
		return was.revision() == asked && (len(sources) == 0 || digest(sources) == digest(was.sources()))
	})
}
