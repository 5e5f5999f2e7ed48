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

// scope is what expressions may refer to.
type scope struct {
	context map[string]string
	// variables: of two with one name the first holds.
	variables []variable
}

// depth bounds variables that refer to variables.
const depth = 10

// resolve replaces the expressions of a text. It is false when one of them is more than the
// name of something in the scope.
func (s scope) resolve(text string) (string, bool) { return s.resolveWithin(text, depth) }

func (s scope) resolveWithin(text string, left int) (string, bool) {
	resolved := left > 0
	text = regexp.MustCompile(`\$\{\{(.*?)}}`).ReplaceAllStringFunc(text, func(expression string) string {
		name := strings.TrimSpace(expression[len("${{") : len(expression)-len("}}")])
		value, known := s.lookUp(name, left)
		resolved = resolved && known
		return value
	})
	return text, resolved && !strings.Contains(text, "${{")
}

func (s scope) lookUp(name string, left int) (string, bool) {
	if value, known := s.context[name]; known {
		return value, true
	}
	wanted, isVariable := strings.CutPrefix(name, "vars.")
	if !isVariable || left == 0 {
		return "", false
	}
	for _, variable := range s.variables {
		if variable.Name == wanted {
			return s.resolveWithin(variable.Value, left-1)
		}
	}
	return "", false
}
