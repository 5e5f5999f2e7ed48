package rollout

import (
	"cmp"
	"encoding/json"
	"errors"
	"reflect"
	"strings"

	kjson "sigs.k8s.io/json"
)

// Decode reads the parts of an object, and of its spec the fields, that a struct names by
// json tags into it, as the API server would: names are case-sensitive. Others are not even
// looked at. The error is an *UnresolvedError that names a field of another shape.
func (o *Object) Decode(into any) error {
	return decodeEach(into, func(name string, field any) error {
		switch name {
		case "metadata":
			return decodeAt(name, o.Metadata.Raw, field)
		case "spec":
			return o.DecodeSpec(field)
		case "status":
			return decodeAt(name, o.Status, field)
		default:
			return nil
		}
	})
}

// DecodeSpec is Decode of the spec alone.
func (o *Object) DecodeSpec(into any) error {
	if o.Spec == nil {
		return decodeAt("spec", o.RawSpec, into)
	}
	return decodeEach(into, func(name string, field any) error { return decodeAt("spec."+name, o.Spec[name], field) })
}

// decodeEach decodes the fields of a struct, to which into points.
func decodeEach(into any, decode func(name string, field any) error) error {
	fields := reflect.ValueOf(into).Elem()
	for i := range fields.NumField() {
		name, _, _ := strings.Cut(fields.Type().Field(i).Tag.Get("json"), ",")
		if name == "" {
			continue
		}
		if err := decode(name, fields.Field(i).Addr().Interface()); err != nil {
			return err
		}
	}
	return nil
}

// DecodeJSON is Decode of all of an object, or of any part of one.
func DecodeJSON(object []byte, into any) error { return decodeAt("", object, into) }

// decodeAt reads what stands at a path; nothing leaves everything as it is.
func decodeAt(path string, text []byte, into any) error {
	if len(text) == 0 && path != "" {
		return nil
	}
	err := kjson.UnmarshalCaseSensitivePreserveInts(text, into)
	if err == nil {
		return nil
	}
	if mismatch, is := errors.AsType[*json.UnmarshalTypeError](err); is && path+mismatch.Field != "" {
		return Unresolved(strings.Trim(path+"."+mismatch.Field, "."), "is a JSON %s: want %s", mismatch.Value, article(mismatch))
	}
	return Unresolved(cmp.Or(path, "object"), "cannot be read: %s", Quote(err.Error()))
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
