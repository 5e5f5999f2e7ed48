package cli

import (
	"strings"

	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/runtime/schema"
)

// kindNamed returns the kind that a text names in any of the ways that kubectl knows, by the cluster
// where that serves it, and else the text itself.
func kindNamed(mapper meta.RESTMapper, text string) string {
	if kind, err := lookUp(mapper, text); err == nil {
		return kind.Kind
	}
	return text
}

// lookUp asks a mapper for what a text names: a kind, a plural, a short name, with a group or without.
func lookUp(mapper meta.RESTMapper, text string) (schema.GroupVersionKind, error) {
	resource := schema.ParseGroupResource(strings.ToLower(text))
	return mapper.KindFor(resource.WithVersion(""))
}
