package rollout

import (
	"errors"
	"fmt"
)

// UnresolvedError says that the environments of a write cannot be counted.
type UnresolvedError struct {
	// Field is the path of what cannot be counted, such as "spec.generators[0].git".
	Field string
	// Problem completes the sentence "<Field> …", such as "is resolved over the network".
	Problem string
	// AtLeast is the number of affected environments that could be counted all the same.
	AtLeast int
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

// AnnotationError says that an annotation that Seawall reads is malformed.
type AnnotationError struct {
	// Object names the object that carries the annotation; empty for the rollout itself.
	Object string
	// Key is the name of the annotation.
	Key string
	// Value is the annotation as it stands on the object.
	Value string
	// Want says what is allowed.
	Want string
}

// Error returns one line that names the annotation, its value and what is allowed.
func (e *AnnotationError) Error() string {
	where := ""
	if e.Object != "" {
		where = " of " + e.Object
	}
	return fmt.Sprintf("annotation %s%s is %s: want %s", e.Key, where, Quote(e.Value), e.Want)
}

// IsFinding tells whether the error of a Reader is a finding about the rollout, which
// policies judge, and not a failure of Seawall's own.
func IsFinding(err error) bool {
	var unresolved *UnresolvedError
	var malformed *AnnotationError
	return errors.As(err, &unresolved) || errors.As(err, &malformed)
}
