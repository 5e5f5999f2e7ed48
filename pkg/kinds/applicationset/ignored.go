package applicationset

import (
	"maps"
	"strings"
)

// ignoring is a field that spec.ignoreApplicationDifferences names.
type ignoring struct {
	// name is that of the only Application that is meant, if it is not empty.
	name string
	// path leads to the field.
	path []pick
}

// ignoredBy reads the rules. Beyond are the expressions of jq that are more than Seawall evaluates, since
// nothing bounds the memory that one takes: what they ignore counts.
func ignoredBy(rules []any) (all []ignoring, beyond []string) {
	for i := range rules {
		rule := root("spec.ignoreApplicationDifferences", rules).item(i)
		name, _ := rule.field("name").text()
		pointers, _ := rule.field("jsonPointers").texts()
		for _, pointer := range pointers {
			if path, found := strings.CutPrefix(pointer, "/"); found {
				all = append(all, ignoring{name, pointed(path)})
			}
		}
		expressions := rule.field("jqPathExpressions")
		texts, _ := expressions.texts()
		for at, expression := range texts {
			if path := jqPath(expression); path != nil {
				all = append(all, ignoring{name, path})
			} else {
				beyond = append(beyond, expressions.item(at).spelled())
			}
		}
	}
	return all, beyond
}

// pointed returns where a JSON pointer leads to.
func pointed(pointer string) []pick {
	keys := strings.Split(pointer, "/")
	path := make([]pick, len(keys))
	for i, key := range keys {
		path[i].key = strings.NewReplacer("~1", "/", "~0", "~").Replace(key)
	}
	return path
}

// without returns an object without what is ignored of the Application of a name; what is ignored
// of all of them, where the name is empty.
func without(raw map[string]any, rules []ignoring, name string) map[string]any {
	for _, rule := range rules {
		if rule.name == "" || rule.name == name {
			raw, _ = pruned(raw, rule.path).(map[string]any)
		}
	}
	return raw
}

// pruned returns a value without what a path leads to; what changes is copied.
func pruned(raw any, path []pick) any {
	switch raw := raw.(type) {
	case map[string]any:
		member, found := raw[path[0].key]
		if !found || path[0].items {
			return raw
		}
		kept := maps.Clone(raw)
		if len(path) == 1 {
			delete(kept, path[0].key)
		} else {
			kept[path[0].key] = pruned(member, path[1:])
		}
		return kept
	case []any:
		return prunedItems(raw, path)
	default:
		return raw
	}
}

func prunedItems(items []any, path []pick) []any {
	kept := make([]any, 0, len(items))
	for i, item := range items {
		switch {
		case !path[0].picks(i, item):
			kept = append(kept, item)
		case len(path) > 1:
			kept = append(kept, pruned(item, path[1:]))
		}
	}
	return kept
}
