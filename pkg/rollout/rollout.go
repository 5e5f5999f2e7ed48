// Package rollout says which environments a write of a rollout changes, and in which
// waves. It holds the vocabulary that every kind of rollout shares; the packages below it
// read one kind each, and pkg/kinds lists them.
package rollout

import (
	"context"

	"k8s.io/apimachinery/pkg/runtime/schema"
)

// Operation is a kind of write.
type Operation string

// The writes that the API server asks about. Create, Update and Delete are spelt as in a
// WavePolicy.
const (
	Create Operation = "Create"
	Update Operation = "Update"
	Delete Operation = "Delete"
)

// Write is one write of a rollout, as the API server hands it over for admission.
type Write struct {
	Operation Operation
	Namespace string
	Name      string
	// Object is the rollout as it would be stored; nil on Delete.
	Object *Object
	// OldObject is the rollout as it is stored; nil on Create.
	OldObject *Object
	// Rewritten asks what an Update would do that changes the desired state of every
	// environment which the rollout has. Object and OldObject are the same stored object.
	Rewritten bool
	// Undeclared asks what can be counted without what annotations declare.
	Undeclared bool
	// Starts asks what is known of the starts that follow the write.
	Starts bool
}

// Metadata returns that of Object, or of OldObject on Delete.
func (w Write) Metadata() *Metadata {
	if w.Object != nil {
		return &w.Object.Metadata
	}
	return w.OldMetadata()
}

// OldMetadata returns that of OldObject; on Create it is empty.
func (w Write) OldMetadata() *Metadata {
	if w.OldObject != nil {
		return &w.OldObject.Metadata
	}
	return &Metadata{}
}

// Effect is what a write does to one environment.
type Effect string

const (
	// Added environments did not belong to the rollout before the write.
	Added Effect = "Added"
	// Changed environments get another desired state.
	Changed Effect = "Changed"
	// Removed environments are torn down.
	Removed Effect = "Removed"
	// Released environments keep their desired state but may now reach it sooner,
	// because the write loosens the pacing.
	Released Effect = "Released"
)

// Target is one environment that a write affects.
type Target struct {
	// Name is unique within the rollout, such as the name of an Argo CD Application.
	Name   string
	Effect Effect
	// SuccessRate is the annotation seawall.dev/sync-success-rate of the environment's
	// inventory object as it stands there; empty when there is none.
	SuccessRate string
	// Source names the inventory object for a message, such as "Secret argocd/prod-1";
	// empty when the rollout itself lists the environment.
	Source string
}

// Group is a number of environments that a write affects in the same way.
type Group struct {
	// Target is the first of them by name; all have its Effect and its SuccessRate.
	Target

	Count int
}

// PerWave stands for the largest number of environments per wave in a Step's remedies.
const PerWave = "{n}"

// Step is a group of affected environments that the rollout system finishes before it
// starts the next group.
type Step struct {
	// Name says where the step stands, such as "spec.strategy.rollingSync.steps[0]", or what it
	// is; empty where a rollout has no steps of its own.
	Name string
	// Targets are the affected environments of the step, sorted by name.
	Targets []Target
	// Groups are further ones, counted where to list them would cost too much, in the order
	// of their first names.
	Groups []Group
	// Names lists those of Groups, sorted by name, until the review of the write is over; nil
	// without Groups.
	Names func() []Target
	// Declared is the number of further affected environments that an annotation or a
	// status counts and that have no name here.
	Declared int
	// Gone is the number of environments without a name that are torn down.
	Gone int
	// InFlight is the largest number of the step's environments that the system syncs
	// together: Size when nothing paces them, 0 when it starts none by itself.
	InFlight int
	// Unpaced is how many of those InFlight are torn down whatever paces the others.
	Unpaced int
	// Later says that not the first wave of the step is InFlight large, but one after it.
	Later bool
	// Open says that the next step starts even after failures in this one: there is no gate between
	// them.
	Open bool
	// PaceRemedy says how to let at most PerWave environments be in flight together,
	// such as "set spec.strategy.rollingSync.steps[0].maxUpdate to {n}".
	PaceRemedy string
	// Least is the fewest that PaceRemedy can let be in flight together: for fewer there is only
	// SplitRemedy.
	Least int
	// SplitRemedy says how to make the step itself at most PerWave environments large.
	SplitRemedy string
}

// Change is what a write does to environments. Its zero value changes none.
type Change struct {
	// Environments is the number of environments that the rollout has after the write, or
	// had before a Delete.
	Environments int
	// Steps hold the affected environments in the order in which they sync. An
	// environment is in one step at most.
	Steps []Step
	// Held is the number of affected environments that are in no step, because the
	// rollout system never syncs them by itself.
	Held int
	// Evidence says where a number came from that was not counted, such as "annotation
	// seawall.dev/environments"; empty when everything was counted.
	Evidence string
	// Starts is what is known of the starts that follow; nil where nobody asks, and for kinds whose
	// environments no gate holds.
	Starts *Starts
	// Warnings tell the writer what is surprising about the rollout, one line each.
	Warnings []string
}

// Affected returns n, the number of environments that the write affects and that the
// rollout system syncs by itself.
func (c Change) Affected() int {
	n := 0
	for _, step := range c.Steps {
		n += step.Size()
	}
	return n
}

// Reader reads one kind of rollout.
type Reader interface {
	// Read returns what a write does to environments. When they cannot be counted the
	// error is an *UnresolvedError; when an annotation that Seawall reads is malformed it
	// is an *AnnotationError. A write that changes no environment is never an error.
	Read(ctx context.Context, write Write) (Change, error)
}

// Kind is one sort of rollout and the code that reads it.
type Kind struct {
	Group    string
	Versions []string
	// Resource is the plural name in URLs and webhook rules, such as "applicationsets".
	Resource string
	// Name is the kind as objects spell it, such as "ApplicationSet".
	Name string
	// Namespaced says that rollouts of the kind are in namespaces.
	Namespaced bool
	// OneShot says that a rollout acts when it is written and is over then, or that others
	// hold its environments to what it said: no Rewritten update of it changes anything.
	OneShot bool
	// Reads are the resources that say which environments rollouts of the kind have, as far as they do not
	// themselves, such as "clusters.fleet.cattle.io".
	Reads  []string
	Reader Reader
}

// GroupKind returns the kind's group and name.
func (k Kind) GroupKind() schema.GroupKind { return schema.GroupKind{Group: k.Group, Kind: k.Name} }
