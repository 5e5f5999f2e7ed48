package applicationset

import (
	"encoding/json"
	"fmt"

	"github.com/seawall-dev/seawall/pkg/rollout"
)

// value is a part of an object together with its path, so that whatever is wrong with it
// can be named.
type value struct {
	path string
	raw  any
}

func (v value) absent() bool { return v.raw == nil }

// field returns a member of an object; it is absent when v is anything else.
func (v value) field(key string) value {
	members, _ := v.raw.(map[string]any)
	return value{path: v.path + "." + key, raw: members[key]}
}

func (v value) item(index int) value {
	items, _ := v.raw.([]any)
	return value{path: fmt.Sprintf("%s[%d]", v.path, index), raw: items[index]}
}

// wrong returns an error that names the field, its value and what is allowed.
func (v value) wrong(want string) error {
	text, err := json.Marshal(v.raw)
	if err != nil {
		text = fmt.Appendf(nil, "%v", v.raw)
	}
	return rollout.Unresolved(v.path, "is %s: want %s", rollout.Quote(string(text)), want)
}

func (v value) object() (map[string]any, error) {
	return as[map[string]any](v, "an object")
}

// members returns those of an object; none of anything else.
func (v value) members() map[string]any {
	members, _ := v.raw.(map[string]any)
	return members
}

func (v value) list() ([]any, error) {
	return as[[]any](v, "a list")
}

func (v value) text() (string, error) {
	return as[string](v, "a string")
}

func (v value) flag() (bool, error) {
	return as[bool](v, "true or false")
}

// as returns the zero T for what is absent, as decoding into a Go struct does.
func as[T any](v value, want string) (T, error) {
	if v.raw == nil {
		var zero T
		return zero, nil
	}
	typed, ok := v.raw.(T)
	if !ok {
		return typed, v.wrong(want)
	}
	return typed, nil
}

func (v value) texts() ([]string, error) {
	items, err := v.list()
	if err != nil || items == nil {
		return nil, err
	}
	texts := make([]string, len(items))
	for i := range items {
		if texts[i], err = v.item(i).text(); err != nil {
			return nil, err
		}
	}
	return texts, nil
}

func (v value) textMap() (map[string]string, error) {
	members, err := v.object()
	if err != nil || members == nil {
		return nil, err
	}
	texts := make(map[string]string, len(members))
	for key := range members {
		if texts[key], err = v.field(key).text(); err != nil {
			return nil, err
		}
	}
	return texts, nil
}
