// Package manifest reads Kubernetes objects from files, and knows where in a file each of their
// fields stands.
package manifest

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"sync"

	"k8s.io/apimachinery/pkg/runtime/schema"

	"go.yaml.in/yaml/v3"
)

// Document is one object of a file.
type Document struct {
	Identity

	// File is the path by which it was asked for, "-" for standard input.
	File string
	// Line is that of the file on which the text of the document begins, from 1.
	Line int
	// Text is the document as it stands in the file.
	Text []byte
	// JSON is the object.
	JSON []byte

	// rendered says that the text is not that of the file.
	rendered bool
	node     func() *yaml.Node
}

// Identity says which object a document is.
type Identity struct {
	APIVersion string
	Kind       string
	// Namespace is empty where the document names none.
	Namespace string
	Name      string
	// GenerateName is the prefix of a name that the API server makes up.
	GenerateName string
}

// GroupKind returns the kind of the object and its group.
func (i Identity) GroupKind() schema.GroupKind {
	return schema.FromAPIVersionAndKind(i.APIVersion, i.Kind).GroupKind()
}

// String returns the kind and the name, such as "ApplicationSet argocd/web".
func (i Identity) String() string {
	name := i.Name
	if name == "" {
		name = i.GenerateName
	}
	if i.Namespace != "" {
		name = i.Namespace + "/" + name
	}
	return i.Kind + " " + name
}

// ReadError says what cannot be read, and where.
type ReadError struct {
	File string
	// Line is 0 where it is the whole file.
	Line int
	Err  error
}

// Error implements error: file, line and cause.
func (p *ReadError) Error() string {
	if p.Line == 0 {
		return fmt.Sprintf("%s: %s", p.File, p.Err)
	}
	return fmt.Sprintf("%s:%d: %s", p.File, p.Line, p.Err)
}

// Unwrap returns the cause.
func (p *ReadError) Unwrap() error { return p.Err }

// Problem is a ReadError for programs.
type Problem struct {
	File    string `json:"file"`
	Line    int    `json:"line,omitempty"`
	Message string `json:"message"`
}

// Problems returns errors for programs.
func Problems(errs []*ReadError) []Problem {
	all := make([]Problem, len(errs))
	for i, err := range errs {
		all[i] = Problem{err.File, err.Line, err.Err.Error()}
	}
	return all
}

// header is what says which object a document is.
type header struct {
	APIVersion string `json:"apiVersion"`
	Kind       string `json:"kind"`
	Metadata   struct {
		Namespace    string `json:"namespace"`
		Name         string `json:"name"`
		GenerateName string `json:"generateName"`
	} `json:"metadata"`
	Items []json.RawMessage `json:"items"`
}

// errNoObject says that something is no Kubernetes object, which it need not be.
var errNoObject = errors.New("it is no Kubernetes object: want apiVersion and kind")

// newDocument returns the object of a text, and those that it lists. The error is errNoObject, or
// says what is wrong with an object.
func newDocument(file string, line int, text, object []byte) (document *Document, items []json.RawMessage, err error) {
	var members map[string]json.RawMessage
	if json.Unmarshal(object, &members) != nil || members["apiVersion"] == nil || members["kind"] == nil {
		return nil, nil, errNoObject
	}
	var read header
	if err := json.Unmarshal(object, &read); err != nil {
		if wrong, is := errors.AsType[*json.UnmarshalTypeError](err); is {
			return nil, nil, fmt.Errorf("%s is a %s: want a %s (a string that YAML takes for something else has to be quoted)",
				wrong.Field, wrong.Value, wrong.Type)
		}
		return nil, nil, err
	}
	if read.APIVersion == "" || read.Kind == "" {
		return nil, nil, errNoObject
	}
	document = &Document{
		File: file, Line: line, Text: text, JSON: object,
		Identity: Identity{
			APIVersion: read.APIVersion, Kind: read.Kind,
			Namespace: read.Metadata.Namespace, Name: read.Metadata.Name, GenerateName: read.Metadata.GenerateName,
		},
	}
	document.node = sync.OnceValue(func() *yaml.Node {
		root := &yaml.Node{}
		if yaml.NewDecoder(bytes.NewReader(text)).Decode(root) != nil || len(root.Content) == 0 {
			return nil
		}
		return root.Content[0]
	})
	return document, read.Items, nil
}

// Node returns the root of the document as YAML, whose lines count from the document's own; nil for
// one that is rendered.
func (d *Document) Node() *yaml.Node {
	if d.rendered {
		return nil
	}
	return d.node()
}
