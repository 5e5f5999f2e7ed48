package policy

import (
	"context"
	"slices"

	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/seawall-dev/seawall/pkg/rollout"
)

// Subject is what a policy's match looks at.
type Subject struct {
	Kind      schema.GroupKind
	Operation rollout.Operation
	// Namespaced says whether the rollout is in a namespace, whose labels these are.
	Namespaced      bool
	NamespaceLabels labels.Labels
	// Labels are the rollout's own as it would be stored, nil on Delete.
	Labels map[string]string
	// OldLabels are the rollout's own as it is stored, nil on Create.
	OldLabels map[string]string
	// Variables, if not nil, returns those of conditions: object, oldObject and request. What it leaves
	// out of them is not known.
	Variables func() map[string]any
}

// Select returns those of the policies that judge a write.
func Select(ctx context.Context, policies []*Policy, subject Subject) []*Policy {
	var selecting []*Policy
	for _, policy := range policies {
		if policy.Selects(ctx, subject) {
			selecting = append(selecting, policy)
		}
	}
	return selecting
}

// IgnoresDeclared tells whether the policy does not accept what annotations declare.
func (p *Policy) IgnoresDeclared() bool { return p.ignoreDeclared }

// Selects tells whether the policy judges a write. A rollout is selected by its labels as
// it will be or as it was, so that no label can be taken off to escape.
func (p *Policy) Selects(ctx context.Context, subject Subject) bool {
	return p.passesOver(ctx, subject) == ""
}

// passesOver returns the field by which the policy does not judge a write; nothing if it does.
func (p *Policy) passesOver(ctx context.Context, subject Subject) string {
	switch {
	case slices.Contains(p.excluded, subject.Kind):
		return "spec.match.excludeKinds"
	case !p.judgesKind(subject.Kind):
		return "spec.match.kinds"
	case !slices.Contains(p.operations, subject.Operation):
		return "spec.match.operations"
	case !p.selectsNamespace(subject):
		return "spec.match.namespaceSelector"
	case !p.selectsObject(subject):
		return "spec.match.objectSelector"
	}
	return p.exemptedBy(ctx, subject)
}

// SelectsNamespaces tells whether the labels of namespaces have a say in what the policy selects.
func (p *Policy) SelectsNamespaces() bool { return !p.namespaces.Empty() }

func (p *Policy) selectsNamespace(subject Subject) bool {
	if subject.Namespaced && subject.NamespaceLabels == nil {
		return p.namespaces.Matches(labels.Set{})
	}
	return !subject.Namespaced || p.namespaces.Matches(subject.NamespaceLabels)
}

func (p *Policy) selectsObject(subject Subject) bool {
	isNew := subject.Operation != rollout.Delete && p.objects.Matches(labels.Set(subject.Labels))
	wasOld := subject.Operation != rollout.Create && p.objects.Matches(labels.Set(subject.OldLabels))
	return isNew || wasOld
}

// mayJudge tells whether the policy judges any write of that operation of that kind.
func (p *Policy) mayJudge(kind schema.GroupKind, operation rollout.Operation) bool {
	return p.judgesKind(kind) && slices.Contains(p.operations, operation)
}

func (p *Policy) judgesKind(kind schema.GroupKind) bool {
	return (len(p.kinds) == 0 || slices.Contains(p.kinds, kind)) && !slices.Contains(p.excluded, kind)
}
