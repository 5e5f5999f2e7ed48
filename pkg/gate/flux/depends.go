package flux

import (
	"cmp"
	"slices"
)

// dependency is an object of the same kind that has to be ready before another one is reconciled.
type dependency struct {
	Namespace string `json:"namespace"`
	Name      string `json:"name"`
	// ReadyExpr is the expression by which it is, in the place of its condition.
	ReadyExpr string `json:"readyExpr"`
}

// blocked tells whether an object waits for one that it depends on. Flux says so in its status when it looks, which
// it does not while its start is held: what it has said holds until those are ready that can be found, as
// checkDependencies of either controller has it. Of one that is ready by an expression it is not known.
func (s *state) blocked(artifact artifact, find func(namespace, name string) *state) bool {
	if said := s.condition(ready); said.Status != isFalse || said.Reason != dependencyNotReady {
		return false
	}
	return slices.ContainsFunc(s.Spec.DependsOn, func(on dependency) bool {
		if on.ReadyExpr != "" {
			return true
		}
		found := find(cmp.Or(on.Namespace, s.Metadata.Namespace), on.Name)
		return found == nil || !found.isReadyFor(s, artifact)
	})
}

// isReadyFor tells whether an object that depends on this one can go on: a Kustomization of the same source only at the
// revision that this is at.
func (s *state) isReadyFor(other *state, artifact artifact) bool {
	if s.Status.ObservedGeneration != s.Metadata.Generation || s.condition(ready).Status != isTrue {
		return false
	}
	ownRevision := s.Spec.SourceRef.Name != "" && s.from(s.Spec.SourceRef) == other.from(other.Spec.SourceRef)
	return !ownRevision || s.Status.LastAppliedRevision == artifact.revision
}
