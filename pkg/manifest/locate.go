package manifest

import (
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"
)

// LineOf returns the line of the file on which a field stands, given by its path, such as
// "spec.strategy.rollingSync.steps[0].maxUpdate"; the keys of maps that have dots themselves may be
// quoted in brackets. Of a field that is not there it is the line of the last one on the way to it.
func (d *Document) LineOf(path string) int {
	node := d.Node()
	if node == nil {
		return max(d.Line, 1)
	}
	line := node.Line
	for _, step := range split(path) {
		key, value := child(node, step)
		if value == nil {
			break
		}
		line, node = key.Line, value
	}
	return d.Line + line - 1
}

// child returns the node of a field and that of its value; nil where there is none.
func child(node *yaml.Node, step string) (key, value *yaml.Node) {
	for node.Kind == yaml.AliasNode {
		node = node.Alias
	}
	switch node.Kind {
	case yaml.MappingNode:
		for i := 0; i+1 < len(node.Content); i += 2 {
			if node.Content[i].Value == step {
				return node.Content[i], node.Content[i+1]
			}
		}
	case yaml.SequenceNode:
		if i, err := strconv.Atoi(step); err == nil && i >= 0 && i < len(node.Content) {
			return node.Content[i], node.Content[i]
		}
	case yaml.DocumentNode, yaml.ScalarNode, yaml.AliasNode:
	}
	return nil, nil
}

// split returns the steps of a path: the names of fields, and indexes.
func split(path string) (steps []string) {
	for path != "" {
		var step string
		switch path[0] {
		case '.':
			path = path[1:]
			continue
		case '[':
			step, path, _ = strings.Cut(path[1:], "]")
			step = strings.Trim(step, `"'`)
		default:
			end := strings.IndexAny(path, ".[")
			if end < 0 {
				end = len(path)
			}
			step, path = path[:end], path[end:]
		}
		steps = append(steps, step)
	}
	return steps
}
