package splice

import (
	"bytes"
	"errors"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"
)

// attempts returns the changes that may make an edit, the nicest first: which of them do is for
// whoever reads the result.
func (s *source) attempts(edit Edit) ([]change, error) {
	node := s.root
	var key *yaml.Node
	for i, step := range edit.Path {
		nextKey, next := child(node, step)
		if next == nil {
			return s.within(key, node, edit.Path[i:], edit.Value)
		}
		key, node = nextKey, next
	}
	return s.replace(key, node, edit.Value)
}

// nest returns the value that a field has of which only something within is to be set.
func nest(path []string, value any) any {
	for _, step := range slices.Backward(path) {
		if isIndex(step) {
			value = List{value}
		} else {
			value = Map{{step, value}}
		}
	}
	return value
}

// within adds to a node, of which key is the name, what is missing of a path.
func (s *source) within(key, node *yaml.Node, path []string, value any) ([]change, error) {
	rest := nest(path[1:], value)
	for node.Kind == yaml.AliasNode {
		node = node.Alias
	}
	switch {
	case len(node.Content) == 0:
		return s.replace(key, node, nest(path, value))
	case node.Kind != yaml.MappingNode:
		return nil, errors.New("there is no such item, and a list can only be begun")
	case node.Style&yaml.FlowStyle != 0:
		return s.intoFlow(node, path[0], rest), nil
	}
	first := node.Content[0]
	at := s.offset(first)
	start, _ := s.line(at)
	indent := first.Column - 1
	text := s.style.block(path[0], rest, indent)
	spaces := strings.Repeat(" ", indent)
	return []change{
		s.append(node, spaces, text),
		{at, at, text + s.style.newline + spaces},
		{start, start, spaces + text + s.style.newline},
	}, nil
}

// append adds lines behind a block map.
func (s *source) append(node *yaml.Node, spaces, text string) change {
	last := node.Content[len(node.Content)-2]
	_, end := s.line(s.offset(last))
	for end < len(s.text) {
		_, next := s.line(end)
		line := bytes.TrimRight(s.text[end:next], " \t\r\n")
		content := bytes.TrimLeft(line, " ")
		if len(content) > 0 && (len(line)-len(content) < len(spaces) || isMarker(line)) {
			break
		}
		end = next
	}
	// Blank lines are those of what follows.
	kept := bytes.TrimRight(s.text[:end], " \t\r\n")
	_, after := s.line(len(kept) - 1)
	if after == len(s.text) && !bytes.HasSuffix(s.text, []byte("\n")) {
		return change{after, after, s.style.newline + spaces + text}
	}
	return change{after, after, spaces + text + s.style.newline}
}

func isMarker(line []byte) bool {
	return bytes.HasPrefix(line, []byte("---")) || bytes.HasPrefix(line, []byte("..."))
}

// intoFlow adds a field to a map in braces that has some.
func (s *source) intoFlow(node *yaml.Node, name string, value any) []change {
	first := node.Content[0]
	at := s.offset(first)
	quoted := first.Style&yaml.DoubleQuotedStyle != 0
	text := scalar(name, quoted) + ": " + flow(value, quoted)
	start, _ := s.line(at)
	if before := s.text[start:at]; len(bytes.TrimSpace(before)) == 0 {
		return []change{{at, at, text + "," + s.style.newline + string(before)}}
	}
	return []change{{at, at, text + ", "}}
}

// replace puts a value into the place of a scalar, of an empty map or list, or of nothing.
func (s *source) replace(key, node *yaml.Node, value any) ([]change, error) {
	if node.Kind == yaml.ScalarNode && node.Value == "" && node.Tag == "!!null" {
		return s.fill(key, value)
	}
	start, end, found := s.token(node)
	if !found {
		return nil, errors.New("what stands there is more than a number or a word")
	}
	return []change{{start, end, flow(value, s.style.quoted)}}, nil
}

// fill writes a value behind a name that has none.
func (s *source) fill(key *yaml.Node, value any) ([]change, error) {
	if key == nil {
		return nil, errors.New("the document is empty")
	}
	_, end, found := s.token(key)
	if !found || end >= len(s.text) {
		return nil, errors.New("its name is not on one line")
	}
	colon := bytes.IndexByte(s.text[end:], ':')
	if colon < 0 {
		return nil, errors.New("its name is followed by nothing")
	}
	behind := end + colon + 1
	_, next := s.line(behind)
	text := s.style.blockValue(value, key.Column-1)
	inline := change{behind, behind, " " + flow(value, s.style.quoted)}
	if !strings.HasPrefix(text, s.style.newline) {
		return []change{inline}, nil
	}
	text = strings.TrimPrefix(text, s.style.newline)
	if bytes.HasSuffix(s.text[:next], []byte("\n")) {
		return []change{{next, next, text + s.style.newline}, inline}, nil
	}
	return []change{{next, next, s.style.newline + text}, inline}, nil
}
