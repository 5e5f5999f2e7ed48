// Package splice sets fields of YAML documents and leaves every other byte as it is: comments, anchors,
// quotes, the ends of lines, and the order of everything.
package splice

import (
	"bytes"
	"errors"
	"fmt"
	"reflect"
	"strings"

	"go.yaml.in/yaml/v3"
	kyaml "sigs.k8s.io/yaml"
)

// Edit is a field and what it is to be.
type Edit struct {
	// Path leads to the field from the root of the document: names of fields, and the numbers of items
	// as strings, such as "spec", "steps", "0", "maxUpdate". What is missing on the way is made; of a
	// list only its first item can be.
	Path []string
	// Value is a Map, a List, a string, a bool or an int. It replaces a scalar, an empty map or list,
	// or nothing.
	Value any
}

// Map is a mapping whose fields have an order.
type Map []Field

// Field is one field of a Map.
type Field struct {
	Name  string
	Value any
}

// List is a sequence.
type List []any

// String spells the path as manifests do: "spec.steps[0].maxUpdate".
func (e Edit) String() string {
	var text strings.Builder
	for i, step := range e.Path {
		switch {
		case isIndex(step):
			text.WriteString("[" + step + "]")
		case i > 0:
			text.WriteString("." + step)
		default:
			text.WriteString(step)
		}
	}
	return text.String()
}

// errElsewhere says that a splice would change more than it is asked to.
var errElsewhere = errors.New("it cannot be set without a change elsewhere, such as where an alias repeats it: edit the file by hand")

// Apply returns the text of one document with the edits made, one after the other. Each is read back:
// unless the field is as asked for and all others are as they were, the error says which edit cannot
// be made.
func Apply(text []byte, edits ...Edit) ([]byte, error) {
	for _, edit := range edits {
		spliced, err := apply(text, edit)
		if err != nil {
			return nil, fmt.Errorf("setting %s: %w", edit, err)
		}
		text = spliced
	}
	return text, nil
}

func apply(text []byte, edit Edit) ([]byte, error) {
	want, err := expected(text, edit)
	if err != nil {
		return nil, err
	}
	source, err := parse(text)
	if err != nil {
		return nil, err
	}
	attempts, err := source.attempts(edit)
	if err != nil {
		return nil, err
	}
	for _, attempt := range attempts {
		spliced := attempt.into(text)
		if got, err := decode(spliced); err == nil && reflect.DeepEqual(got, want) {
			return spliced, nil
		}
	}
	return nil, errElsewhere
}

// change is what replaces some bytes.
type change struct {
	start, end int
	with       string
}

func (c change) into(text []byte) []byte {
	return bytes.Join([][]byte{text[:c.start], text[c.end:]}, []byte(c.with))
}

// expected returns what a document is to be read as after an edit.
func expected(text []byte, edit Edit) (any, error) {
	root, err := decode(text)
	if err != nil {
		return nil, err
	}
	value, err := decode([]byte(flow(edit.Value, true)))
	if err != nil {
		return nil, err
	}
	return set(root, edit.Path, value)
}

func decode(text []byte) (value any, err error) {
	err = kyaml.UnmarshalStrict(text, &value)
	return value, err
}

// set sets a field of a decoded document.
func set(at any, path []string, value any) (any, error) {
	if len(path) == 0 {
		return value, nil
	}
	if isIndex(path[0]) {
		items, isList := at.([]any)
		index := index(path[0])
		if at != nil && !isList || index > len(items) || index == len(items) && index > 0 {
			return nil, fmt.Errorf("there is no item %s", path[0])
		}
		if index == len(items) {
			items = append(items, nil)
		}
		var err error
		items[index], err = set(items[index], path[1:], value)
		return items, err
	}
	fields, isMap := at.(map[string]any)
	if at != nil && !isMap {
		return nil, fmt.Errorf("there can be no field %s in what is no map", path[0])
	}
	if fields == nil {
		fields = map[string]any{}
	}
	var err error
	fields[path[0]], err = set(fields[path[0]], path[1:], value)
	return fields, err
}

// source is a document and where everything stands in it.
type source struct {
	text  []byte
	lines []int // where each begins
	root  *yaml.Node
	style *style
}

func parse(text []byte) (*source, error) {
	var document yaml.Node
	if err := yaml.Unmarshal(text, &document); err != nil {
		return nil, err
	}
	if len(document.Content) == 0 {
		return nil, errors.New("the document is empty")
	}
	parsed := &source{text: text, lines: lineStarts(text), root: document.Content[0]}
	parsed.style = styleOf(text, parsed.root)
	return parsed, nil
}
