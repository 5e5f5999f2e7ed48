package flux

import (
	"time"

	"github.com/seawall-dev/seawall/pkg/inventory"
)

// artifact is what a source has now.
type artifact struct {
	revision string
	updated  time.Time
}

// source is what is read of a source.
type source struct {
	Status struct {
		Artifact struct {
			Revision       string    `json:"revision"`
			LastUpdateTime time.Time `json:"lastUpdateTime"`
		} `json:"artifact"`
	} `json:"status"`
}

// Sources are what Flux's objects follow.
type Sources struct {
	byKind map[string]*inventory.Collection[source]
}

// NewSources returns the sources that the registry will read.
func NewSources(registry *inventory.Registry) *Sources {
	sources := &Sources{byKind: map[string]*inventory.Collection[source]{}}
	for kind, resource := range map[string]string{
		"GitRepository": "gitrepositories", "OCIRepository": "ocirepositories", "Bucket": "buckets", "HelmChart": "helmcharts",
		"ExternalArtifact": "externalartifacts",
	} {
		sources.byKind[kind] = inventory.Register[source](registry, inventory.Source{
			Group: "source.toolkit.fluxcd.io", Versions: []string{"v1"}, Resource: resource, Kind: kind,
		})
	}
	return sources
}

// artifact returns what a source has; the zero value if that is not known.
func (s *Sources) artifact(of reference) artifact {
	collection, known := s.byKind[of.Kind]
	if !known {
		return artifact{}
	}
	object, err := collection.Get(of.Namespace, of.Name)
	if err != nil || object == nil {
		return artifact{}
	}
	has := object.Value.Status.Artifact
	return artifact{has.Revision, has.LastUpdateTime}
}
