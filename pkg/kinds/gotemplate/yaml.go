package gotemplate

import (
	"fmt"
	"strings"

	yamlnode "go.yaml.in/yaml/v3"
	"sigs.k8s.io/yaml"

	"github.com/seawall-dev/seawall/pkg/budget"
)

// ToYAML is the function toYaml of templates.
func ToYAML(v any) (string, error) {
	data, err := yaml.Marshal(v)
	return strings.TrimSuffix(string(data), "\n"), err
}

// FromYAML is the function fromYaml.
func FromYAML(text string) (map[string]any, error) {
	return ParseYAML[map[string]any](nil, text)
}

// FromYAMLArray is the function fromYamlArray.
func FromYAMLArray(text string) ([]any, error) {
	return ParseYAML[[]any](nil, text)
}

var errAliases = fmt.Errorf("%w: YAML aliases expand to more than 4 MiB", budget.ErrExceeded)

// ParseYAML refuses aliases that multiply the text before anything expands them. The error is a
// *FaultError, or a failure of Seawall's own.
func ParseYAML[T any](account *budget.Account, text string) (parsed T, err error) {
	if err := account.Borrow(YAMLWeight(text)); err != nil {
		return parsed, err //nolint:wrapcheck // the caller says what is parsed
	}
	if strings.Contains(text, "&") && strings.Contains(text, "*") {
		var document yamlnode.Node
		if err := yamlnode.Unmarshal([]byte(text), &document); err != nil {
			return parsed, notYAML(err)
		}
		left := renderBudget
		if !affordable(&document, &left, 0) {
			return parsed, errAliases
		}
		if err := account.Borrow((renderBudget - left) / nodeWeight * yamlNode); err != nil {
			return parsed, err //nolint:wrapcheck // as above
		}
	}
	return parsed, notYAML(yaml.Unmarshal([]byte(text), &parsed))
}

// yamlNode is what an item takes while YAML is parsed, by way of its nodes and of JSON.
const yamlNode = 200

// YAMLWeight estimates what parsing YAML takes, from above. It is measured: eight times the
// text, and much more for each line, item and member.
func YAMLWeight(text string) int {
	weight := 8 * len(text)
	for _, char := range []string{"\n", ",", "[", "{", "-", ":", ":"} {
		weight += yamlNode * strings.Count(text, char)
	}
	return weight
}

func affordable(node *yamlnode.Node, left *int, depth int) bool {
	*left -= nodeWeight + len(node.Value)
	if *left < 0 || depth > nestingLimit {
		return false
	}
	if node.Alias != nil {
		return affordable(node.Alias, left, depth+1)
	}
	for _, child := range node.Content {
		if !affordable(child, left, depth+1) {
			return false
		}
	}
	return true
}
