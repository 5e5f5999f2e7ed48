package argocd

import (
	"encoding/json"
	"fmt"
	"slices"

	"github.com/seawall-dev/seawall/pkg/gate"
)

// Reader reads what writes of Applications begin.
type Reader struct {
	// Applications are those that there are.
	Applications *Applications
	// Pacer is the user as which the ApplicationSet controller writes: whose starts are those of a
	// RollingSync. That a start says so itself proves nothing.
	Pacer string
	// Promoter is the user as which Kargo's controller writes, if Promotions are judged as starts: what it begins is
	// a part of one. Empty for none.
	Promoter string
}

// Read returns what a write begins, which is nil if that is no sync: a dry-run, another write, a
// termination. The error says which object cannot be read, or what is not known.
func (r Reader) Read(write gate.Request) (*gate.Started, error) {
	var now, before application
	if err := json.Unmarshal(write.Object, &now); err != nil {
		return nil, fmt.Errorf("object: %w", err)
	}
	if len(write.Old) > 0 {
		if err := json.Unmarshal(write.Old, &before); err != nil {
			return nil, fmt.Errorf("oldObject: %w", err)
		}
	}
	if !now.begins(&before) {
		return nil, nil //nolint:nilnil // most writes begin nothing
	}
	of, err := r.Applications.stored(&now)
	if err != nil {
		return nil, fmt.Errorf("reading what Application %s/%s belongs to: %w", now.Metadata.Namespace, now.Metadata.Name, err)
	}
	was := before.state()
	release, asked := now.wanted()
	start := gate.Start{
		Environment: of.Environment, ResourceVersion: before.Metadata.ResourceVersion, Previous: was.sync(),
		Release: release, Well: wasWell(was.health), Narrow: now.narrow(asked), By: write.User, At: write.At,
	}
	if r.Promoter != "" && write.User == r.Promoter {
		now.Operation.InitiatedBy.Automated = false // Argo CD does not try again, whatever Kargo says
		start.Promotion = now.Operation.promotion()
	}
	start.Class = r.classOf(start, &now, &before, &was, asked)
	return &gate.Started{Start: start, Automated: now.Operation.InitiatedBy.Automated, Of: of}, nil
}

// promotion returns the name of the Promotion that has begun an operation, as Kargo says; empty if it says none.
func (o *operation) promotion() string {
	for _, info := range o.Info {
		if info.Name == "kargo.akuity.io/promotion" {
			return info.Value
		}
	}
	return ""
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
	return a.Operation.Sync.isPartial() || a.strays(asked)
}

// isPartial tells whether a sync is of some objects only.
func (s *syncOperation) isPartial() bool { return s != nil && len(s.Resources) > 0 }

// strays tells whether an operation is for something else than what the Application tracks.
func (a *application) strays(asked string) bool {
	sync := a.Operation.Sync
	sources := oneOrSeveral(sync.Source, sync.Sources)
	return len(sync.Manifests) > 0 || len(sources) > 0 && digest(sources) != digest(a.Spec.sources()) ||
		asked != "" && !a.Operation.InitiatedBy.Automated && asked != a.compared().Revision
}

// classOf returns what kind of start it is. What decides is what is stored, and who writes.
func (r Reader) classOf(start gate.Start, now, before *application, was *state, asked string) gate.Class {
	automated := now.Operation.InitiatedBy.Automated
	switch {
	case r.Pacer != "" && start.By == r.Pacer:
		return gate.Paced
	case start.Promotion != "":
		return gate.Promoted
	case automated && was.isAt(start.Release.Revision) && !now.strays(asked) && now.keepsSourcesOf(before):
		return gate.Repair
	case !automated && asked != "" && before.hadBeen(asked, now.Operation.Sync):
		return gate.Rollback
	}
	return gate.Ordinary
}

// isAt tells whether a revision has been synced whole, so that what differs from it has drifted. As long as Argo CD
// has not looked at what came of the last sync, nothing has: what it syncs once more then belongs to that.
func (s *state) isAt(revision string) bool {
	return s.whole && s.isLookedAt() && revision == s.release.Revision
}

// keepsSourcesOf tells whether an Application is deployed from what it was deployed from.
func (a *application) keepsSourcesOf(before *application) bool {
	return digest(a.Spec.sources()) == digest(before.Spec.sources())
}

// hadBeen tells whether the Application has been synced to a revision before, and is compared with
// another one now.
func (a *application) hadBeen(asked string, sync *syncOperation) bool {
	sources := oneOrSeveral(sync.Source, sync.Sources)
	return asked != a.compared().Revision && slices.ContainsFunc(a.Status.History, func(was synced) bool {
		return was.revision() == asked && (len(sources) == 0 || digest(sources) == digest(was.sources()))
	})
}
