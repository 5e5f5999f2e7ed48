package rollout

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/go-json-experiment/json/jsontext"
	kjson "sigs.k8s.io/json"

	"github.com/seawall-dev/seawall/pkg/budget"
)

// Fields are the members of a JSON object by their names, each as it stands there.
type Fields map[string]json.RawMessage

// Within returns the members of a field, which has none if it is no JSON object.
func (f Fields) Within(name string) Fields {
	members, _ := cut(f[name])
	return members
}

// Object is an object of the API server, cut once into the parts that kinds read: whoever
// wants one field need not look at the others. Nothing in it may be changed.
type Object struct {
	// JSON is the whole object, and Members is what it consists of.
	JSON    []byte
	Members Fields
	// APIVersion is its group and version, such as "argoproj.io/v1alpha1".
	APIVersion string
	Metadata   Metadata
	// Spec holds the fields of the spec; it is nil where that is no JSON object.
	Spec Fields
	// RawSpec and Status are the JSON of both; empty where there is none.
	RawSpec, Status json.RawMessage
}

// nesting bounds how deep an object may nest; those of the API server's resources nest less
// than 50 levels deep.
const nesting = 1_000

// Cut cuts an object. The error says what is no object of the API server, or wraps
// budget.ErrExceeded: then the object has its metadata, and nothing else.
func Cut(object []byte) (*Object, error) {
	var tooDeep error
	if deeper(object, nesting) {
		tooDeep = fmt.Errorf("%w: the object nests deeper than %d levels", budget.ErrExceeded, nesting)
	}
	members, err := cut(object)
	if err != nil {
		return nil, cmp.Or(tooDeep, fmt.Errorf("reading object: %w", err))
	}
	metadata, found := members["metadata"]
	if !found {
		return nil, cmp.Or(tooDeep, errors.New("object has no metadata"))
	}
	result := &Object{JSON: object, Members: members, RawSpec: members["spec"], Status: members["status"]}
	if err := kjson.UnmarshalCaseSensitivePreserveInts(metadata, &result.Metadata); err != nil {
		return nil, cmp.Or(tooDeep, fmt.Errorf("reading metadata: %w", err))
	}
	result.Metadata.Raw = metadata
	_ = json.Unmarshal(members["apiVersion"], &result.APIVersion) // for records only
	if tooDeep != nil {
		return &Object{APIVersion: result.APIVersion, Metadata: result.Metadata}, tooDeep
	}
	if bytes.HasPrefix(result.RawSpec, []byte("{")) {
		if result.Spec, err = cut(result.RawSpec); err != nil {
			return nil, fmt.Errorf("reading spec: %w", err)
		}
	}
	return result, nil
}

// decoder reads JSON as encoding/json does.
func decoder(text []byte) *jsontext.Decoder {
	return jsontext.NewDecoder(bytes.NewBuffer(text), jsontext.AllowDuplicateNames(true), jsontext.AllowInvalidUTF8(true))
}

// cut returns the members of a JSON object, which share its memory. Of two with one name the
// last stays, as in encoding/json.
func cut(object []byte) (Fields, error) {
	decoder := decoder(object)
	if token, err := decoder.ReadToken(); err != nil || token.Kind() != '{' {
		return nil, errors.New("it is not a JSON object")
	}
	fields := Fields{}
	for decoder.PeekKind() == '"' {
		name, err := decoder.ReadToken()
		if err != nil {
			return nil, err //nolint:wrapcheck // the caller says what is read
		}
		key := name.String()
		value, err := decoder.ReadValue()
		if err != nil {
			return nil, err //nolint:wrapcheck // as above
		}
		end := int(decoder.InputOffset())
		fields[key] = object[end-len(value) : end : end]
	}
	_, err := decoder.ReadToken()
	return fields, err //nolint:wrapcheck // as above
}

// deeper tells whether a JSON value nests deeper than so many levels.
func deeper(text []byte, levels int) bool {
	for i := 0; i < len(text) && levels >= 0; i++ {
		switch text[i] {
		case '{', '[':
			levels--
		case '}', ']':
			levels++
		case '"':
			i = closing(text, i+1)
		}
	}
	return levels < 0
}

// closing returns where the string ends that begins at an index: at the first quote that an
// even number of backslashes precedes.
func closing(text []byte, start int) int {
	for end := start; end < len(text); end++ {
		quote := bytes.IndexByte(text[end:], '"')
		if quote < 0 {
			break
		}
		end += quote
		if unescaped := bytes.TrimRight(text[start:end], `\`); (end-start-len(unescaped))%2 == 0 {
			return end
		}
	}
	return len(text)
}
