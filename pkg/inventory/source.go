package inventory

import (
	"fmt"
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/seawall-dev/seawall/pkg/rollout"
)

// Source is a resource whose objects say which environments exist.
type Source struct {
	Group string
	// Versions are those that Seawall can read, the preferred one first.
	Versions []string
	// Resource is the plural name in URLs, such as "clusters".
	Resource string
	// Kind is the name as objects spell it, such as "Cluster".
	Kind string
	// Namespace, if not empty, is the only one that is read.
	Namespace string
	// Name, if not empty, is that of the only object that is read.
	Name string
	// Label, if not empty, is a label that the objects that are read have, such as "env=prod".
	Label string
	// Data, if not nil, are the keys of a Secret's data that are read. All others are overwritten as
	// they arrive, like the annotations in which tools keep copies.
	Data []string
	// MetadataOnly asks the API server for nothing but the metadata.
	MetadataOnly bool
	// Fields are the paths of all that is kept for a T that is a map, from the object's root;
	// a T that is a struct names its fields itself.
	Fields [][]string
}

// String returns the resource and its group, such as "clusters.fleet.cattle.io".
func (s Source) String() string {
	return schema.GroupResource{Group: s.Group, Resource: s.Resource}.String()
}

// Resources returns the names of what collections are of, such as "clusters.fleet.cattle.io".
func Resources(collections ...interface{ Source() Source }) []string {
	names := make([]string, len(collections))
	for i, collection := range collections {
		names[i] = collection.Source().String()
	}
	return names
}

// Covers tells whether an object is one of the source's.
func (s Source) Covers(object *unstructured.Unstructured) bool {
	kind := object.GroupVersionKind()
	plural, _ := meta.UnsafeGuessKindToResource(kind)
	key, value, _ := strings.Cut(s.Label, "=")
	return kind.Group == s.Group && slices.Contains(s.Versions, kind.Version) &&
		(kind.Kind == s.Kind || s.Kind == "" && plural.Resource == s.Resource) &&
		(s.Name == "" || s.Name == object.GetName()) && object.GetLabels()[key] == value
}

// served returns the version to read among those that the API server serves.
func (s Source) served(resources map[schema.GroupVersionResource]bool) (gvr schema.GroupVersionResource, found bool) {
	i := slices.IndexFunc(s.Versions, func(version string) bool {
		return resources[schema.GroupVersionResource{Group: s.Group, Version: version, Resource: s.Resource}]
	})
	if i < 0 {
		return schema.GroupVersionResource{}, false
	}
	return schema.GroupVersionResource{Group: s.Group, Version: s.Versions[i], Resource: s.Resource}, true
}

// AbsentError says that the API server does not serve a resource: what it would say cannot
// be known, so that for a policy it is an unresolved count.
type AbsentError struct{ *rollout.UnresolvedError }

func absent(source Source) error {
	return &AbsentError{rollout.Unresolved(source.String(), "is not served by this API server")}
}

// Unwrap returns the *rollout.UnresolvedError.
func (e *AbsentError) Unwrap() error { return e.UnresolvedError }

// UngivenError says that nobody said what objects there are of a resource: where there is no API
// server to ask, and an inventory in its place leaves the resource out.
type UngivenError struct{ *rollout.UnresolvedError }

func notGiven(source Source) error {
	return &UngivenError{rollout.Unresolved(source.String(), "are not in the inventory that was given")}
}

// Unwrap returns the *rollout.UnresolvedError.
func (e *UngivenError) Unwrap() error { return e.UnresolvedError }

// UnreadableError says that an object of the inventory has a field of another shape than
// Seawall knows. Which, and what stands in it, is withheld.
type UnreadableError struct{ *rollout.UnresolvedError }

func unreadable(source Source, namespace, name string, err error) error {
	if namespace != "" {
		name = namespace + "/" + name
	}
	unresolved := rollout.Unresolved(source.String(), "hold an object that cannot be read, which the log of Seawall names")
	unresolved.Withheld = fmt.Sprintf("%s %s: %s", source.Kind, name, rollout.Quote(err.Error()))
	return &UnreadableError{unresolved}
}

// Unwrap returns the *rollout.UnresolvedError.
func (e *UnreadableError) Unwrap() error { return e.UnresolvedError }
