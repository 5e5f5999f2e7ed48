package inventory

import (
	"io"
	"net/http"
	"slices"

	corev1 "k8s.io/api/core/v1"
)

// CopyAnnotations are those in which tools keep a copy of a whole object, credentials included.
func CopyAnnotations() []string {
	return []string{
		corev1.LastAppliedConfigAnnotation,
		"kapp.k14s.io/original",
		"objectset.rio.cattle.io/applied",
		"banzaicloud.com/last-applied",
	}
}

// blanking is a transport whose answers about Secrets lose what is not kept of them in the very
// buffer that they are read into, before anything decodes them: what has never been copied need not be
// cleared.
type blanking struct {
	http.RoundTripper

	// kept are the keys of data that stay.
	kept []string
}

// RoundTrip implements http.RoundTripper.
func (b blanking) RoundTrip(request *http.Request) (*http.Response, error) {
	response, err := b.RoundTripper.RoundTrip(request)
	if err == nil {
		response.Body = &blankReader{ReadCloser: response.Body, blank: blank{kept: b.kept, copies: CopyAnnotations()}}
	}
	return response, err
}

type blankReader struct {
	io.ReadCloser

	blank blank
}

func (r *blankReader) Read(into []byte) (int, error) {
	read, err := r.ReadCloser.Read(into)
	r.blank.over(into[:read])
	return read, err
}

// blank overwrites, in JSON that comes in pieces, the strings of each object "data" and "stringData"
// but for those that are kept, and in each object "annotations" the copies. What is left is JSON of the
// same length.
type blank struct {
	kept, copies []string

	// open are the objects and lists around what comes next.
	open []container
	// key is the last key that was read, as far as it can matter.
	key []byte
	// text says what string is under way, and escaped that its next character is.
	text    text
	escaped bool
}

// container is an object, or a list.
type container struct {
	object bool
	// of is what sort of object it is.
	of holder
	// wantsKey says that the next string of an object is a key.
	wantsKey bool
}

// text is what a string is.
type text int

const (
	noText text = iota
	keyText
	plainText
	secretText
)

// holder is what an object holds, by the key that it stands at.
type holder int

const (
	holdsOthers holder = iota
	holdsData
	holdsAnnotations
)

// longestKey is more than the keys that matter have.
const longestKey = 64

// over overwrites the next piece.
func (b *blank) over(piece []byte) {
	for i, char := range piece {
		if b.text == noText {
			b.between(char)
			continue
		}
		switch {
		case b.escaped:
			b.escaped = false
		case char == '\\':
			b.escaped = true
		case char == '"':
			b.text = noText
			continue
		}
		switch {
		case b.text == secretText:
			piece[i] = 'A'
		case b.text == keyText && len(b.key) < longestKey:
			b.key = append(b.key, char)
		}
	}
}

// between takes a character that is in no string.
func (b *blank) between(char byte) {
	within := &container{}
	if len(b.open) > 0 {
		within = &b.open[len(b.open)-1]
	}
	switch char {
	case '{', '[':
		b.open = append(b.open, container{object: char == '{', of: b.holds(within), wantsKey: char == '{'})
	case '}', ']':
		b.open = b.open[:max(0, len(b.open)-1)]
	case ',':
		within.wantsKey = within.object
	case ':':
		within.wantsKey = false
	case '"':
		b.text = b.begins(within)
	}
}

// holds returns what an object holds that begins within another.
func (b *blank) holds(within *container) holder {
	if !within.object {
		return holdsOthers
	}
	switch string(b.key) {
	case "data", "stringData":
		return holdsData
	case "annotations":
		return holdsAnnotations
	default:
		return holdsOthers
	}
}

// begins returns what the string is that begins within an object or a list.
func (b *blank) begins(within *container) text {
	switch {
	case within.wantsKey:
		b.key = b.key[:0]
		return keyText
	case within.of == holdsData && !slices.Contains(b.kept, string(b.key)),
		within.of == holdsAnnotations && slices.Contains(b.copies, string(b.key)):
		return secretText
	default:
		return plainText
	}
}
