package applicationset

import (
	"strings"

	"github.com/seawall-dev/seawall/pkg/budget"
	"github.com/seawall-dev/seawall/pkg/kinds/gotemplate"
	"github.com/seawall-dev/seawall/pkg/rollout"
)

// templated says whether any string of a configuration holds a template.
func templated(raw any, dialect dialect) bool {
	switch raw := raw.(type) {
	case rawList:
		// A brace may also be spelled as an escape.
		return (strings.Contains(string(raw), "{{") || strings.Contains(string(raw), `\u`)) && templated(parse(nil, string(raw)), dialect)
	case string:
		return dialect.templated(raw)
	case []any:
		for _, item := range raw {
			if templated(item, dialect) {
				return true
			}
		}
	case map[string]any:
		for key, member := range raw {
			if templated(key, dialect) || templated(member, dialect) {
				return true
			}
		}
	}
	return false
}

// interpolated returns the configuration of a generator with the parameters put into all
// its strings, and without what is null (RenderGeneratorParams of Argo CD's
// applicationset/utils/utils.go).
func (r *reading) interpolated(config value, params map[string]any, dialect dialect) (any, error) {
	interpolation := &interpolation{reading: r, root: config, params: madeOf(params, nil), dialect: dialect}
	return interpolation.generator(config)
}

// interpolatedTo returns a configuration into which parameters have been put, which are not the writer's own
// if anything of the inventory was asked for.
func (r *reading) interpolatedTo(config value, raw any) value {
	config.raw = raw
	if r.foreign {
		config.node = config.where()
		config.kept = &paths{foreign: true}
	}
	return config
}

type interpolation struct {
	reading *reading
	root    value
	params  parameters
	dialect dialect
}

// generator puts parameters into a configuration and those of the generators within it.
func (i *interpolation) generator(config value) (any, error) {
	return i.members(config, func(member value, key string) (any, error) {
		switch {
		case key == "values" && i.dialect.goTemplate:
			return i.values(member)
		case key == "generators":
			return i.entries(member)
		default:
			return i.walk(member)
		}
	})
}

func (i *interpolation) entries(list value) (any, error) {
	return i.items(list, func(entry value) (any, error) {
		return i.members(entry, func(member value, key string) (any, error) {
			if key == "selector" {
				return i.walk(member)
			}
			return i.generator(member)
		})
	})
}

func (i *interpolation) walk(part value) (any, error) {
	if list, isRaw := part.raw.(rawList); isRaw {
		if !templated(list, i.dialect) && !strings.Contains(string(list), "null") {
			return list, nil
		}
		part.raw = parse(i.reading.account, string(list))
	}
	switch raw := part.raw.(type) {
	case string:
		return i.text(part.where(), raw)
	case []any:
		return i.items(part, i.walk)
	case map[string]any:
		return i.members(part, func(member value, _ string) (any, error) { return i.walk(member) })
	default:
		return raw, nil
	}
}

// items maps a list.
func (i *interpolation) items(list value, each func(item value) (any, error)) (any, error) {
	raw, isList := list.raw.([]any)
	if !isList {
		return i.walk(list)
	}
	items := make([]any, len(raw))
	for n := range raw {
		var err error
		if items[n], err = each(list.item(n)); err != nil {
			return nil, err
		}
	}
	return items, i.reading.spend(i.root, len(items)*parameterWeight)
}

// members maps an object and its keys.
func (i *interpolation) members(object value, each func(member value, key string) (any, error)) (any, error) {
	raw, isObject := object.raw.(map[string]any)
	if !isObject {
		return i.walk(object)
	}
	members := make(map[string]any, len(raw))
	for _, name := range sorted(raw) {
		if raw[name] == nil {
			continue
		}
		member, err := each(object.member(name), name)
		if err != nil {
			return nil, err
		}
		rendered, err := i.text(object.where(), name)
		if err != nil {
			return nil, err
		}
		members[rendered] = member
	}
	return members, i.reading.spend(i.root, len(members)*parameterWeight)
}

func (i *interpolation) text(at *path, text string) (string, error) {
	rendered, err := i.reading.renderer(i.dialect).snippet(text).render(&i.params)
	if err != nil {
		return "", i.notInterpolated(at, err)
	}
	return rendered, i.reading.spend(i.root, len(rendered))
}

// values renders the values of a generator, which may also name parameters of the
// generator itself: those that the others do not have are left for later.
func (i *interpolation) values(values value) (any, error) {
	raw, isObject := values.raw.(map[string]any)
	if !isObject {
		return i.walk(values)
	}
	strict := i.reading.renderer(dialect{goTemplate: true, options: []string{"missingkey=error"}})
	members := make(map[string]any, len(raw))
	for _, name := range sorted(raw) {
		field := values.member(name)
		text, err := field.text()
		if err != nil {
			return nil, err
		}
		rendered, err := strict.snippet(text).render(&i.params)
		switch {
		case err == nil:
			members[name] = rendered
		case leftForLater(err):
			members[name] = text
		default:
			return nil, i.notInterpolated(field.where(), err)
		}
		if err := i.reading.spend(i.root, parameterWeight+len(rendered)); err != nil {
			return nil, err
		}
	}
	return members, nil
}

// leftForLater says whether a value names a parameter that is not there yet, as Argo CD finds out.
func leftForLater(err error) bool {
	said := gotemplate.Whole(err)
	return strings.Contains(said, "map has no entry for key") || strings.Contains(said, "can't evaluate field")
}

func (i *interpolation) notInterpolated(at *path, err error) error {
	if budget.Failed(err) {
		return err
	}
	author := i.reading.author(i.root.foreign())
	return gotemplate.Withheld(rollout.Unresolved(at.String(), "does not render with the parameters of the generator before it: %s",
		gotemplate.Message(err, author)), "", err, author)
}
