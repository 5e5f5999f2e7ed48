package gotemplate

import (
	"fmt"
	"regexp"
	"strings"
)

// What text/template says of an execution that failed, without a value in it: names of fields are
// those in the template.
const silent = `^(map has no entry for key|nil data; no entry for key|nil pointer evaluating|can't evaluate field|` +
	`wrong type for value|invalid value; expected|wrong number of args for|undefined variable|dereference of nil pointer|` +
	`template .* not defined|exceeded maximum template depth)`

// executedMessage returns what went wrong, and where: the expression as the template spells it.
func executedMessage(text string) string {
	_, rest, _ := strings.Cut(text, " at <")
	where, problem, found := strings.Cut(rest, ">: ")
	if !found || strings.Contains(problem, ">: ") {
		return "cannot be executed" // where the expression ends, and a value begins, cannot be told
	}
	if regexp.MustCompile(silent).MatchString(problem) {
		return problem
	}
	if name, is := strings.CutPrefix(problem, "error calling "); is {
		name, _, _ = strings.Cut(name, ":")
		return fmt.Sprintf("the function %s fails in %s", name, where)
	}
	return "cannot be executed in " + where
}
