package applicationset

import (
	"errors"
	"strings"

	yamlnode "go.yaml.in/yaml/v3"
	"sigs.k8s.io/yaml"
)

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

func toYAML(v any) (string, error) {
	data, err := yaml.Marshal(v)
	return strings.TrimSuffix(string(data), "\n"), err
}

func fromYAML(text string) (map[string]any, error) {
	return parseYAML[map[string]any](text)
}

func fromYAMLArray(text string) ([]any, error) {
	return parseYAML[[]any](text)
}

var errAliases = errors.New("has YAML aliases that expand to more than 4 MiB")

// parseYAML refuses aliases that multiply the text before anything expands them.
func parseYAML[T any](text string) (parsed T, err error) {
	if strings.Contains(text, "&") && strings.Contains(text, "*") {
		var document yamlnode.Node
		if err := yamlnode.Unmarshal([]byte(text), &document); err != nil {
			return parsed, err
		}
		budget := renderBudget
		if !affordable(&document, &budget, 0) {
			return parsed, errAliases
		}
	}
	return parsed, yaml.Unmarshal([]byte(text), &parsed)
}

func affordable(node *yamlnode.Node, budget *int, depth int) bool {
	*budget -= nodeWeight + len(node.Value)
	if *budget < 0 || depth > nestingLimit {
		return false
	}
	if node.Alias != nil {
		return affordable(node.Alias, budget, depth+1)
	}
	for _, child := range node.Content {
		if !affordable(child, budget, depth+1) {
			return false
		}
	}
	return true
}
