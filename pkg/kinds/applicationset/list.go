package applicationset

import (
	"fmt"

	"github.com/seawall-dev/seawall/pkg/kinds/gotemplate"
	"github.com/seawall-dev/seawall/pkg/rollout"
)

// list makes one set of parameters per element (Argo CD's generators/list.go).
func list(_ *reading, config value, spec *specification) ([]parameters, error) {
	elements := config.field("elements")
	items, err := elements.list()
	if err != nil {
		return nil, err
	}
	sets := make([]parameters, 0, len(items))
	for i, item := range items {
		values, err := element(elements, i, item, spec.dialect.goTemplate)
		if err != nil {
			return nil, err
		}
		sets = append(sets, parameters{values: values, origin: func() string { return elements.item(i).path }})
	}
	text, err := config.field("elementsYaml").text()
	if err != nil || text == "" {
		return sets, err
	}
	return listYAML(sets, config.field("elementsYaml"), text)
}

// listYAML adds the elements of a YAML text. Argo CD takes any of their values, even
// without goTemplate, where only strings replace anything.
func listYAML(sets []parameters, field value, text string) ([]parameters, error) {
	parsed, err := gotemplate.ParseYAML[[]map[string]any](text)
	if err != nil {
		return nil, rollout.Unresolved(field.path, "is not a YAML list of objects: %s", oneLine(err))
	}
	for i, values := range parsed {
		sets = append(sets, parameters{values: values, origin: func() string { return fmt.Sprintf("%s[%d]", field.path, i) }})
	}
	return sets, nil
}

// element returns the parameters of one element. Without goTemplate its values are
// strings, and one of them may be an object of strings by the name of values.
func element(elements value, index int, raw any, goTemplate bool) (map[string]any, error) {
	members, isObject := raw.(map[string]any)
	if !isObject && raw != nil {
		return nil, elements.item(index).wrong("an object")
	}
	if goTemplate {
		return members, nil
	}
	flat := make(map[string]any, len(members))
	for key, member := range members {
		if _, isString := member.(string); isString {
			flat[key] = member
			continue
		}
		field := elements.item(index).field(key)
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
