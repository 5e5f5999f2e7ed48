package resourceset

import (
	"fmt"
	"slices"
	"strconv"
)

// digests returns what tells a change of each environment: the digests of its applier and
// of what that refers to, or of everything.
func (s *side) digests() map[string]string {
	byReference := make(map[string]*object, len(s.objects))
	everything := make([]string, 0, len(s.objects))
	for key, object := range s.objects {
		byReference[reference(object.kind, object.namespace, object.name)] = object
		everything = append(everything, fmt.Sprint(key, object.digest))
	}
	slices.Sort(everything)
	digests := map[string]string{others: fmt.Sprint(everything)}
	for name, applier := range s.appliers() {
		parts := []string{strconv.FormatUint(applier.digest, 10)}
		for _, referred := range applier.references {
			object := byReference[referred]
			if object == nil {
				continue
			}
			parts = append(parts, fmt.Sprint(referred, object.digest))
			for _, further := range object.references { // such as the repository of a chart
				if object := byReference[further]; object != nil {
					parts = append(parts, fmt.Sprint(further, object.digest))
				}
			}
		}
		slices.Sort(parts)
		digests[name] = fmt.Sprint(parts)
	}
	return digests
}

// refer collects what looks like a reference to an object: a kind and a name, or a name
// under secretRef or configMapRef.
func refer(v any, namespace string, found []string) []string {
	switch v := v.(type) {
	case map[string]any:
		kind, _ := v["kind"].(string)
		found = referTo(kind, v, namespace, found)
		for key, member := range v {
			named, _ := member.(map[string]any)
			found = referTo(map[string]string{"secretRef": "Secret", "configMapRef": "ConfigMap"}[key], named, namespace, found)
			found = refer(member, namespace, found)
		}
	case []any:
		for _, item := range v {
			found = refer(item, namespace, found)
		}
	}
	return found
}

func referTo(kind string, named map[string]any, namespace string, found []string) []string {
	name, _ := named["name"].(string)
	if kind == "" || name == "" {
		return found
	}
	if within, isText := named["namespace"].(string); isText {
		namespace = within
	}
	return append(found, reference(kind, namespace, name))
}
