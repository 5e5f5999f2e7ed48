package argocd

import (
	"encoding/json"
	"hash/fnv"
)

// digest tells lists of sources apart. What is empty in them says nothing: Argo CD leaves it out of some
// copies and not of others.
func digest(sources []source) uint64 {
	kept := make([]any, 0, len(sources))
	for _, source := range sources {
		kept = append(kept, withoutEmpty(map[string]any(source)))
	}
	hash := fnv.New64a()
	text, _ := json.Marshal(kept) //nolint:errchkjson // it was read from JSON
	_, _ = hash.Write(text)       // never fails
	return hash.Sum64()
}

// withoutEmpty returns a value without the fields that are empty; nil if nothing is left.
func withoutEmpty(value any) any {
	switch value := value.(type) {
	case map[string]any:
		kept := map[string]any{}
		for key, field := range value {
			if field := withoutEmpty(field); field != nil {
				kept[key] = field
			}
		}
		if len(kept) > 0 {
			return kept
		}
		return nil
	case []any:
		if len(value) == 0 {
			return nil
		}
		kept := make([]any, len(value)) // a place in a list says something
		for i, item := range value {
			kept[i] = withoutEmpty(item)
		}
		return kept
	case string:
		if value == "" {
			return nil
		}
	case bool:
		if !value {
			return nil
		}
	}
	return value
}
