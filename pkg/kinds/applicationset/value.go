package applicationset

import (
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/seawall-dev/seawall/pkg/rollout"
)

// path is where a part of an object stands. It is spelled out for an error only: objects nest
// deep.
type path struct {
	within *path
	key    string
	// index is that of an item of a list; -1 for a member of an object.
	index int
}

// String returns the path as it stands in messages, such as spec.generators[0].list.
func (p *path) String() string {
	var nodes []*path
	for ; p != nil; p = p.within {
		nodes = append(nodes, p)
	}
	var text strings.Builder
	for i, node := range slices.Backward(nodes) {
		switch {
		case node.index >= 0:
			text.WriteString("[" + strconv.Itoa(node.index) + "]")
		case i < len(nodes)-1:
			text.WriteString("." + node.key)
		default:
			text.WriteString(node.key)
		}
	}
	return text.String()
}

// paths are those that something refers to, many in one piece of memory.
type paths struct {
	room []path
	// foreign says that what stands there is not the writer's own, but may come from the inventory.
	foreign bool
}

func (p *paths) keep(at path) *path {
	if p == nil {
		p = &paths{}
	}
	if len(p.room) == cap(p.room) {
		const least, most = 16, 64
		p.room = make([]path, 0, min(max(2*cap(p.room), least), most))
	}
	p.room = append(p.room, at)
	return &p.room[len(p.room)-1]
}

// value is a part of an object together with its path, so that whatever is wrong with it
// can be named.
type value struct {
	at path
	// node is at, once something within the value refers to it.
	node *path
	raw  any
	kept *paths
}

// root returns a value that is within no other.
func root(name string, raw any) value {
	kept := &paths{}
	at := kept.keep(path{key: name, index: -1})
	return value{at: *at, node: at, raw: raw, kept: kept}
}

func (v value) absent() bool { return v.raw == nil }

// where returns the path for others to keep, spelled how it reads.
func (v value) where() *path {
	if v.node != nil {
		return v.node
	}
	return v.kept.keep(v.at)
}

func (v value) spelled() string { return v.where().String() }

// foreign says that neither what stands there nor the keys of its members are for messages.
func (v value) foreign() bool { return v.kept != nil && v.kept.foreign }

// member is field for a key that comes from the object itself.
func (v value) member(key string) value {
	of, _ := v.raw.(map[string]any)
	at := path{key: key, index: -1}
	if v.foreign() {
		at.key = "…"
	}
	return v.part(at, of[key])
}

// field returns a member of an object; it is absent when v is anything else.
func (v value) field(key string) value {
	members, _ := v.raw.(map[string]any)
	return v.part(path{key: key, index: -1}, members[key])
}

func (v value) item(index int) value {
	items, _ := v.raw.([]any)
	return v.part(path{index: index}, items[index])
}

func (v value) part(at path, raw any) value {
	at.within = v.node
	part := value{at: at, raw: raw, kept: v.kept}
	switch raw.(type) {
	case map[string]any, []any, rawList:
		part.node = v.kept.keep(at)
	}
	return part
}

// wrong returns an error that names the field, its value and what is allowed.
func (v value) wrong(want string) error {
	if v.foreign() {
		return rollout.Unresolved(v.spelled(), "is %s: want %s", rollout.SortOf(v.raw), want)
	}
	text, err := json.Marshal(v.raw)
	if err != nil {
		text = fmt.Appendf(nil, "%v", v.raw)
	}
	return rollout.Unresolved(v.spelled(), "is %s: want %s", rollout.Quote(string(text)), want)
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
		if texts[key], err = v.member(key).text(); err != nil {
			return nil, err
		}
	}
	return texts, nil
}
