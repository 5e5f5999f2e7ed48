package gotemplate

import (
	"errors"
	"strings"

	yamlnode "go.yaml.in/yaml/v3"
	"sigs.k8s.io/yaml"
)

// ToYAML is the function toYaml of templates.
func ToYAML(v any) (string, error) {
	data, err := yaml.Marshal(v)
	return strings.TrimSuffix(string(data), "\n"), err
}

// FromYAML is the function fromYaml.
func FromYAML(text string) (map[string]any, error) {
	return ParseYAML[map[string]any](text)
}

// FromYAMLArray is the function fromYamlArray.
func FromYAMLArray(text string) ([]any, error) {
	return ParseYAML[[]any](text)
}

var errAliases = errors.New("has YAML aliases that expand to more than 4 MiB")

// ParseYAML refuses aliases that multiply the text before anything expands them.
func ParseYAML[T any](text string) (parsed T, err error) {
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
