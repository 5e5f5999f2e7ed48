package gotemplate

import (
	"errors"
	"fmt"
	"regexp"
	"strings"
	"text/template"

	"github.com/seawall-dev/seawall/pkg/budget"
	"github.com/seawall-dev/seawall/pkg/rollout"
)

// Author says what of a template that fails is by the writer of the rollout, who is told why. What
// is not, comes from the inventory, and a template can put any of it into an error.
type Author int

const (
	// OfNothing says that even the text of the template was made of the inventory.
	OfNothing Author = iota
	// OfText says that the template is the writer's, and its parameters are not.
	OfText
	// OfAll says that nothing of the inventory was read.
	OfAll
)

// FaultError is an error of a template, or of what one renders to. It says where and of what sort, in
// words of Seawall's own: the error that it wraps may quote anything.
type FaultError struct {
	// problem completes "does not render: …".
	problem string
	// at is the part of the template that fails, as it stands there.
	at string
	// parsing says that the error quotes nothing but the template.
	parsing bool
	err     error
}

// Error says nothing that the inventory does not want said.
func (f *FaultError) Error() string { return f.problem }

// Unwrap returns the error as it was; nil if it was nothing else.
func (f *FaultError) Unwrap() error { return f.err }

func (f *FaultError) whole() string {
	if f.err == nil {
		return f.problem
	}
	return f.err.Error()
}

// NewFault returns the FaultError of what a template has made, which err may quote; nil says no more than
// the problem.
func NewFault(problem string, err error) *FaultError { return &FaultError{problem: problem, err: err} }

// NotATemplate returns the FaultError of a text that is no template, of which err says nothing else.
func NotATemplate(err error) *FaultError {
	return &FaultError{problem: "is no template", parsing: true, err: err}
}

// Whole returns what an error of a template says, with all that it quotes.
func Whole(err error) string {
	if fault, is := errors.AsType[*FaultError](err); is {
		return fault.whole()
	}
	return err.Error()
}

// Message makes an error of a template fit into a message of one line, for its author.
func Message(err error, author Author) string {
	if telling(err) {
		return err.Error()
	}
	fault, is := errors.AsType[*FaultError](err)
	switch {
	case author == OfAll, author == OfText && is && fault.parsing:
		return rollout.Quote(stripped(Whole(err)))
	case !is:
		return "cannot be executed"
	case author == OfText && fault.at != "":
		return fault.problem + ", at " + rollout.Quote(fault.at)
	default:
		return fault.problem
	}
}

// Unresolved returns the finding that a field has a problem, which err explains to the author,
// unless err is a failure of Seawall's own.
func Unresolved(field, problem string, err error, author Author) error {
	if budget.Failed(err) {
		return fmt.Errorf("%s: %w", field, err)
	}
	return Withheld(rollout.Unresolved(field, "%s: %s", problem, Message(err, author)), "", err, author)
}

// Withheld notes in a finding what its author was not told, for the log: of what, and the error.
func Withheld(found *rollout.UnresolvedError, of string, err error, author Author) *rollout.UnresolvedError {
	if author != OfAll {
		found.Withheld = strings.TrimPrefix(of+": ", ": ") + rollout.Quote(stripped(Whole(err)))
	}
	return found
}

// stripped is an error of text/template without what it begins with.
func stripped(message string) string {
	message = strings.TrimPrefix(strings.ReplaceAll(message, `"`, "'"), "template: "+rootName+":")
	if at := strings.LastIndex(message, ">: "); at >= 0 {
		message = message[at+3:]
	}
	return message
}

// telling tells whether an error is all that there is to say.
func telling(err error) bool {
	return err == ErrLimit || err == errCycle || err == errNotExecuted //nolint:errorlint // and nothing around it
}

// Refused says whether an error is no fault of the template: another program may execute what
// Seawall does not.
func Refused(err error) bool { return errors.Is(err, ErrLimit) || errors.Is(err, errNotExecuted) }

// faultOf sorts an error of parsing or executing a template. Failures of Seawall's own, and errors
// that quote nothing, lose what text/template says of where.
func (e *Engine) faultOf(err error) error {
	broken, executed := errors.AsType[template.ExecError](err)
	if cause := errors.Unwrap(broken.Err); executed && cause != nil && (budget.Failed(cause) || telling(cause)) {
		return cause
	}
	switch {
	case budget.Failed(err), telling(err):
		return err
	case !executed:
		return NotATemplate(err)
	}
	fault := &FaultError{problem: "cannot be executed", err: err}
	found := executing.FindStringSubmatch(err.Error())
	if found == nil {
		return fault
	}
	line, column, at, said := found[1], found[2], found[3], found[4]
	fault.at = at
	called, calling := strings.CutPrefix(said, "error calling ")
	if name, _, _ := strings.Cut(called, ":"); calling && e.functions.names[name] != nil {
		fault.problem = "the function " + name + " fails"
	}
	for _, sort := range sorts() {
		if strings.HasPrefix(said, sort.prefix) {
			fault.problem = sort.problem
		}
	}
	fault.problem = fmt.Sprintf("%s in line %s, column %s", fault.problem, line, column)
	return fault
}

// executing takes apart what text/template says: nothing that comes from parameters stands before
// the last group, of which nothing is kept but what sort of error it is.
var executing = regexp.MustCompile(`(?s)^template: ` + rootName + `:(\d+):(\d+): executing "(?:[^"\\]|\\.)*" at <(.*?)>: (.*)`)

type sort struct{ prefix, problem string }

// sorts are those that a writer can tell apart by what they begin with.
func sorts() []sort {
	return []sort{
		{"map has no entry for key", "there is no such key"},
		{"nil data; no entry for key", "there is no such key"},
		{"nil pointer evaluating", "there is no such field"},
		{"can't evaluate field", "there is no such field"},
		{"range can't iterate over", "what it ranges over is no list, object or number"},
		{"wrong number of args", "the number of arguments is wrong"},
		{"wrong type for value", "an argument has the wrong type"},
		{"error calling index: index of untyped nil", "there is nothing that index could look into"},
		{"error calling index: index out of range", "there is no such item for index"},
		{"error calling index: reflect: slice index out of range", "there is no such item for index"},
	}
}

// notYAML is the FaultError of a text that parses to no YAML, or to YAML of another shape.
func notYAML(err error) error {
	if err == nil || budget.Failed(err) {
		return err
	}
	problem := "is no YAML"
	if found := yamlLine.FindStringSubmatch(err.Error()); found != nil {
		problem += " in line " + found[1]
	} else if strings.HasPrefix(err.Error(), "error unmarshaling JSON: ") {
		problem = "is YAML of another shape"
	}
	return NewFault(problem, err)
}

// yamlLine finds the line in what the parser begins with.
var yamlLine = regexp.MustCompile(`^(?:error converting YAML to JSON: )?yaml: (?:unmarshal errors:\s+)?line (\d+): `)
