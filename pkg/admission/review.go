package admission

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"

	"github.com/go-json-experiment/json/jsontext"
	"sigs.k8s.io/controller-runtime/pkg/webhook/admission"

	"github.com/seawall-dev/seawall/pkg/rollout"
)

const (
	// mostBody is the largest review that is read: two objects of 3 MiB, the most that an API
	// server takes, and what it says about them.
	mostBody = 7 << 20
	// bodyWeight is how often a body stands in memory, at most, before anything is decoded
	// that it holds.
	bodyWeight = 2
	// headSize is what is read of a review that cannot be judged: all that stands before its
	// objects, and who makes the request is the longest of it.
	headSize = 64 << 10
)

// sizeOf returns how long the body of a request may become, in bytes.
func sizeOf(r *http.Request) int {
	if r.ContentLength < 0 {
		return mostBody
	}
	return int(min(r.ContentLength, mostBody+1))
}

// receive reads a review, or, unless it is whole, its head without the objects. Whether such
// a request is a dry run stands behind these, so that it is taken for one: nothing is written.
func receive(body io.Reader, size int, whole bool) (admission.Request, error) {
	if whole {
		read := bytes.NewBuffer(make([]byte, 0, size+bytes.MinRead))
		if _, err := read.ReadFrom(io.LimitReader(body, int64(size))); err != nil {
			return admission.Request{}, fmt.Errorf("reading the review: %w", err)
		}
		fields, err := requestOf(read.Bytes())
		if err != nil {
			return admission.Request{}, fmt.Errorf("the review is no JSON: %w", err)
		}
		return decode(fields)
	}
	head, err := io.ReadAll(io.LimitReader(body, headSize))
	if err != nil {
		return admission.Request{}, fmt.Errorf("reading the review: %w", err)
	}
	fields, _ := requestOf(head)
	delete(fields, "object")
	delete(fields, "oldObject")
	fields["dryRun"] = json.RawMessage("true")
	return decode(fields)
}

// requestOf returns the fields of the request in a review, which share its memory. Those that
// could be read come with an error.
func requestOf(review []byte) (rollout.Fields, error) {
	decoder := jsontext.NewDecoder(bytes.NewBuffer(review), jsontext.AllowDuplicateNames(true), jsontext.AllowInvalidUTF8(true))
	const outside, inside = 1, 2
	fields := rollout.Fields{}
	for {
		token, err := decoder.ReadToken()
		if err != nil {
			return fields, err //nolint:wrapcheck // the caller says what is read
		}
		name := token.String()
		switch depth := decoder.StackDepth(); {
		case depth == 0:
			return fields, nil
		case token.Kind() != '"' || depth == outside && name == "request":
		case depth == outside:
			err = decoder.SkipValue()
		case depth == inside:
			var value jsontext.Value
			if value, err = decoder.ReadValue(); err == nil {
				end := int(decoder.InputOffset())
				fields[name] = review[end-len(value) : end : end]
			}
		}
		if err != nil {
			return fields, err //nolint:wrapcheck // as above
		}
	}
}

// decode returns the request that has the fields. Its objects are not copied.
func decode(fields rollout.Fields) (admission.Request, error) {
	var request admission.Request
	object, old := fields["object"], fields["oldObject"]
	delete(fields, "object")
	delete(fields, "oldObject")
	text := []byte("{")
	for name, value := range fields {
		text, _ = jsontext.AppendQuote(text, name) // which was read as a name
		text = append(append(append(text, ':'), value...), ',')
	}
	text = append(bytes.TrimRight(text, ","), '}')
	if err := json.Unmarshal(text, &request.AdmissionRequest); err != nil {
		return request, fmt.Errorf("the review is none of the API server's: %w", err)
	}
	if request.UID == "" {
		return request, errors.New("the review has no request with a uid")
	}
	if string(object) != "null" {
		request.Object.Raw = object
	}
	if string(old) != "null" {
		request.OldObject.Raw = old
	}
	return request, nil
}
