package rollout

import (
	"context"
	"errors"
	"fmt"

	"github.com/seawall-dev/seawall/pkg/apis/v1alpha1"
)

// DeclaredEvidence is the Evidence of a count that the annotation seawall.dev/environments
// declares.
const DeclaredEvidence = "annotation " + v1alpha1.EnvironmentsAnnotation

// Raised ends the Evidence of a declaration of less than could be counted, which was taken instead.
const Raised = ", raised to what could be counted"

// Declared is the change of n environments that an annotation declares, all at once, since nothing
// tells how they are paced. Where at least so many could be counted and that is more, it is of
// those, with a warning. The evidence names the annotation.
func Declared(n, atLeast int, evidence, remedy string) Change {
	change := Change{Environments: max(n, atLeast), Evidence: evidence}
	if n < atLeast {
		change.Evidence, change.Warnings = evidence+Raised, []string{BelowFloor(evidence, n, atLeast)}
	}
	change.Steps = []Step{{
		Declared: change.Environments, InFlight: change.Environments, PaceRemedy: remedy, SplitRemedy: remedy,
	}}
	return change
}

// BelowFloor warns of a declaration of fewer environments than could be counted.
func BelowFloor(evidence string, n, atLeast int) string {
	return fmt.Sprintf("%s says %d, but at least %d environments could be counted: these are judged", evidence, n, atLeast)
}

// NotExactly warns of a declaration where all environments could be counted.
func NotExactly(evidence string, n, counted int) string {
	return fmt.Sprintf("%s says %d, but exactly %d environments were counted: these are judged", evidence, n, counted)
}

// OrDeclared answers for a write whose environments cannot be counted: with as many as the
// annotation seawall.dev/environments declares, as Declared does. Without the annotation, and for
// an error that is no *UnresolvedError, it returns the error.
func (w Write) OrDeclared(err error, remedy string) (Change, error) {
	unresolved, is := errors.AsType[*UnresolvedError](err)
	if !is {
		return Change{}, err
	}
	n, found, malformed := w.Metadata().Declared()
	switch {
	case malformed != nil:
		return Change{}, malformed
	case !found:
		return Change{}, err
	}
	change := Declared(n, unresolved.AtLeast, DeclaredEvidence, remedy)
	if step := &change.Steps[0]; w.Operation == Delete {
		step.Declared, step.Gone = 0, step.Declared
	}
	return change, nil
}

// Declarable returns the kind with a Reader that answers as OrDeclared does where its own
// cannot count.
func Declarable(kind Kind) Kind {
	kind.Reader = declarable{kind.Reader}
	return kind
}

type declarable struct{ Reader }

// Read implements Reader.
func (d declarable) Read(ctx context.Context, write Write) (Change, error) {
	change, err := d.Reader.Read(ctx, write)
	if err != nil {
		return write.OrDeclared(err, "let at most "+PerWave+" environments follow one write")
	}
	return change, nil
}
