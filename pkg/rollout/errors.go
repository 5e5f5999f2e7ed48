package rollout

import (
	"errors"
	"fmt"
	"strings"
)

// ErrLost says that the API server has not told anything of objects for too long: what is known of
// them may be over. It is a failure of Seawall's own.
var ErrLost = errors.New("the API server has told nothing of it")

// UnresolvedError says that the environments of a write cannot be counted.
type UnresolvedError struct {
	// Field is the path of what cannot be counted, such as "spec.generators[0].git".
	Field string
	// Problem completes the sentence "<Field> …", such as "is resolved over the network".
	Problem string
	// AtLeast is the number of affected environments that could be counted all the same.
	AtLeast int
	// Withheld is what else the operator may know, such as which object of the inventory is
	// meant: the writer of the rollout need not have the right to read that.
	Withheld string
}

// Error returns one line that names the field, the problem and the annotation that helps.
func (e *UnresolvedError) Error() string {
	return fmt.Sprintf("cannot count its environments: %s %s", e.Field, e.Problem)
}

// Unresolved returns an *UnresolvedError for a field whose problem is formatted as by
// fmt.Sprintf.
func Unresolved(field, problem string, args ...any) *UnresolvedError {
	return &UnresolvedError{Field: field, Problem: fmt.Sprintf(problem, args...)}
}

// Cause returns why something else is not known, as a part of a sentence.
func Cause(err error) string {
	if unresolved, is := errors.AsType[*UnresolvedError](err); is {
		return unresolved.Field + " " + unresolved.Problem
	}
	return Quote(err.Error())
}

// AnnotationError says that an annotation that Seawall reads is malformed.
type AnnotationError struct {
	// Object is the kind and the name of the object of the inventory that carries the annotation;
	// empty for the rollout itself.
	Object string
	// Key is the name of the annotation.
	Key string
	// Value is the annotation as it stands on the object.
	Value string
	// Want says what is allowed.
	Want string
}

// Error returns one line that names the annotation, its value and what is allowed. Of an object of
// the inventory it says the kind alone.
func (e *AnnotationError) Error() string {
	if kind, _, _ := strings.Cut(e.Object, " "); kind != "" {
		return fmt.Sprintf("annotation %s of a %s of the inventory is malformed: want %s", e.Key, kind, e.Want)
	}
	return fmt.Sprintf("annotation %s is %s: want %s", e.Key, Quote(e.Value), e.Want)
}

// Withhold returns a finding about another object than the rollout without what that holds; any other
// error stays what it is.
func Withhold(err error, field, problem string) error {
	found, is := err.(*UnresolvedError) //nolint:errorlint // whoever wraps it says what it is about
	if !is || found.Withheld != "" {
		return err
	}
	return &UnresolvedError{Field: field, Problem: problem, AtLeast: found.AtLeast, Withheld: found.Field + " " + found.Problem}
}

// Withheld returns what the error of a Reader does not say to the writer, for the log; mostly
// nothing.
func Withheld(err error) string {
	if unresolved, is := errors.AsType[*UnresolvedError](err); is {
		return unresolved.Withheld
	}
	if malformed, is := errors.AsType[*AnnotationError](err); is && malformed.Object != "" {
		return malformed.Object + " has the value " + Quote(malformed.Value)
	}
	return ""
}

// IsFinding tells whether the error of a Reader is a finding about the rollout, which
// policies judge, and not a failure of Seawall's own.
func IsFinding(err error) bool {
	var unresolved *UnresolvedError
	var malformed *AnnotationError
	return errors.As(err, &unresolved) || errors.As(err, &malformed)
}
