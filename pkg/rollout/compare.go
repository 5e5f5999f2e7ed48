package rollout

import (
	"bytes"
	"encoding/json"
	"maps"
	"slices"

	"github.com/go-json-experiment/json/jsontext"
)

// Same tells whether fields mean the same as others, leaving out those that are named. What
// nobody knows to be harmless is a difference: a system gets new fields before Seawall does.
func (f Fields) Same(others Fields, harmless ...string) bool {
	return f.same(others, unordered, harmless...)
}

func (f Fields) same(others Fields, levels int, harmless ...string) bool {
	for name, value := range f {
		if !slices.Contains(harmless, name) && !same(value, others[name], levels) {
			return false
		}
	}
	for name, value := range others {
		if _, both := f[name]; !both && !slices.Contains(harmless, name) && !same(nil, value, levels) {
			return false
		}
	}
	return true
}

// Rewrites tells whether an update changes what reaches every environment: anything in the
// spec but what is known to be harmless, such as what selects and what paces.
func (w Write) Rewrites(harmless ...string) bool {
	return w.Rewritten || w.Operation == Update && !w.OldObject.Spec.Same(w.Object.Spec, harmless...)
}

// SameSpec tells whether an update leaves the spec of the rollout as it is.
func (w Write) SameSpec() bool {
	switch {
	case w.Operation != Update || w.Rewritten:
		return false
	case w.OldObject.Spec == nil || w.Object.Spec == nil:
		return SameJSON(w.OldObject.RawSpec, w.Object.RawSpec)
	default:
		return w.OldObject.Spec.Same(w.Object.Spec)
	}
}

// SameLabels tells whether an update leaves the labels of the rollout as they are.
func (w Write) SameLabels() bool {
	return w.Operation == Update && maps.Equal(w.OldObject.Metadata.Labels, w.Object.Metadata.Labels)
}

// SameJSON tells whether two JSON values mean the same: the order of keys and white space
// do not count, and an absent value is null. Numbers are the same where they are spelled the
// same. What is not JSON is the same as nothing else.
func SameJSON(a, b json.RawMessage) bool { return same(a, b, unordered) }

// unordered is how many levels of values are compared member by member, so that the first
// difference ends it; each level reads what is below it once more. Below them values are put
// in order as a whole.
const unordered = 8

func same(a, b json.RawMessage, levels int) bool {
	if bytes.Equal(a, b) {
		return true
	}
	switch kind := jsontext.Value(a).Kind(); {
	case levels == 0 || kind != jsontext.Value(b).Kind():
	case kind == jsontext.KindBeginObject:
		left, errA := cut(a)
		right, errB := cut(b)
		return errA == nil && errB == nil && left.same(right, levels-1)
	case kind == jsontext.KindBeginArray:
		return sameItems(decoder(a), decoder(b), levels-1)
	}
	left, errA := canonical(a)
	right, errB := canonical(b)
	return errA == nil && errB == nil && bytes.Equal(left, right)
}

// sameItems compares two arrays.
func sameItems(a, b *jsontext.Decoder, levels int) bool {
	_, errA := a.ReadToken()
	_, errB := b.ReadToken()
	for errA == nil && errB == nil {
		if a.PeekKind() == jsontext.KindEndArray || b.PeekKind() == jsontext.KindEndArray {
			return a.PeekKind() == b.PeekKind()
		}
		var left, right jsontext.Value
		left, errA = a.ReadValue()
		right, errB = b.ReadValue()
		if !same(json.RawMessage(left), json.RawMessage(right), levels) {
			return false
		}
	}
	return false
}

// canonical returns a value as everything that means the same is written.
func canonical(value json.RawMessage) ([]byte, error) {
	if len(value) == 0 {
		return []byte("null"), nil
	}
	return jsontext.AppendFormat(nil, value, //nolint:wrapcheck // nobody reads it
		jsontext.AllowDuplicateNames(true), jsontext.AllowInvalidUTF8(true), jsontext.ReorderRawObjects(true))
}
