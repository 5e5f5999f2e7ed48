package applicationset

import (
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// ignoring is a field that spec.ignoreApplicationDifferences names.
type ignoring struct {
	// name is that of the only Application that is meant, if it is not empty.
	name string
	// path leads to the field: keys, numbers of items, and each for all items of a list.
	path []string
}

// each stands for all items of a list.
const each = "[]"

// ignoredBy reads the rules. One that is beyond Seawall ignores nothing, which counts more.
func ignoredBy(rules []any) (all []ignoring) {
	for _, raw := range rules {
		rule := root("spec.ignoreApplicationDifferences", raw)
		name, _ := rule.field("name").text()
		pointers, _ := rule.field("jsonPointers").texts()
		for _, pointer := range pointers {
			if path, found := strings.CutPrefix(pointer, "/"); found {
				keys := strings.Split(path, "/")
				for i, key := range keys {
					keys[i] = strings.NewReplacer("~1", "/", "~0", "~").Replace(key)
				}
				all = append(all, ignoring{name, keys})
			}
		}
		expressions, _ := rule.field("jqPathExpressions").texts()
		for _, expression := range expressions {
			if path := jqPath(expression); path != nil {
				all = append(all, ignoring{name, path})
			}
		}
	}
	return all
}

// jqStep matches a step of a plain path of jq: a key, a quoted key, an item, or all items.
var jqStep = regexp.MustCompile(`^(?:\|?\.?([A-Za-z_][A-Za-z0-9_]*)|\|?\.?\["([^"\\]*)"\]|\|?\.?"([^"\\]*)"|\|?\.?\[([0-9]*)\])\??`)

// jqPath returns the steps of a jq expression that is a plain path, and nil of any other.
func jqPath(expression string) (path []string) {
	rest := strings.ReplaceAll(expression, " ", "")
	if !strings.HasPrefix(rest, ".") {
		return nil
	}
	for rest != "" {
		step := jqStep.FindStringSubmatch(rest)
		switch {
		case step == nil:
			return nil
		case step[1]+step[2]+step[3]+step[4] == "":
			path = append(path, each)
		default:
			path = append(path, step[1]+step[2]+step[3]+step[4])
		}
		rest = rest[len(step[0]):]
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
func pruned(raw any, path []string) any {
	switch raw := raw.(type) {
	case map[string]any:
		member, found := raw[path[0]]
		if !found {
			return raw
		}
		kept := maps.Clone(raw)
		if len(path) == 1 {
			delete(kept, path[0])
		} else {
			kept[path[0]] = pruned(member, path[1:])
		}
		return kept
	case []any:
		return prunedItems(raw, path)
	default:
		return raw
	}
}

func prunedItems(items []any, path []string) any {
	number, err := strconv.Atoi(path[0])
	switch {
	case path[0] == each && len(path) == 1:
		return []any{}
	case path[0] != each && (err != nil || number < 0 || number >= len(items)):
		return items
	case len(path) == 1:
		return slices.Delete(slices.Clone(items), number, number+1)
	}
	kept := slices.Clone(items)
	for i := range kept {
		if path[0] == each || i == number {
			kept[i] = pruned(kept[i], path[1:])
		}
	}
	return kept
}
