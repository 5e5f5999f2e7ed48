// Package applicationset reads Argo CD ApplicationSets: which Applications a write of one
// creates, changes, removes or releases, and in which waves Argo CD syncs them.
//
// Every Application is one environment. What Argo CD does is transcribed from its own
// source, v3.5; comments name the file where its behaviour is surprising.
package applicationset

import (
	"bytes"
	"context"
	"reflect"
	"sync"

	"k8s.io/apimachinery/pkg/labels"

	"github.com/seawall-dev/seawall/pkg/inventory/argocd"
	"github.com/seawall-dev/seawall/pkg/kinds/gotemplate"
	"github.com/seawall-dev/seawall/pkg/rollout"
)

// Clusters answers which clusters are registered with Argo CD.
type Clusters interface {
	// Select returns the clusters whose labels match, in order of namespace and Secret, and
	// of those with one name the last; the error says that the inventory is not readable yet.
	Select(selector labels.Selector) (argocd.Clusters, error)
}

// Switches answers what the ApplicationSet controller has turned on.
type Switches interface {
	// ProgressiveSyncs says whether spec.strategy has any effect.
	ProgressiveSyncs() (bool, error)
	// SyncPolicy returns the policy that holds for an ApplicationSet whose
	// spec.syncPolicy.applicationsSync is as asked; empty is "sync".
	SyncPolicy(asked string) string
}

// Decisions answers which clusters other controllers have decided on.
type Decisions interface {
	// Decisions returns the resource that a ConfigMap of Argo CD's namespace names. The
	// error says why it cannot be read.
	Decisions(configMap string) (argocd.DecisionResource, error)
}

// Applications answers which Applications exist.
type Applications interface {
	// Owned returns the sorted names of a namespace's Applications that the ApplicationSet
	// with the uid controls, or why that is not known.
	Owned(namespace, uid string) (names []string, err error)
}

// Inventory is what an ApplicationSet is read against.
type Inventory struct {
	Clusters Clusters
	Switches Switches
	// Decisions and Applications may be nil, and then tell nothing.
	Decisions    Decisions
	Applications Applications
	// Resources are the names of what all of them are read from.
	Resources []string
	// Repositories may be nil, and then tells nothing. Were, if not nil, is what stored objects are read
	// against in its place.
	Repositories, Were Repositories
}

// Kind returns the kind ApplicationSet.
func Kind(inventory Inventory) rollout.Kind {
	return rollout.Kind{
		Group:      "argoproj.io",
		Versions:   []string{"v1alpha1"},
		Resource:   "applicationsets",
		Name:       "ApplicationSet",
		Namespaced: true,
		Reads:      inventory.Resources,
		Reader: &reader{
			clusters:     inventory.Clusters,
			switches:     inventory.Switches,
			decisions:    inventory.Decisions,
			applications: inventory.Applications,
			functions:    functions(),
			generators:   registry(),
			repositories: inventory.Repositories,
			were:         inventory.Were,
		},
	}
}

// reader holds what all reads share; none of it but the memory changes after Kind.
type reader struct {
	clusters     Clusters
	switches     Switches
	decisions    Decisions
	applications Applications
	functions    gotemplate.Functions
	generators   []generator
	// repositories are those of written objects, and were those of stored ones if they differ.
	repositories, were Repositories
	// memory holds apps that nobody uses.
	memory sync.Pool
	// rendered says that templates of plain fields are rendered with all parameters, as all
	// others are.
	rendered bool
	// anyName says that Applications count whose names the API server refuses.
	anyName bool
}

// Read implements rollout.Reader.
func (r *reader) Read(ctx context.Context, write rollout.Write) (rollout.Change, error) {
	switch write.Operation {
	case rollout.Create:
		return r.create(ctx, write)
	case rollout.Update:
		return r.update(ctx, write)
	case rollout.Delete:
		return r.delete(ctx, write)
	default:
		return rollout.Change{}, nil
	}
}

func (r *reader) create(ctx context.Context, write rollout.Write) (rollout.Change, error) {
	reading := r.begin(ctx)
	reading.starts = write.Starts
	after, err := reading.side(reading.decode(write.Object, theWritten))
	if err != nil {
		return rollout.Change{}, err
	}
	return reading.change(write, nothing(), after)
}

func (r *reader) update(ctx context.Context, write rollout.Write) (rollout.Change, error) {
	moves := r.moves(write.Object.RawSpec)
	if !write.Rewritten && !moves && bytes.Equal(write.Object.RawSpec, write.OldObject.RawSpec) {
		return rollout.Change{}, nil
	}
	reading := r.begin(ctx)
	stored, written := reading.decode(write.OldObject, theStored), reading.decode(write.Object, theWritten)
	same := !write.Rewritten && !moves && reflect.DeepEqual(stored.spec.tree.raw, written.spec.tree.raw)
	if err := reading.account.Err(); err != nil || same {
		return rollout.Change{}, err //nolint:wrapcheck // a failure of Seawall's own
	}
	reading.compares, reading.starts = !write.Rewritten, write.Starts
	reading.patches = stored.spec.patch != nil || written.spec.patch != nil
	reading.ignored, reading.beyond = ignoredBy(written.spec.ignored)
	reading.preserved = written.spec.preserves(skipReconcile)
	before, err := reading.side(stored)
	if err != nil {
		return rollout.Change{}, err
	}
	after, err := reading.sideLike(written, before)
	if err != nil {
		return rollout.Change{}, err
	}
	reading.own(before, write, stored)
	return reading.change(write, before, after)
}
