package manifest

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"regexp"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"
	kyaml "sigs.k8s.io/yaml"
)

// Parsed is what a file holds.
type Parsed struct {
	Documents []*Document
	Problems  []*ReadError
	// Others is the number of documents that hold something, but no Kubernetes object.
	Others int
}

func (p *Parsed) add(other Parsed) {
	p.Documents = append(p.Documents, other.Documents...)
	p.Problems = append(p.Problems, other.Problems...)
	p.Others += other.Others
}

// Parse reads the objects of a text, YAML or JSON, one after the other. Those of a List are objects
// of their own. What cannot be read is a problem; the rest is read all the same.
func Parse(file string, text []byte) Parsed {
	var parsed Parsed
	if bytes.HasPrefix(bytes.TrimSpace(text), []byte("{")) && parsed.stream(file, text) {
		return parsed
	}
	for start, line := 0, 1; start < len(text); {
		end, next := separator(text, start)
		part := text[start:end]
		parsed.document(file, line, part)
		line += bytes.Count(text[start:next], []byte("\n"))
		start = next
	}
	return parsed
}

// stream reads JSON objects that stand one after the other; it returns false for what is YAML.
func (p *Parsed) stream(file string, text []byte) bool {
	decoder := json.NewDecoder(bytes.NewReader(text))
	var found Parsed
	for {
		var object json.RawMessage
		err := decoder.Decode(&object)
		if errors.Is(err, io.EOF) {
			p.add(found)
			return true
		}
		if err != nil {
			return false
		}
		start := int(decoder.InputOffset()) - len(object)
		line := 1 + bytes.Count(text[:start], []byte("\n"))
		found.one(file, line, object, object)
	}
}

// separator returns where the document ends that begins at start, and where the next one begins.
func separator(text []byte, start int) (end, next int) {
	for at := start; at < len(text); {
		stop := len(text)
		if i := bytes.IndexByte(text[at:], '\n'); i >= 0 {
			stop = at + i + 1
		}
		// What stands behind it on the line is of the next document.
		rest, found := bytes.CutPrefix(text[at:stop], []byte("---"))
		if found && (len(rest) == 0 || strings.IndexByte(" \t\r\n", rest[0]) >= 0) {
			return at, at + len("---")
		}
		at = stop
	}
	return len(text), len(text)
}

// document reads one document of a YAML file.
func (p *Parsed) document(file string, line int, text []byte) {
	if blank(text) {
		return
	}
	object, err := kyaml.YAMLToJSONStrict(text)
	if err != nil {
		at, cause := place(err, line)
		p.Problems = append(p.Problems, &ReadError{File: file, Line: at, Err: cause})
		return
	}
	p.one(file, line, text, object)
}

// one adds an object, or those of a List.
func (p *Parsed) one(file string, line int, text, object []byte) {
	document, items, err := newDocument(file, line, text, object)
	switch {
	case errors.Is(err, errNoObject):
		p.Others++
	case err != nil:
		p.Problems = append(p.Problems, &ReadError{File: file, Line: line, Err: err})
	case items != nil && document.APIVersion == "v1" && document.Kind == "List":
		for i, item := range items {
			p.item(document, i, item)
		}
	case document.Name == "" && document.GenerateName == "":
		p.Problems = append(p.Problems, &ReadError{File: file, Line: document.LineOf("metadata"), Err: fmt.Errorf(
			"%s has no metadata.name: want the name of an object", document.Kind)})
	default:
		p.Documents = append(p.Documents, document)
	}
}

// item adds an object of a List.
func (p *Parsed) item(list *Document, index int, object []byte) {
	document, _, err := newDocument(list.File, list.Line, list.Text, object)
	path := fmt.Sprintf("items[%d]", index)
	if err != nil {
		p.Problems = append(p.Problems, &ReadError{File: list.File, Line: list.LineOf(path), Err: fmt.Errorf("%s: %w", path, err)})
		return
	}
	root := list.Node
	document.node = func() (node *yaml.Node) {
		if node = root(); node == nil {
			return nil
		}
		for _, step := range split(path) {
			if _, node = child(node, step); node == nil {
				return nil
			}
		}
		return node
	}
	p.Documents = append(p.Documents, document)
}

// blank tells whether a text holds nothing but comments and directives.
func blank(text []byte) bool {
	for line := range bytes.Lines(text) {
		if line = bytes.TrimSpace(line); len(line) > 0 && line[0] != '#' && line[0] != '%' && string(line) != "..." {
			return false
		}
	}
	return true
}

var yamlLine = regexp.MustCompile(`(?:error converting YAML to JSON: )?yaml: (?:unmarshal errors:\s*)?line (\d+): `)

// place returns the line of the file that an error of the YAML parser is about, and the error
// without it.
func place(err error, line int) (int, error) {
	text := err.Error()
	found := yamlLine.FindStringSubmatchIndex(text)
	if found == nil {
		text = strings.TrimPrefix(strings.TrimPrefix(text, "error converting YAML to JSON: "), "yaml: ")
		return line, errors.New("it is no YAML: " + text)
	}
	inside, _ := strconv.Atoi(text[found[2]:found[3]]) // digits
	return line + inside - 1, errors.New("it is no YAML: " + text[found[1]:])
}
