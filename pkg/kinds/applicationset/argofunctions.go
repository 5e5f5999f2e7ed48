package applicationset

import (
	"errors"
	"maps"
	"strings"
	"text/template"

	"github.com/Masterminds/sprig/v3"

	"github.com/seawall-dev/seawall/pkg/kinds/gotemplate"
)

// functions returns what Argo CD lets templates call (applicationset/utils/utils.go, init):
// sprig without the functions that look at the controller's machine, and five more.
func functions() gotemplate.Functions {
	all := sprig.GenericFuncMap()
	maps.Copy(all, template.FuncMap{
		"normalize": normalize, "slugify": slugify,
		"toYaml": gotemplate.ToYAML, "fromYaml": gotemplate.FromYAML, "fromYamlArray": gotemplate.FromYAMLArray,
	})
	return gotemplate.NewFunctions(all)
}

// normalize makes a DNS name of a string (Argo CD's SanitizeName,
// applicationset/utils/template_functions.go).
func normalize(name string) string {
	const longest = 253
	name = strings.Map(func(char rune) rune {
		if char == '-' || char == '.' || char >= 'a' && char <= 'z' || char >= '0' && char <= '9' {
			return char
		}
		return '-'
	}, strings.ToLower(name))
	return strings.Trim(name[:min(len(name), longest)], "-.")
}

var errSlugify = errors.New("slugify wants a size, true or false, and a string")

// slugify takes up to three arguments: the largest size, whether to cut between words, and
// last the name (Argo CD's SlugifyName, applicationset/utils/utils.go).
func slugify(args ...any) (string, error) {
	size, smart, name := 50, true, ""
	right := true
	for i, arg := range args {
		switch i {
		case len(args) - 1:
			name, right = arg.(string)
		case 0:
			size, right = arg.(int)
		case 1:
			smart, right = arg.(bool)
		}
		if !right {
			return "", errSlugify
		}
	}
	return slug(normalize(name), size, smart), nil
}

// slug does to a normalized name what github.com/gosimple/slug does.
func slug(name string, size int, smart bool) string {
	if !smart && len(name) >= size {
		name = name[:size]
	}
	words := strings.FieldsFunc(name, func(char rune) bool { return char == '-' || char == '.' })
	name = strings.Join(words, "-")
	if size <= 0 || !smart || len(name) <= size {
		return name
	}
	if cut := strings.LastIndexByte(name[:size+1], '-'); cut >= 0 {
		return name[:cut]
	}
	return name[:size]
}
