package applicationset

import (
	"cmp"
	"slices"
	"strings"
)

// record is what a set of parameters comes from. Most templates want a few of its fields, which
// are looked up without making the parameters.
type record interface {
	// lookUp returns the text of a field.
	lookUp(field *field) (text string, found answer)
	// make makes all parameters.
	make() (map[string]any, error)
	// describe names the set for a message.
	describe() string
}

// answer is what there is by the name of a field.
type answer int

const (
	// absent fields are not there, nor is anything on the way that is no object.
	absent answer = iota
	// text fields are strings.
	text
	// other fields are left to those who render with all parameters.
	other
)

// parameters is one set of parameters of a generator.
type parameters struct {
	record

	// made are all parameters, once somebody has asked for them.
	made map[string]any
	// empty sets have no parameters.
	empty bool
	// cluster is the inventory object that the set comes from; zero if there is none.
	cluster clusterRef
}

// all returns all parameters. They are not to be changed.
func (p *parameters) all() (map[string]any, error) {
	if p.made != nil || p.empty {
		return p.made, nil
	}
	var err error
	p.made, err = p.make()
	return p.made, err
}

// made is a record of parameters that had to be made anyway.
type made struct {
	params map[string]any
	origin func() string
}

func madeOf(params map[string]any, origin func() string) parameters {
	return parameters{record: &made{params, origin}, made: params, empty: len(params) == 0}
}

func (m *made) describe() string              { return m.origin() }
func (m *made) make() (map[string]any, error) { return m.params, nil }

// lookUp leaves to text/template what need not be made any more.
func (m *made) lookUp(field *field) (string, answer) {
	said, isString := m.params[field.key].(string)
	switch {
	case !field.flat:
		return "", other
	case !isString:
		return "", absent
	default:
		return said, text
	}
}

// member is a member of an element.
type member struct {
	key string
	// text is what a string says, and the JSON of any other value.
	text string
	// kind is the first byte of the JSON.
	kind byte
}

// element is an element of a list generator.
type element struct {
	json    string
	members []member
	// place is the path of the list, index that of the element in it.
	place *path
	index int
	// fast says that the parameters are those of fasttemplate.
	fast bool
}

// cut finds the members, and says whether they make no parameters.
func (e *element) cut() (empty bool, err error) {
	e.members = e.members[:0]
	switch {
	case e.json[0] == '{':
		e.members = cutMembers(e.members, e.json)
	case e.json != "null": // which is an element without members
		return false, e.tree().wrong("an object")
	}
	if e.fast && slices.ContainsFunc(e.members, func(member member) bool { return member.kind != '"' }) {
		params, err := e.make()
		return len(params) == 0, err
	}
	return len(e.members) == 0, nil
}

func (e *element) describe() string { return e.tree().spelled() }

// tree parses the element.
func (e *element) tree() value {
	at := &path{within: e.place, index: e.index}
	return value{at: *at, node: at, raw: parse(nil, e.json)}
}

func (e *element) make() (map[string]any, error) {
	if e.fast {
		return flattenedElement(e.tree())
	}
	return e.tree().members(), nil
}

func (e *element) lookUp(field *field) (string, answer) {
	if field.flat {
		if said, found := memberOf(e.members, field.key); found != absent {
			return said, found
		}
	}
	said, found := memberOf(e.members, field.path[0])
	for _, key := range field.path[1:] {
		if found == absent {
			return "", absent
		}
		if found == text || said[0] != '{' {
			return "", other
		}
		said, found = memberOf(cutMembers(nil, said), key)
	}
	return said, found
}

// memberOf returns the last member of a name, as encoding/json does. Of what is no string the
// text is its JSON.
func memberOf(members []member, key string) (string, answer) {
	end, _ := slices.BinarySearchFunc(members, key, func(member member, key string) int {
		return cmp.Or(strings.Compare(member.key, key), -1) // past all of that name
	})
	switch {
	case end == 0 || members[end-1].key != key:
		return "", absent
	case members[end-1].kind == '"':
		return members[end-1].text, text
	default:
		return members[end-1].text, other
	}
}

// cutMembers appends the members of a JSON object, sorted by their names.
func cutMembers(members []member, object string) []member {
	scanner := scanner{text: object}
	scanner.next()
	for scanner.enter(); scanner.more(); {
		key, raw := scanner.string(), scanner.value()
		cut := member{key: key, text: raw, kind: raw[0]}
		if cut.kind == '"' {
			cut.text = unquoted(raw)
		}
		members = append(members, cut)
	}
	slices.SortStableFunc(members, func(a, b member) int { return strings.Compare(a.key, b.key) })
	return members
}
