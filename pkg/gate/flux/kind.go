package flux

import (
	"strings"

	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/seawall-dev/seawall/pkg/inventory"
)

// kind is one of the two sorts of environments: what the general reading of them does not know.
type kind struct {
	group, kind, resource string
	versions              []string
	// source returns what an object follows, and what of that a text names beside it.
	source func(*object) (from reference, chart string)
	// artifact returns what has the revision that the object is to be at.
	artifact func(*object) reference
	// revision returns what was tried last, and sync what tells that from what was tried before.
	revision, sync func(*status) string
	// applied tells whether what was tried last has been applied, and is well if Ready does not say otherwise.
	applied func(*object) bool
	// begins returns the revision that the object is about to be at, and whether that is known; which the status
	// says before anything is tried.
	begins func(*object) (revision string, does bool)
	// announced tells whether that is all that it says, and nothing is tried: a moment before that, or if it is refused.
	announced func(*object) bool
	// digests says that the revision is the digest in that of an artifact.
	digests func(*object) bool
	// edited tells whether the object asks for something else than what was released last, whatever its source has.
	edited func(*object) bool
}

func kustomizations() *kind {
	return &kind{
		group: "kustomize.toolkit.fluxcd.io", kind: "Kustomization", resource: "kustomizations", versions: []string{"v1"},
		source:   func(o *object) (reference, string) { return o.from(o.Spec.SourceRef), "" },
		artifact: func(o *object) reference { return o.from(o.Spec.SourceRef) },
		revision: func(s *status) string { return s.LastAttemptedRevision },
		sync:     func(s *status) string { return s.LastAttemptedRevision },
		applied: func(o *object) bool {
			return o.Status.LastAttemptedRevision != "" && o.Status.LastAttemptedRevision == o.Status.LastAppliedRevision
		},
		begins: func(o *object) (string, bool) {
			revision := o.fetches()
			return revision, revision != "" && revision != o.Status.LastAttemptedRevision
		},
		announced: func(*object) bool { return false },
		digests:   func(*object) bool { return false },
		edited:    func(*object) bool { return false },
	}
}

func helmReleases() *kind {
	return &kind{
		group: "helm.toolkit.fluxcd.io", kind: "HelmRelease", resource: "helmreleases", versions: []string{"v2"},
		source: func(o *object) (reference, string) {
			if o.Spec.ChartRef.Kind != "" {
				return o.from(o.Spec.ChartRef), ""
			}
			return o.from(o.Spec.Chart.Spec.SourceRef), o.Spec.Chart.Spec.Chart
		},
		artifact: func(o *object) reference {
			if o.Spec.ChartRef.Kind != "" {
				return o.from(o.Spec.ChartRef)
			}
			namespace, name, _ := strings.Cut(o.Status.HelmChart, "/")
			return reference{Kind: "HelmChart", Namespace: namespace, Name: name}
		},
		revision: func(s *status) string {
			if s.LastAttemptedRevisionDigest != "" {
				return digestOf(s.LastAttemptedRevisionDigest)
			}
			return s.LastAttemptedRevision
		},
		sync: func(s *status) string {
			if s.LastAttemptedRevision == "" {
				return ""
			}
			return s.LastAttemptedRevision + " " + s.LastAttemptedConfigDigest
		},
		applied:   func(o *object) bool { return o.condition(ready).Status == isTrue && o.released() },
		begins:    func(o *object) (string, bool) { return "", o.releases() },
		announced: (*object).isAnnounced,
		digests: func(o *object) bool {
			return o.Spec.ChartRef.Kind == "OCIRepository" || o.Spec.ChartRef.Kind == "ExternalArtifact"
		},
		edited: func(o *object) bool {
			return o.Metadata.Generation != o.Status.LastAttemptedGeneration || o.condition(ready).Status == isTrue && !o.released()
		},
	}
}

// groupKind is that of the objects.
func (k *kind) groupKind() schema.GroupKind { return schema.GroupKind{Group: k.group, Kind: k.kind} }

func (k *kind) inventoried() inventory.Source {
	return inventory.Source{Group: k.group, Versions: k.versions, Resource: k.resource, Kind: k.kind}
}

// follows says what an object follows: such as "GitRepository flux-system/fleet", or of a HelmRelease with a chart of
// its own "HelmRepository flux-system/charts#podinfo".
func (k *kind) follows(o *object) string {
	from, chart := k.source(o)
	if from.Name == "" {
		return ""
	}
	if chart != "" {
		return from.String() + "#" + chart
	}
	return from.String()
}

// wanted returns the revision that an object is to be at, by that of the artifact that it follows; nothing if that does
// not tell: the version of a chart that an artifact holds without a digest stands in the chart.
func (k *kind) wanted(o *object, artifact string) string {
	switch {
	case !k.digests(o):
		return artifact
	case !strings.Contains(artifact, ":"):
		return ""
	}
	return digestOf(artifact)
}

// digestOf returns the digest of a revision, beside which its tag may stand: helm-controller keeps a tag that is no
// version, and leaves out one that is.
func digestOf(revision string) string {
	if _, digest, has := strings.Cut(revision, "@"); has {
		return digest
	}
	return revision
}
