package custom

import (
	"context"

	"github.com/seawall-dev/seawall/pkg/apis/v1alpha1"
	"github.com/seawall-dev/seawall/pkg/rollout"
)

// New returns the kind that a RolloutKind describes. When its expressions cannot be
// compiled the error says why, and the writes of the kind that is returned cannot be
// counted: a broken RolloutKind must not let everything pass.
func New(source *v1alpha1.RolloutKind, inventories Inventories) (rollout.Kind, error) {
	spec := source.Spec
	kind := rollout.Kind{
		Group: spec.Group, Versions: spec.Versions, Resource: spec.Resource, Name: spec.Kind,
		Namespaced: spec.Scope != v1alpha1.ScopeCluster, Reads: inventories.Resources(),
	}
	compiled, problems := compile(&spec)
	if err := problems.ToAggregate(); err != nil {
		kind.Reader = Uncounted("RolloutKind "+source.Name, "is not accepted: see its condition "+v1alpha1.ConditionAccepted)
		return kind, err
	}
	kind.Reader = &reader{Inventories: inventories, programs: compiled, kind: source.Name, remedy: spec.Remedy}
	return rollout.Declarable(kind), nil
}

// Uncounted returns a Reader by which no write can be counted, with the reason as
// rollout.Unresolved takes it.
func Uncounted(field, problem string) rollout.Reader { return uncounted{field, problem} }

type uncounted struct{ field, problem string }

// Read implements rollout.Reader.
func (u uncounted) Read(_ context.Context, write rollout.Write) (rollout.Change, error) {
	if untouched(write) {
		return rollout.Change{}, nil
	}
	return rollout.Change{}, rollout.Unresolved(u.field, "%s", u.problem)
}
