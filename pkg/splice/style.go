package splice

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"

	"go.yaml.in/yaml/v3"
)

// style is how a document is written.
type style struct {
	// newline ends its lines.
	newline string
	// step is how many columns a map is further in than the map around it.
	step int
	// indented says that the items of lists are further in than the name of the list.
	indented bool
	// quoted says that names are quoted, as in JSON.
	quoted bool
}

func styleOf(text []byte, root *yaml.Node) *style {
	const usual = 2
	found := &style{newline: "\n"}
	if at := bytes.IndexByte(text, '\n'); at > 0 && text[at-1] == '\r' {
		found.newline = "\r\n"
	}
	found.quoted = root.Kind == yaml.MappingNode && root.Style&yaml.FlowStyle != 0 &&
		len(root.Content) > 0 && root.Content[0].Style&yaml.DoubleQuotedStyle != 0
	seen := false
	found.look(root, &seen)
	if found.step == 0 {
		found.step = usual
	}
	if !seen {
		found.indented = true
	}
	return found
}

// look finds the first map within a map, and the first list.
func (s *style) look(node *yaml.Node, list *bool) {
	if node.Style&yaml.FlowStyle != 0 {
		return
	}
	if node.Kind == yaml.MappingNode {
		s.lookAt(node, list)
	}
	for _, within := range node.Content {
		s.look(within, list)
	}
}

// lookAt looks at the fields of a map.
func (s *style) lookAt(node *yaml.Node, list *bool) {
	for i := 0; i+1 < len(node.Content); i += 2 {
		key, value := node.Content[i], node.Content[i+1]
		if value.Style&yaml.FlowStyle != 0 || len(value.Content) == 0 || value.Line == key.Line {
			continue
		}
		switch further := value.Content[0].Column - key.Column; {
		case value.Kind == yaml.MappingNode && s.step == 0 && further > 0:
			s.step = further
		case value.Kind == yaml.SequenceNode && !*list:
			*list, s.indented = true, value.Column > key.Column
		}
	}
}

// block writes a field in lines of its own, the first without indentation, the last without an end.
func (s *style) block(name string, value any, indent int) string {
	return s.name(name) + ":" + s.blockValue(value, indent)
}

func (s *style) blockValue(value any, indent int) string {
	newline := s.newline + strings.Repeat(" ", indent)
	further := strings.Repeat(" ", s.step)
	switch value := value.(type) {
	case Map:
		var text strings.Builder
		for _, field := range value {
			text.WriteString(newline + further + s.block(field.Name, field.Value, indent+s.step))
		}
		return text.String()
	case List:
		var text strings.Builder
		if !s.indented {
			further = ""
		}
		for _, item := range value {
			text.WriteString(newline + further + "- " + s.item(item, indent+len(further)+len("- ")))
		}
		return text.String()
	default:
		return " " + flow(value, s.quoted)
	}
}

// item writes an item of a list, of which a map begins on the line of its dash.
func (s *style) item(item any, indent int) string {
	fields, isMap := item.(Map)
	if !isMap {
		return flow(item, s.quoted)
	}
	lines := make([]string, len(fields))
	for i, field := range fields {
		lines[i] = s.block(field.Name, field.Value, indent)
	}
	return strings.Join(lines, s.newline+strings.Repeat(" ", indent))
}

func (s *style) name(name string) string { return scalar(name, s.quoted) }

// flow writes a value on one line.
func flow(value any, quoted bool) string {
	switch value := value.(type) {
	case Map:
		fields := make([]string, len(value))
		for i, field := range value {
			fields[i] = scalar(field.Name, quoted) + ": " + flow(field.Value, quoted)
		}
		return "{" + strings.Join(fields, ", ") + "}"
	case List:
		items := make([]string, len(value))
		for i, item := range value {
			items[i] = flow(item, quoted)
		}
		return "[" + strings.Join(items, ", ") + "]"
	default:
		return scalar(value, quoted)
	}
}

// scalar writes a string, a bool or a number.
func scalar(value any, quoted bool) string {
	if quoted {
		text, err := json.Marshal(value)
		if err != nil { // impossible for what Edit allows
			return fmt.Sprintf("%q", value)
		}
		return string(text)
	}
	text, err := yaml.Marshal(value)
	if err != nil { // as above
		return fmt.Sprintf("%q", value)
	}
	return strings.TrimSpace(string(text))
}
