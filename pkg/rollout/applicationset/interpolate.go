package applicationset

import (
	"strings"

	"github.com/seawall-dev/seawall/pkg/rollout"
)

// templated says whether any string of a configuration, other than its own selector, holds
// a template.
func templated(raw any, dialect dialect) bool {
	switch raw := raw.(type) {
	case string:
		return dialect.goTemplate && strings.Contains(raw, "{{") || !dialect.goTemplate && fastTemplated(raw)
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

// interpolated returns a configuration with the parameters put into all its strings
// (RenderGeneratorParams of Argo CD's applicationset/utils/utils.go).
func (r *reading) interpolated(config value, params map[string]any, dialect dialect) (any, error) {
	if !templated(config.raw, dialect) {
		return config.raw, nil
	}
	return (&interpolation{reading: r, params: params, dialect: dialect}).walk(config, "")
}

type interpolation struct {
	reading *reading
	params  map[string]any
	dialect dialect
}

func (i *interpolation) walk(part value, key string) (any, error) {
	switch raw := part.raw.(type) {
	case string:
		return i.text(part.path, raw)
	case []any:
		items := make([]any, len(raw))
		for n := range raw {
			var err error
			if items[n], err = i.walk(part.item(n), ""); err != nil {
				return nil, err
			}
		}
		return items, nil
	case map[string]any:
		if key == "values" && i.dialect.goTemplate {
			return i.values(part, raw)
		}
		return i.members(part, raw)
	default:
		return raw, nil
	}
}

func (i *interpolation) members(part value, raw map[string]any) (any, error) {
	members := make(map[string]any, len(raw))
	for _, name := range sorted(raw) {
		member, err := i.walk(part.field(name), name)
		if err != nil {
			return nil, err
		}
		rendered, err := i.text(part.path, name)
		if err != nil {
			return nil, err
		}
		members[rendered] = member
	}
	return members, nil
}

func (i *interpolation) text(path, text string) (string, error) {
	rendered, err := i.reading.renderer(i.dialect).snippet(text).render(i.params)
	if err != nil {
		return "", rollout.Unresolved(path, "does not render with the parameters of the generator before it: %s", oneLine(err))
	}
	return rendered, nil
}

// values renders the values of a generator, which may also name parameters of the
// generator itself: those that the others do not have are left for later.
func (i *interpolation) values(part value, raw map[string]any) (any, error) {
	strict := dialect{goTemplate: true, options: []string{"missingkey=error"}}
	members := make(map[string]any, len(raw))
	for _, name := range sorted(raw) {
		text, isText := raw[name].(string)
		if !isText {
			// Not a map of strings, such as the values of a list's element.
			return i.members(part, raw)
		}
		rendered, err := i.reading.renderer(strict).snippet(text).render(i.params)
		switch {
		case err == nil:
			members[name] = rendered
		case strings.Contains(err.Error(), "map has no entry for key") || strings.Contains(err.Error(), "can't evaluate field"):
			members[name] = text
		default:
			return nil, rollout.Unresolved(part.path+"."+name,
				"does not render with the parameters of the generator before it: %s", oneLine(err))
		}
	}
	return members, nil
}
