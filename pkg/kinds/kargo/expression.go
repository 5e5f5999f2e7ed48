package kargo

import (
	"regexp"
	"strings"
)

// variable is an entry of vars; its value may hold expressions, too.
type variable struct {
	Name  string `json:"name"`
	Value string `json:"value"`
}

// scope is what expressions may name, such as ctx.stage and vars.image. What is not in it
// cannot be resolved.
type scope map[string]string

// define adds variables in their order: each may name those before it, and of two with one
// name the later holds (Kargo's pkg/promotion/evaluator.go, Vars).
func (s scope) define(variables []variable) {
	for _, variable := range variables {
		text, resolved := s.resolve(variable.Value)
		if delete(s, "vars."+variable.Name); resolved {
			s["vars."+variable.Name] = text
		}
	}
}

// resolve replaces the expressions of a text. It is false when one of them is more than the
// name of something in the scope, or has the delimiters ${% %}.
func (s scope) resolve(text string) (string, bool) {
	expression := regexp.MustCompile(`\$\{\{(.*?)}}`)
	resolved := true
	result := expression.ReplaceAllStringFunc(text, func(match string) string {
		value, known := s[strings.TrimSpace(match[len("${{"):len(match)-len("}}")])]
		resolved = resolved && known
		return value
	})
	if rest := expression.ReplaceAllString(text, ""); expressive(rest) {
		return "", false
	}
	if result != text && len(result) > 1 && result[0] == '"' && result[len(result)-1] == '"' {
		result = result[1 : len(result)-1] // as Kargo does, after an expression only
	}
	return result, resolved
}

// expressive tells whether a text holds an expression.
func expressive(text string) bool {
	return strings.Contains(text, "${{") || strings.Contains(text, "${%")
}
