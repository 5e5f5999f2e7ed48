package rollout

import (
	"encoding/json"
	"errors"

	kjson "sigs.k8s.io/json"
)

// Decode reads the fields of an object that into names by json tags, as the API server
// would: names are case-sensitive, and others are ignored. The error is an
// *UnresolvedError that names the first field of another shape.
func Decode(object *Object, into any) error { return DecodeJSON(object.JSON, into) }

// DecodeJSON is Decode of an object that is a part of another.
func DecodeJSON(object []byte, into any) error {
	err := kjson.UnmarshalCaseSensitivePreserveInts(object, into)
	if err == nil {
		return nil
	}
	if mismatch, is := errors.AsType[*json.UnmarshalTypeError](err); is && mismatch.Field != "" {
		return Unresolved(mismatch.Field, "is a JSON %s: want %s", mismatch.Value, article(mismatch))
	}
	return Unresolved("object", "cannot be read: %s", Quote(err.Error()))
}

func article(mismatch *json.UnmarshalTypeError) string {
	switch kind := mismatch.Type.Kind().String(); kind {
	case "slice":
		return "an array"
	case "struct", "map", "ptr":
		return "an object"
	case "bool", "string":
		return "a " + kind
	default:
		return "a number"
	}
}
