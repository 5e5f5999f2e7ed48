package custom

import (
	"slices"
	"strconv"
	"strings"
)

// sortOf says of what sort the error of an expression is, without any value that it quotes: those may
// come from the inventory, which the writer of a rollout need not have the right to read. A key is
// said if it stands in the expression itself.
func (p program) sortOf(err error) string {
	said := err.Error()
	if key, missing := strings.CutPrefix(said, "no such key: "); missing && slices.Contains(words(p.text), key) {
		return said
	}
	for _, sort := range [...]string{
		"no such key", "no such attribute", "no such overload", "no such field", "index out of bounds",
		"division by zero", "modulus by zero", "integer overflow", "unsigned integer overflow",
	} {
		if strings.HasPrefix(said, sort) {
			return sort
		}
	}
	return "see the log of Seawall"
}

// says tells whether a text stands in one of the expressions: then it tells nothing of the inventory.
func (p *programs) says(text string) bool {
	return slices.ContainsFunc(append(slices.Clone(p.variables), p.environments), func(one program) bool {
		return strings.Contains(one.text, strconv.Quote(text))
	})
}

// words returns the names that stand in an expression.
func words(expression string) []string {
	return strings.FieldsFunc(expression, func(char rune) bool { return strings.ContainsRune(" \t\r\n.,:?()[]{}<>=!&|+-*/%\"'", char) })
}
