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
	if !whole {
		size = headSize
	}
	read := bytes.NewBuffer(make([]byte, 0, size+bytes.MinRead))
	if _, err := read.ReadFrom(io.LimitReader(body, int64(size))); err != nil {
		return admission.Request{}, fmt.Errorf("reading the review: %w", err)
	}
	cut, err := cutReview(read.Bytes())
	if whole && err != nil {
		return admission.Request{}, fmt.Errorf("the review is no JSON: %w", err)
	}
	if !whole {
		cut.object, cut.old = nil, nil
		cut.add("dryRun", jsontext.Value("true"))
	}
	return cut.request()
}

// cut is the request of a review in pieces.
type cut struct {
	// head is a JSON object of the fields but for the objects, up to its last brace.
	head []byte
	// object and old share the memory of the review.
	object, old []byte
}

// cutReview returns what it could read with an error.
func cutReview(review []byte) (cut, error) {
	decoder := jsontext.NewDecoder(bytes.NewBuffer(review), jsontext.AllowDuplicateNames(true), jsontext.AllowInvalidUTF8(true))
	const outside, inside, usual = 1, 2, 1 << 10
	request := cut{head: append(make([]byte, 0, usual), '{')}
	for {
		token, err := decoder.ReadToken()
		if err != nil {
			return request, err //nolint:wrapcheck // the caller says what is read
		}
		name := token.String()
		switch depth := decoder.StackDepth(); {
		case depth == 0:
			return request, nil
		case token.Kind() != '"' || depth == outside && name == "request":
		case depth == outside:
			err = decoder.SkipValue()
		case depth == inside:
			var value jsontext.Value
			if value, err = decoder.ReadValue(); err == nil {
				end := int(decoder.InputOffset())
				request.add(name, review[end-len(value):end:end])
			}
		}
		if err != nil {
			return request, err //nolint:wrapcheck // as above
		}
	}
}

// add adds a field of the request.
func (c *cut) add(name string, value jsontext.Value) {
	switch name {
	case "object":
		c.object = value
	case "oldObject":
		c.old = value
	default:
		if len(c.head) > 1 {
			c.head = append(c.head, ',')
		}
		c.head, _ = jsontext.AppendQuote(c.head, name) // which was read as a name
		c.head = append(append(c.head, ':'), value...)
	}
}

func (c *cut) request() (admission.Request, error) {
	var request admission.Request
	c.head = append(c.head, '}')
	if err := json.Unmarshal(c.head, &request.AdmissionRequest); err != nil {
		return request, fmt.Errorf("the review is none of the API server's: %w", err)
	}
	if request.UID == "" {
		return request, errors.New("the review has no request with a uid")
	}
	if string(c.object) != "null" {
		request.Object.Raw = c.object
	}
	if string(c.old) != "null" {
		request.OldObject.Raw = c.old
	}
	return request, nil
}
