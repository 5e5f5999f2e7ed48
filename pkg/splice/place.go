package splice

import (
	"bytes"
	"strconv"
	"unicode/utf8"

	"go.yaml.in/yaml/v3"
)

// lineStarts returns where the lines of a text begin, by what YAML takes for the ends of lines.
func lineStarts(text []byte) []int {
	starts := []int{0}
	for at := 0; at < len(text); {
		char, size := utf8.DecodeRune(text[at:])
		at += size
		switch char {
		case '\r':
			if at < len(text) && text[at] == '\n' {
				at++
			}
			starts = append(starts, at)
		case '\n', '\u0085', '\u2028', '\u2029':
			starts = append(starts, at)
		}
	}
	return starts
}

// offset returns where a node begins. Columns count characters, from 1.
func (s *source) offset(node *yaml.Node) int {
	if node.Line < 1 || node.Line > len(s.lines) {
		return len(s.text)
	}
	at := s.lines[node.Line-1]
	if node.Line == 1 {
		at += len(s.text) - len(bytes.TrimPrefix(s.text, []byte("\uFEFF")))
	}
	for column := 1; column < node.Column && at < len(s.text); column++ {
		_, size := utf8.DecodeRune(s.text[at:])
		at += size
	}
	return at
}

// line returns where the line begins that a byte is in, and where the next one does.
func (s *source) line(at int) (start, next int) {
	next = len(s.text)
	for _, begins := range s.lines {
		if begins > at {
			return start, begins
		}
		start = begins
	}
	return start, next
}

// token returns the bytes of a scalar, an alias, or an empty map or list, without anchor and tag;
// found is false for what is none of these.
func (s *source) token(node *yaml.Node) (start, end int, found bool) {
	start = s.afterProperties(s.offset(node))
	rest := s.text[start:]
	length := -1
	switch {
	case node.Kind == yaml.AliasNode:
		length = len("*" + node.Value)
	case node.Kind == yaml.MappingNode, node.Kind == yaml.SequenceNode:
		length = emptyCollection(rest)
	case node.Style&yaml.DoubleQuotedStyle != 0:
		length = doubleQuoted(rest)
	case node.Style&yaml.SingleQuotedStyle != 0:
		length = singleQuoted(rest)
	case node.Style&(yaml.LiteralStyle|yaml.FoldedStyle) != 0:
	case bytes.HasPrefix(rest, []byte(node.Value)):
		length = len(node.Value)
	}
	return start, start + length, length >= 0
}

// afterProperties passes over anchors and tags.
func (s *source) afterProperties(at int) int {
	for at < len(s.text) && (s.text[at] == '&' || s.text[at] == '!') {
		length := bytes.IndexAny(s.text[at:], " \t\r\n")
		if length < 0 {
			return at
		}
		at += length
		at += len(s.text[at:]) - len(bytes.TrimLeft(s.text[at:], " \t"))
	}
	return at
}

// emptyCollection returns the length of {} or [], which may have blanks in it; -1 for anything else.
func emptyCollection(text []byte) int {
	closers := map[byte]byte{'{': '}', '[': ']'}
	if len(text) == 0 || closers[text[0]] == 0 {
		return -1
	}
	inside := bytes.TrimLeft(text[1:], " \t\r\n")
	if len(inside) == 0 || inside[0] != closers[text[0]] {
		return -1
	}
	return len(text) - len(inside) + 1
}

func doubleQuoted(text []byte) int {
	for i := 1; i < len(text); i++ {
		switch text[i] {
		case '\\':
			i++
		case '"':
			return i + 1
		}
	}
	return -1
}

func singleQuoted(text []byte) int {
	for i := 1; i < len(text); i++ {
		if text[i] != '\'' {
			continue
		}
		if i+1 == len(text) || text[i+1] != '\'' {
			return i + 1
		}
		i++
	}
	return -1
}

// child returns the key and the value of a field, or an item twice; nil where there is none. What
// an alias stands for is where its anchor is.
func child(node *yaml.Node, step string) (key, value *yaml.Node) {
	for node.Kind == yaml.AliasNode {
		node = node.Alias
	}
	switch {
	case node.Kind == yaml.SequenceNode && isIndex(step):
		if at := index(step); at < len(node.Content) {
			return node.Content[at], node.Content[at]
		}
	case node.Kind == yaml.MappingNode:
		for i := 0; i+1 < len(node.Content); i += 2 {
			if node.Content[i].Value == step {
				return node.Content[i], node.Content[i+1]
			}
		}
	}
	return nil, nil
}

func isIndex(step string) bool {
	_, err := strconv.ParseUint(step, 10, 31)
	return err == nil
}

func index(step string) int {
	number, _ := strconv.Atoi(step) // isIndex has read it
	return number
}
