package flux

import (
	"encoding/json"
	"fmt"
	"time"

	"github.com/seawall-dev/seawall/pkg/gate"
)

// Attempt is for how long after a write of an attempt was refused the rest of it comes: the patch of the conditions does
// not keep that of the other fields from being sent, and as the reconciliation ends both are sent once more, with the same
// words that say what begins. If that were admitted, Flux would do nothing of it until it tries again: of a Kustomization
// after its retryInterval, as then no error is left. The next attempt comes after 0.75 s at the earliest, unless something has changed.
// The next write of the real controllers in hack/flux came within 0.31 s of the refusal for all of 16 objects, on two cores at a
// load of 10, and within 0.45 s for 15 of them at a load of 28.
const Attempt = 500 * time.Millisecond

// Read returns what a write of a status begins, which is nil if that is nothing: another write, or a further try at
// what was tried last. The error says which object cannot be read, or what is not known.
func (e *Environments) Read(write gate.Request) (*gate.Started, error) {
	now, before := state{kind: e.kind}, state{kind: e.kind}
	if err := json.Unmarshal(write.Object, &now.object); err != nil {
		return nil, fmt.Errorf("object: %w", err)
	}
	if len(write.Old) > 0 {
		if err := json.Unmarshal(write.Old, &before.object); err != nil {
			return nil, fmt.Errorf("oldObject: %w", err)
		}
	}
	revision, begins := e.starts(&now, &before)
	if !begins {
		return nil, nil //nolint:nilnil // most writes begin nothing
	}
	of, err := e.stored(&now)
	if err != nil {
		return nil, fmt.Errorf("reading %s %s/%s: %w", e.kind.kind, now.Metadata.Namespace, now.Metadata.Name, err)
	}
	return &gate.Started{Automated: true, Of: of, Start: gate.Start{
		Environment: of.Environment, ResourceVersion: before.Metadata.ResourceVersion, Previous: e.kind.sync(&before.Status),
		Release: gate.Release{Line: e.kind.follows(&now.object), Revision: revision}, Class: classOf(&before, revision),
		Well: before.well(), By: write.User, At: write.At,
	}}, nil
}

// starts tells whether a write begins something, and at what revision: because something else is tried from now on or,
// before that, because the status says that it will be. That it does is no interface of Flux, so that the second finds out
// what the first may have missed.
func (e *Environments) starts(now, before *state) (revision string, begins bool) {
	if tried := e.kind.sync(&now.Status); tried != "" && tried != e.kind.sync(&before.Status) {
		return e.kind.revision(&now.Status), true
	}
	revision, begins = e.kind.begins(&now.object)
	if !begins || revision != "" {
		return revision, begins
	}
	// What a HelmRelease will be at is not said there: it is what its source has, or what it says itself by now.
	wanted := e.kind.wanted(&now.object, e.sources.artifact(e.kind.artifact(&now.object)).revision)
	tried := e.kind.revision(&now.Status)
	if wanted == "" {
		wanted = tried
	}
	// One that is Ready is upgraded to something else: to values that it refers to, say, or to what its source has that
	// is not known here yet. One that is not tries again what it has tried.
	other := wanted != tried || e.kind.edited(&now.object) || before.condition(ready).Status == isTrue
	return wanted, wanted != "" && other
}

// classOf returns what kind of start it is: back to what was applied last, from something that was not.
func classOf(before *state, revision string) gate.Class {
	if applied := before.Status.LastAppliedRevision; applied != "" && applied == revision {
		return gate.Rollback
	}
	return gate.Ordinary
}
