package main

import (
	"bytes"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"
)

// change is what a denial says to do: set a field to a number.
type change struct {
	path  []string // keys, and indexes of lists
	value string
}

// parseChange finds "set a.b[0].c to 22" in a message.
func parseChange(message string) (change, error) {
	found := regexp.MustCompile(`set ([\w.\[\]]+) to (\d+)`).FindStringSubmatch(message)
	if found == nil {
		return change{}, errors.New("the message does not say what to set")
	}
	path := strings.NewReplacer("[", ".", "]", "").Replace(found[1])
	return change{path: strings.Split(path, "."), value: found[2]}, nil
}

// apply adds the field as a last line of the mapping that it belongs to. It leaves every other
// byte alone, comments too.
func (c change) apply(manifest []byte) ([]byte, error) {
	parents, field := c.path[:len(c.path)-1], c.path[len(c.path)-1]
	parent, err := find(manifest, parents...)
	if err != nil {
		return nil, err
	}
	if parent.Kind != yaml.MappingNode || len(parent.Content) == 0 {
		return nil, fmt.Errorf("%s has no fields", strings.Join(parents, "."))
	}
	line := strings.Repeat(" ", parent.Content[0].Column-1) + field + ": " + c.value + "\n"
	return insert(manifest, lastLine(parent), line), nil
}

// addTenant adds a copy of the hundredth tenant as the hundred and first.
func addTenant(manifest []byte) ([]byte, error) {
	elements, err := find(manifest, "spec", "generators", "0", "list", "elements")
	if err != nil {
		return nil, err
	}
	last := lastLine(elements)
	lines := bytes.SplitAfter(manifest, []byte("\n"))
	return insert(manifest, last, strings.ReplaceAll(string(lines[last-1]), "100", "101")), nil
}

// find returns what is at a path of keys and indexes.
func find(manifest []byte, path ...string) (*yaml.Node, error) {
	var document yaml.Node
	if err := yaml.Unmarshal(manifest, &document); err != nil {
		return nil, err
	}
	node := document.Content[0]
	for i, step := range path {
		next := child(node, step)
		if next == nil {
			return nil, fmt.Errorf("there is no %s", strings.Join(path[:i+1], "."))
		}
		node = next
	}
	return node, nil
}

func child(node *yaml.Node, step string) *yaml.Node {
	if node.Kind == yaml.SequenceNode {
		index, err := strconv.Atoi(step)
		if err != nil || index >= len(node.Content) {
			return nil
		}
		return node.Content[index]
	}
	for i := 0; i+1 < len(node.Content); i += 2 {
		if node.Content[i].Value == step {
			return node.Content[i+1]
		}
	}
	return nil
}

// lastLine returns the number of the last line on which something below a node begins.
func lastLine(node *yaml.Node) int {
	last := node.Line
	for _, below := range node.Content {
		last = max(last, lastLine(below))
	}
	return last
}

// insert adds a line after the line of a number, which counts from 1.
func insert(text []byte, after int, line string) []byte {
	lines := bytes.SplitAfter(text, []byte("\n"))
	return bytes.Join(slices.Insert(lines, after, []byte(line)), nil)
}
