package applicationset

import (
	"regexp"
	"strconv"
	"strings"
)

// pick is a step of a path: to a member or an item, or to all items, or those that hold a text.
type pick struct {
	// key is that of a member, or the number of an item.
	key   string
	items bool
	// where leads to what is the same as the text in those items that are meant; nil means all of them.
	where []string
	same  string
}

// picks says whether an item of a list is meant.
func (p pick) picks(at int, item any) bool {
	if !p.items {
		return p.key == strconv.Itoa(at)
	}
	if p.where == nil {
		return true
	}
	for _, key := range p.where {
		members, _ := item.(map[string]any)
		item = members[key]
	}
	return item == p.same
}

var (
	// jqStep matches a step of a plain path of jq: a key, a quoted key, an item, or all items.
	jqStep = regexp.MustCompile(`^\s*(?:\|\s*)?` +
		`(?:\.([A-Za-z_][A-Za-z0-9_]*)|\.?\[\s*"([^"\\]*)"\s*\]|\."([^"\\]*)"|\.?\[\s*([0-9]*)\s*\])\??\s*`)
	// jqSelect matches the choice of the items in which a field is a text.
	jqSelect = regexp.MustCompile(`^\s*\|\s*select\(\s*((?:\.[A-Za-z_][A-Za-z0-9_]*)+)\s*==\s*"([^"\\]*)"\s*\)\s*`)
)

// jqPath returns the steps of a jq expression that is a path, and nil of any other.
func jqPath(expression string) (path []pick) {
	rest := strings.TrimSpace(expression)
	if !strings.HasPrefix(rest, ".") {
		return nil
	}
	for rest != "" {
		if last := len(path) - 1; last >= 0 && path[last].items && path[last].where == nil {
			if found := jqSelect.FindStringSubmatch(rest); found != nil {
				path[last].where, path[last].same = strings.Split(found[1][1:], "."), found[2]
				rest = rest[len(found[0]):]
				continue
			}
		}
		step := jqStep.FindStringSubmatch(rest)
		if step == nil {
			return nil
		}
		key := step[1] + step[2] + step[3] + step[4]
		path = append(path, pick{key: key, items: key == ""})
		rest = rest[len(step[0]):]
	}
	return path
}
