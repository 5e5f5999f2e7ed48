// Package recount judges the rollouts that exist. A fleet grows after admission, and policies
// change: no write tells that a rollout is over its limit now. Each is judged by what a change
// of all its environments would be. Nothing here ever writes a rollout.
package recount

import (
	"context"
	"fmt"
	"slices"
	"time"

	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/seawall-dev/seawall/pkg/policy"
	"github.com/seawall-dev/seawall/pkg/rollout"
)

// Kinds answers which kinds of rollout there are.
type Kinds interface {
	// All returns them in an order that stays.
	All() []rollout.Kind
}

// Policies answers which policies may judge a write of a kind.
type Policies interface {
	Candidates(kind schema.GroupKind, operation rollout.Operation) []*policy.Policy
}

// Overrides answers which overrides there are.
type Overrides interface {
	// For returns those of a rollout.
	For(rollout policy.Reference) []*policy.Override
}

// Namespaces answers what policies need to know of a namespace.
type Namespaces interface {
	// Get returns the labels of a namespace and whether it is being deleted.
	Get(ctx context.Context, name string) (labels map[string]string, terminating bool, err error)
}

// Evaluator judges rollouts that exist.
type Evaluator struct {
	Kinds      Kinds
	Rollouts   *Rollouts
	Namespaces Namespaces
	Overrides  Overrides
	// Excluded are the namespaces whose rollouts the webhook is not asked about.
	Excluded []string
}

// kinds returns those whose rollouts can be judged at rest.
func (e *Evaluator) kinds() []rollout.Kind {
	return slices.DeleteFunc(slices.Clone(e.Kinds.All()), func(kind rollout.Kind) bool { return kind.OneShot })
}

func groupKind(kind rollout.Kind) schema.GroupKind {
	return schema.GroupKind{Group: kind.Group, Kind: kind.Name}
}

// subject returns what policies select a rollout by; nil for one that none ever judges.
func (e *Evaluator) subject(ctx context.Context, kind rollout.Kind, found existing) (*policy.Subject, error) {
	if found.Metadata.DeletionTimestamp != nil || slices.Contains(e.Excluded, found.Metadata.Namespace) {
		return nil, nil //nolint:nilnil // there is a rollout, but no subject
	}
	subject := &policy.Subject{
		Kind:       groupKind(kind),
		Operation:  rollout.Update,
		Namespaced: found.Metadata.Namespace != "",
		Labels:     found.Metadata.Labels,
		OldLabels:  found.Metadata.Labels,
	}
	if subject.Namespaced {
		labels, terminating, err := e.Namespaces.Get(ctx, found.Metadata.Namespace)
		if err != nil {
			return nil, fmt.Errorf("reading namespace %s: %w", found.Metadata.Namespace, err)
		}
		if terminating {
			return nil, nil //nolint:nilnil // it is going
		}
		subject.NamespaceLabels = labels
	}
	return subject, nil
}

// count returns what a change of all environments of a rollout would be. The error is a
// failure of Seawall's own.
func (e *Evaluator) count(ctx context.Context, kind rollout.Kind, found existing) (policy.Case, error) {
	change, err := kind.Reader.Read(ctx, rollout.Write{
		Operation: rollout.Update,
		Namespace: found.Metadata.Namespace,
		Name:      found.Metadata.Name,
		Object:    found.Object,
		OldObject: found.Object,
		Rewritten: true,
	})
	if err != nil && !rollout.IsFinding(err) {
		return policy.Case{}, fmt.Errorf("%s %s: %w", kind.Name, found.key(), err)
	}
	// What it has dropped it does not select any more.
	return policy.Case{
		Change: change.Staying(), Err: err, Metadata: found.Metadata,
		Overrides: e.Overrides.For(policy.Reference{GroupKind: groupKind(kind), Namespace: found.Metadata.Namespace, Name: found.Metadata.Name}),
		Use:       policy.Use{At: time.Now()},
	}, nil
}

// conclude returns what each of the policies that select a rollout concludes, and what they
// come to together.
func conclude(policies []*policy.Policy, subject policy.Subject, found policy.Case) ([]policy.Verdict, policy.Decision) {
	verdicts := policy.Verdicts(policies, subject, found)
	return verdicts, policy.Decide(verdicts)
}

func selected(policies []*policy.Policy, subject policy.Subject) bool {
	return slices.ContainsFunc(policies, func(candidate *policy.Policy) bool { return candidate.Selects(subject) })
}
