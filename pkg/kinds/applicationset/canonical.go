package applicationset

import (
	"maps"
	"slices"
)

// canonical returns the spec of an Application so that two which Argo CD takes for equal are the
// same (util/argo, NormalizeApplicationSpec, and applicationset/utils, SpecsEquivalent): what a Go
// struct holds anyway is left out. What starts syncs by itself, syncPolicy.automated, is apart.
func canonical(raw any) (spec map[string]any, automated any) {
	members, isObject := raw.(map[string]any)
	if !isObject {
		members = map[string]any{}
	}
	spec, _ = trimmed(members).(map[string]any)
	if spec["project"] == nil {
		spec["project"] = "default"
	}
	if policy, isObject := spec["syncPolicy"].(map[string]any); isObject {
		automated = policy["automated"]
		delete(policy, "automated")
		if len(policy) == 0 {
			delete(spec, "syncPolicy")
		}
	}
	return spec, automated
}

// trimmed returns a copy without what is the same as nothing.
func trimmed(raw any) any {
	switch raw := raw.(type) {
	case map[string]any:
		kept := make(map[string]any, len(raw))
		for key, member := range raw {
			if key == "valuesObject" {
				kept[key] = member // it is JSON of its own
			} else if member = trimmedMember(key, member); !nothingBut(key, member) {
				kept[key] = member
			}
		}
		return kept
	case []any:
		items := make([]any, len(raw))
		for i := range raw {
			items[i] = trimmed(raw[i])
		}
		return items
	default:
		return raw
	}
}

func trimmedMember(key string, member any) any {
	switch key {
	case "commonLabels", "commonAnnotations", "labels", "annotations":
		if texts, isObject := member.(map[string]any); isObject {
			texts = maps.Clone(texts)
			maps.DeleteFunc(texts, func(_ string, text any) bool { return text == nil })
			return texts // an empty string is one
		}
	}
	return trimmed(member)
}

// nothingBut says whether a member is what a Go struct holds where it is absent.
func nothingBut(key string, member any) bool {
	switch member := member.(type) {
	case map[string]any:
		return len(member) == 0 && slices.Contains([]string{
			"syncPolicy", "helm", "kustomize", "directory", "jsonnet", "destination",
			"commonLabels", "commonAnnotations", "labels", "annotations", "options",
		}, key)
	case nil:
		return true
	case []any:
		return len(member) == 0
	default:
		pointers := []string{"enabled", "revisionHistoryLimit", "factor", "string"}
		return empty(member) && !slices.Contains(pointers, key)
	}
}

// automates says whether syncPolicy.automated, which is as canonical returns it, starts syncs.
func automates(automated any) bool {
	members, isObject := automated.(map[string]any)
	return isObject && members["enabled"] != false
}
