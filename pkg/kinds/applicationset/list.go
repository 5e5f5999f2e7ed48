package applicationset

import (
	"fmt"

	"github.com/seawall-dev/seawall/pkg/kinds/gotemplate"
)

// list makes one set of parameters per element (Argo CD's generators/list.go).
func list(reading *reading, config value, spec *specification, yield yieldFunc) error {
	elements := config.field("elements")
	var err error
	if raw, isRaw := elements.raw.(rawList); isRaw {
		err = listRaw(reading, elements, string(raw), !spec.dialect.goTemplate, yield)
	} else {
		err = listTree(elements, spec.dialect.goTemplate, yield)
	}
	if err != nil {
		return err
	}
	text, err := config.field("elementsYaml").text()
	if err != nil || text == "" {
		return err
	}
	return listYAML(reading, config.field("elementsYaml"), text, yield)
}

// listRaw cuts the elements of a list without parsing what is in them.
func listRaw(reading *reading, elements value, json string, fast bool, yield yieldFunc) error {
	var set parameters
	scanner := scanner{text: json}
	cut := &element{place: elements.where(), fast: fast}
	scanner.next()
	for scanner.enter(); scanner.more(); cut.index++ {
		if reading.depth > 0 {
			cut = &element{place: cut.place, fast: fast, index: cut.index} // it is kept
		}
		cut.json = scanner.value()
		if cut.index == 0 {
			reading.expect(len(json) / (len(cut.json) + 1))
		}
		if err := reading.account.Work(1 + len(cut.json)/workBytes); err != nil {
			return err
		}
		empty, err := cut.cut()
		if err != nil {
			return err
		}
		set = parameters{record: cut, empty: empty}
		if err := yield(&set); err != nil {
			return err
		}
	}
	return nil
}

// listTree takes the elements of a list that has been parsed.
func listTree(elements value, goTemplate bool, yield yieldFunc) error {
	items, err := elements.list()
	if err != nil {
		return err
	}
	for i, raw := range items {
		item := elements.item(i)
		if _, isObject := raw.(map[string]any); !isObject && raw != nil {
			return item.wrong("an object")
		}
		params := item.members()
		if !goTemplate {
			if params, err = flattenedElement(item); err != nil {
				return err
			}
		}
		set := madeOf(params, item.spelled)
		if err := yield(&set); err != nil {
			return err
		}
	}
	return nil
}

// listYAML adds the elements of a YAML text. Argo CD takes any of their values, even
// without goTemplate, where only strings replace anything.
func listYAML(reading *reading, field value, text string, yield yieldFunc) error {
	parsed, err := gotemplate.ParseYAML[[]map[string]any](reading.account, text)
	if err != nil {
		return gotemplate.Unresolved(field.spelled(), "is not a YAML list of objects", err, reading.author(field.foreign()))
	}
	for i, values := range parsed {
		set := madeOf(values, func() string { return fmt.Sprintf("%s[%d]", field.spelled(), i) })
		if err := yield(&set); err != nil {
			return err
		}
	}
	return nil
}

// flattenedElement returns the parameters of an element without goTemplate: its values are
// strings, and one of them may be an object of strings by the name of values.
func flattenedElement(item value) (map[string]any, error) {
	flat := make(map[string]any, len(item.members()))
	for key, member := range item.members() {
		if _, isString := member.(string); isString {
			flat[key] = member
			continue
		}
		field := item.member(key)
		if key != "values" {
			return nil, field.wrong("a string, or goTemplate: true")
		}
		if _, isObject := member.(map[string]any); !isObject {
			return nil, field.wrong("an object of strings")
		}
		values, err := field.textMap()
		if err != nil {
			return nil, err
		}
		for name, text := range values {
			flat["values."+name] = text
		}
	}
	return flat, nil
}
